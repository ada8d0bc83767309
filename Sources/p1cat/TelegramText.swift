import Records
import Telegrams

/// The text of a telegram while it is written, in the forms that meters print.
struct TelegramText {
  private(set) var bytes: [UInt8]

  /// - Parameter bytes: what the telegram is appended to.
  init(_ bytes: consuming [UInt8]) {
    self.bytes = bytes
  }

  mutating func add(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// A whole number with its leading zeros.
  mutating func add(_ number: Int, digits: Int) {
    bytes.append(number, digits: digits)
  }

  /// A number with three decimals, with so many digits before them: Fn(3,3) of the standard.
  mutating func add(thousandths: Int, digits: Int) {
    bytes.append(thousandths / 1000, digits: digits)
    add(".")
    bytes.append(thousandths, digits: 3)
  }

  /// `YYMMDDhhmmssX`, X being `S` in summer and `W` in winter: TST of the standard.
  mutating func add(time second: Int64) {
    let offset = CentralEuropeanTime.offset(at: Timestamp(seconds: second))
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

  /// The checksum of all since `start`, and the line end.
  mutating func addChecksum(from start: Int) {
    let checksum = CRC16.checksum(bytes.span.extracting(start...))
    for shift in [12, 8, 4, 0] {
      bytes.append(TelegramText.digits[Int(checksum >> UInt16(shift) & 15)])
    }
    add("\r\n")
  }

  private static let digits = [UInt8]("0123456789ABCDEF".utf8)
}
