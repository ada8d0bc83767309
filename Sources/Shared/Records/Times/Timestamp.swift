/// An instant: seconds and nanoseconds since 1970-01-01T00:00:00Z.
///
/// It is written as RFC 3339, section 5.6, in UTC: `2026-11-23T10:00:00Z`, with milliseconds only
/// if the instant has a fraction of a second.
public struct Timestamp: Hashable, Sendable {
  public let seconds: Int64
  /// 0 to 999,999,999.
  public let nanoseconds: Int

  public init(seconds: Int64, nanoseconds: Int = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// The years 1970 to 2199, which ``CivilTime`` covers.
  private static let range: Range<Int64> = 0..<7_258_118_400

  /// The instant of an RFC 3339 time with any UTC offset, nil if `text` is not one of 1970 to 2199.
  /// Of the decimals of the second, the first nine are used.
  public init?(_ text: Span<UInt8>) {
    guard text.count >= 20,
      let century = text.twoDigits(at: 0), let year = text.twoDigits(at: 2),
      text[4] == UInt8(ascii: "-"),
      let month = text.twoDigits(at: 5), text[7] == UInt8(ascii: "-"),
      let day = text.twoDigits(at: 8), text[10] | 0x20 == UInt8(ascii: "t"),
      let hour = text.twoDigits(at: 11), text[13] == UInt8(ascii: ":"),
      let minute = text.twoDigits(at: 14), text[16] == UInt8(ascii: ":"),
      let second = text.twoDigits(at: 17),
      let civil = CivilTime(
        year: 100 * century + year, month: month, day: day, hour: hour, minute: minute,
        second: second)
    else {
      return nil
    }
    var index = 19
    var nanoseconds = 0
    if text[index] == UInt8(ascii: ".") {
      var scale = 100_000_000
      index += 1
      let first = index
      while index < text.count, let digit = text[index].decimalDigit {
        nanoseconds += digit * scale
        scale /= 10
        index += 1
      }
      guard index > first else { return nil }
    }
    guard let offset = Timestamp.offset(text.extracting(index...)) else { return nil }
    let seconds = civil.secondsSinceEpoch - Int64(offset)
    guard Timestamp.range.contains(seconds) else { return nil }
    self.init(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// The seconds that `Z`, `+01:00` and the like are ahead of UTC.
  private static func offset(_ text: Span<UInt8>) -> Int? {
    if text.count == 1, text[0] | 0x20 == UInt8(ascii: "z") { return 0 }
    guard text.count == 6, text[3] == UInt8(ascii: ":"),
      let hours = text.twoDigits(at: 1), let minutes = text.twoDigits(at: 4),
      hours < 24, minutes < 60
    else {
      return nil
    }
    switch text[0] {
    case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
    case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
    default: return nil
    }
  }
}

extension Timestamp: Comparable {
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

extension Timestamp: CustomStringConvertible {
  public var description: String {
    var text: [UInt8] = []
    text.append(self)
    return String(decoding: text, as: UTF8.self)
  }
}

extension Timestamp {
  /// The number of bytes of its text.
  public var textCount: Int { milliseconds > 0 ? 24 : 20 }

  /// The decimals of the text, which are left out if they are all zeros: a timestamp that is read
  /// and written again keeps its text.
  private var milliseconds: Int { nanoseconds / 1_000_000 }

  /// Overwrites ``textCount`` bytes from `start` on with its text.
  public func write(to text: inout MutableSpan<UInt8>, at start: Int) {
    let civil = CivilTime(secondsSinceEpoch: seconds)
    text.write(civil.year, digits: 4, at: start)
    text[start + 4] = UInt8(ascii: "-")
    text.write(civil.month, digits: 2, at: start + 5)
    text[start + 7] = UInt8(ascii: "-")
    text.write(civil.day, digits: 2, at: start + 8)
    text[start + 10] = UInt8(ascii: "T")
    text.write(civil.hour, digits: 2, at: start + 11)
    text[start + 13] = UInt8(ascii: ":")
    text.write(civil.minute, digits: 2, at: start + 14)
    text[start + 16] = UInt8(ascii: ":")
    text.write(civil.second, digits: 2, at: start + 17)
    if milliseconds > 0 {
      text[start + 19] = UInt8(ascii: ".")
      text.write(milliseconds, digits: 3, at: start + 20)
    }
    text[start + textCount - 1] = UInt8(ascii: "Z")
  }
}

extension [UInt8] {
  /// Appends an instant as an RFC 3339 time.
  public mutating func append(_ timestamp: Timestamp) {
    let start = count
    append(contentsOf: repeatElement(0, count: timestamp.textCount))
    var text = mutableSpan
    timestamp.write(to: &text, at: start)
  }

  /// Appends the last `digits` decimal digits of a number, with its leading zeros.
  public mutating func append(_ number: Int, digits: Int) {
    let start = count
    append(contentsOf: repeatElement(0, count: digits))
    var text = mutableSpan
    text.write(number, digits: digits, at: start)
  }

  /// Overwrites all bytes with the last decimal digits of a number, with its leading zeros.
  public mutating func write(_ number: Int) {
    let digits = count
    var text = mutableSpan
    text.write(number, digits: digits, at: 0)
  }
}

extension MutableSpan<UInt8> {
  /// Writes the last `digits` decimal digits of a number, with its leading zeros.
  fileprivate mutating func write(_ number: Int, digits: Int, at start: Int) {
    var rest = number.magnitude
    var index = start + digits
    while index > start {
      index -= 1
      self[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}
