import Records
import Telegrams

/// The text of a telegram while it is written, in the forms that meters print.
struct TelegramText {
  private(set) var bytes: [UInt8]
  /// Where the telegram begins.
  private let start: Int

  /// - Parameter bytes: what the telegram is appended to.
  init(_ bytes: consuming [UInt8]) {
    start = bytes.count
    self.bytes = bytes
  }

  /// The header, and the empty line behind it.
  mutating func begin(_ header: String) {
    add(header)
    add("\r\n\r\n")
  }

  /// A line: its code, and what stands in its parentheses.
  mutating func line(_ code: String, _ group: (inout TelegramText) -> Void) {
    add(code)
    add("(")
    group(&self)
    add(")\r\n")
  }

  mutating func add(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// A whole number with its leading zeros.
  mutating func add(_ number: Int, digits: Int) {
    bytes.append(number, digits: digits)
  }

  /// A number with three decimals, with so many digits before them, and its unit: Fn(3,3) of the
  /// standard.
  mutating func add(thousandths: Int, digits: Int, _ unit: String) {
    bytes.append(thousandths / 1000, digits: digits)
    add(".")
    bytes.append(thousandths, digits: 3)
    add("*")
    add(unit)
  }

  /// `YYMMDDhhmmssX`, X being `S` in summer and `W` in winter: TST of the standard.
  mutating func add(time second: Int64) {
    let offset = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: second))
    let civil = CivilTime(secondsSinceEpoch: second + Int64(offset))
    for part in [civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second] {
      bytes.append(part, digits: 2)
    }
    add(offset == 7200 ? "S" : "W")
  }

  /// The hexadecimal of the octets of a text.
  mutating func add(octets: [UInt8]) {
    for octet in octets {
      bytes.append(TelegramText.digits[Int(octet >> 4)])
      bytes.append(TelegramText.digits[Int(octet & 15)])
    }
  }

  /// The `!`, the checksum of all before it, and the line end.
  mutating func end() {
    add("!")
    let checksum = CRC16.checksum(bytes.span.extracting(start...))
    for shift in [12, 8, 4, 0] {
      bytes.append(TelegramText.digits[Int(checksum >> UInt16(shift) & 15)])
    }
    add("\r\n")
  }

  private static let digits = [UInt8]("0123456789ABCDEF".utf8)
}
