import Records
import TestValues
import Testing

@Suite struct DigitsTests {
  @Test func bytesCountForWhatTheyShow() {
    for byte in UInt8.min...UInt8.max {
      let character = Character(Unicode.Scalar(byte))
      let isASCII = byte < 0x80
      #expect(byte.decimalDigit == (isASCII ? character.wholeNumberValue : nil))
      #expect(byte.hexadecimalDigit.map(Int.init) == (isASCII ? character.hexDigitValue : nil))
    }
  }

  @Test(arguments: [
    ("0123", 123 as Int?), ("", 0), ("7", 7), ("12a", nil), ("-1", nil), (" 1", nil),
    ("999999999999999999", 999_999_999_999_999_999), ("000000000000000042", 42),
    ("9223372036854775808", nil), ("99999999999999999999999999999999999999", nil),
  ])
  func numberIsReadWhereItFits(_ text: String, _ number: Int?) {
    let bytes = text.bytes
    let read = bytes.span.number(bytes.indices)
    #expect(read == number)
  }
}
