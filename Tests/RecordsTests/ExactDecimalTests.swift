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

  @Test(arguments: [
    ("0.1", "0.2", "0.3"), ("1", "0.25", "1.25"), ("-1.5", "0.5", "-1.0"), ("0", "0", "0"),
    ("0.999", "0.001", "1.000"), ("-0.1", "-0.2", "-0.3"), ("5", "-5", "0"),
  ])
  func sumIsExact(_ left: String, _ right: String, _ expected: String) throws {
    let (one, two) = (try decimal(left), try decimal(right))
    #expect(one.adding(two)?.description == expected)
    #expect(two.adding(one)?.description == expected)
  }

  @Test func sumThatDoesNotFitIsNone() throws {
    let largest = try decimal("9223372036854775807")
    let smallest = try decimal("-9223372036854775807")
    let one = try decimal("1")
    let fraction = try decimal("0.1")
    #expect(largest.adding(one) == nil && largest.adding(fraction) == nil)
    #expect(largest.adding(smallest)?.description == "0")
    // The least integer has no counterpart.
    let least = try #require(smallest.subtracting(one))
    #expect(least.description == "-9223372036854775808")
    #expect(one.adding(least)?.description == "-9223372036854775807")
    #expect(least.divided(by: 1, places: 0).description == "-9223372036854775808")
  }

  @Test(arguments: [
    ("1", 1, "1"), ("1", 2, "1"), ("1", 3, "0"), ("2", 3, "1"), ("3", 2, "2"), ("-3", 2, "-2"),
    ("-1", 3, "0"), ("-2", 3, "-1"), ("0.5", 3, "0.2"), ("0.643", 2, "0.322"),
    ("-0.643", 2, "-0.322"), ("10.00", 3, "3.33"), ("20.00", 3, "6.67"), ("5", 4, "1"),
    ("6", 4, "2"), ("7", 5, "1"), ("8", 5, "2"), ("0.000", 7, "0.000"),
  ])
  func quotientIsTheNearest(_ text: String, _ count: Int, _ expected: String) throws {
    let number = try decimal(text)
    #expect(number.divided(by: count, places: 0).description == expected)
  }

  @Test(arguments: [
    ("16", 3, 3, "5.333"), ("1", 1, 3, "1.000"), ("0.5", 3, 3, "0.167"), ("1.2345", 2, 3, "0.6173"),
    ("-16", 3, 3, "-5.333"), ("9223372036854775807", 2, 3, "4611686018427387904"),
  ])
  func quotientHasSoManyDecimalsAtLeast(
    _ text: String, _ count: Int, _ places: Int, _ expected: String
  ) throws {
    let number = try decimal(text)
    #expect(number.divided(by: count, places: places).description == expected)
  }

  @Test func quotientsAreThoseOfIntegers() throws {
    var generator = SeededGenerator(seed: 52)
    for _ in 0..<1000 {
      let number = Int.random(in: -9999...9999, using: &generator)
      let count = Int.random(in: 1...20, using: &generator)
      let decimal = try decimal("\(number)")
      let nearest = Int((Double(number) / Double(count)).rounded(.toNearestOrAwayFromZero))
      #expect(
        decimal.divided(by: count, places: 0).description == "\(nearest)", "\(number) / \(count)")
    }
  }

  @Test(arguments: [
    ("1", "2"), ("0.1", "0.11"), ("-1", "0"), ("-2", "-1.5"), ("9.99", "10"), ("-0.1", "0.01"),
    ("1.0", "1.00"),
  ])
  func lessIsLess(_ less: String, _ more: String) throws {
    let one = try decimal(less)
    let two = try decimal(more)
    #expect(one < two && !(two < one) && min(one, two) == one && max(two, one) == two)
    let (isLess, isMore) = (one < one, two < two)
    #expect(!isLess && !isMore)
  }

  private func decimal(_ text: String) throws -> ExactDecimal {
    let number = ExactDecimal(text.bytes.span)
    return try #require(number)
  }
}
