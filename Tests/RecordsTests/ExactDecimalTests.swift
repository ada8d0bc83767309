import Records
import TestValues
import Testing

@Suite struct ExactDecimalTests {
  @Test(arguments: [
    ("00.321", "00.000", "0.321"), ("00.000", "00.444", "-0.444"), ("1", "1", "0"),
    ("0.10", "0.1", "0.00"), ("1.5", "0.25", "1.25"), ("-1.5", "0.5", "-2.0"),
    ("0.05", "0.1", "-0.05"), ("10", "0.001", "9.999"), ("-0.000", "0.000", "0.000"),
    ("+2", "-2", "4"), (".5", "5.", "-4.5"),
  ])
  func differenceIsExact(_ left: String, _ right: String, _ expected: String) throws {
    let (one, two) = (ExactDecimal(left.bytes.span), ExactDecimal(right.bytes.span))
    let difference = try #require(one).subtracting(try #require(two))
    #expect(difference?.description == expected)
  }

  @Test(arguments: [
    ("321", -3, "0.321"), ("1.5", -3, "0.0015"), ("1.5", 3, "1500"), ("0.1234", 3, "123.4"),
    ("-7", -1, "-0.7"), ("0", -3, "0.000"), ("0", 3, "0"),
  ])
  func pointIsMoved(_ text: String, _ exponent: Int, _ expected: String) {
    #expect(ExactDecimal(text.bytes.span, timesTenToThe: exponent)?.description == expected)
  }

  @Test func whatDoesNotFitIsNone() throws {
    for text in ["", "x", "1x", "--1", "1.2.3", "9999999999999999999"] {
      let number = ExactDecimal(text.bytes.span)
      #expect(number == nil, "\(text)")
    }
    let largest = ExactDecimal("9223372036854775807".bytes.span)
    let smallest = ExactDecimal("-9223372036854775807".bytes.span)
    let small = ExactDecimal("0.001".bytes.span)
    #expect(largest?.description == "9223372036854775807")
    #expect(try #require(largest).subtracting(try #require(smallest)) == nil)
    #expect(try #require(largest).subtracting(try #require(small)) == nil)
    #expect(ExactDecimal("9223372036854775807".bytes.span, timesTenToThe: 1) == nil)
  }

  @Test func differencesAreThoseOfIntegers() throws {
    var generator = SeededGenerator(seed: 51)
    for _ in 0..<1000 {
      let left = Int.random(in: -9_999_999...9_999_999, using: &generator)
      let right = Int.random(in: -9_999_999...9_999_999, using: &generator)
      let one = ExactDecimal("\(left)".bytes.span, timesTenToThe: -3)
      let two = ExactDecimal("\(right)".bytes.span, timesTenToThe: -3)
      let difference = try #require(one).subtracting(try #require(two))
      let expected = ExactDecimal("\(left - right)".bytes.span, timesTenToThe: -3)
      #expect(difference == expected)
    }
  }
}
