import Records
import Telegrams

/// Builds the text of a telegram, in the value formats of the DSMR P1 companion standard 5.0.2.
struct TelegramBuilder {
  private(set) var bytes: [UInt8]
  /// The offset of the telegram's first byte.
  private let start: Int

  /// - Parameter bytes: the bytes to append the telegram to.
  init(_ bytes: consuming [UInt8]) {
    start = bytes.count
    self.bytes = bytes
  }

  /// Adds the header and the empty line after it.
  mutating func begin(_ header: String) {
    add(header)
    add("\r\n\r\n")
  }

  /// Adds a line with an OBIS code and a value in parentheses.
  mutating func line(_ code: String, _ value: (inout TelegramBuilder) -> Void) {
    add(code)
    add("(")
    value(&self)
    add(")\r\n")
  }

  mutating func add(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Adds a whole number with leading zeros.
  mutating func add(_ number: Int, digits: Int) {
    bytes.append(number, digits: digits)
  }

  /// Adds a number with three decimals and a unit: Fn(3,3) of the standard.
  ///
  /// - Parameter digits: the number of digits before the decimal point.
  mutating func add(thousandths: Int, digits: Int, _ unit: String) {
    bytes.append(thousandths / 1000, digits: digits)
    add(".")
    bytes.append(thousandths, digits: 3)
    add("*")
    add(unit)
  }

  /// Adds `YYMMDDhhmmssX`, where X is `S` in summer and `W` in winter: TST of the standard.
  mutating func add(time second: Int64) {
    let offset = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: second))
    let civil = CivilTime(secondsSinceEpoch: second + Int64(offset))
    for part in [civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second] {
      bytes.append(part, digits: 2)
    }
    add(offset == 7200 ? "S" : "W")
  }

  /// Adds the octets of a text in hexadecimal.
  mutating func add(octets: [UInt8]) {
    for octet in octets {
      bytes.append(TelegramBuilder.digits[Int(octet >> 4)])
      bytes.append(TelegramBuilder.digits[Int(octet & 15)])
    }
  }

  /// Adds `!`, the checksum of the telegram up to there, and the line end.
  mutating func end() {
    add("!")
    let checksum = CRC16.checksum(bytes.span.extracting(start...))
    for shift in [12, 8, 4, 0] {
      bytes.append(TelegramBuilder.digits[Int(checksum >> UInt16(shift) & 15)])
    }
    add("\r\n")
  }

  private static let digits = [UInt8]("0123456789ABCDEF".utf8)
}
