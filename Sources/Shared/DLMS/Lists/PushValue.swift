import Metrics
import Telegrams

/// A value that a meter pushes, with the meaning that the list or its definition tells.
public struct PushValue: Equatable, Sendable {
  public let code: OBISCode
  public let content: Content

  public enum Content: Equatable, Sendable {
    /// A decimal number, which times 10^`exponent` is in `unit`.
    case number(String, exponent: Int, unit: MetricUnit?)
    /// Octets, which usually are characters.
    case text([UInt8])
    case time(ListTime)
  }
}

/// A time in a list.
public struct ListTime: Equatable, Sendable {
  let dateTime: COSEMDateTime
  /// Whether the clock shows standard time all year, if the meter does not tell otherwise.
  let isStandard: Bool

  init(_ dateTime: COSEMDateTime, isStandard: Bool) {
    self.dateTime = dateTime
    self.isStandard = isStandard
  }
}

extension AXDRValue {
  /// The number as decimal digits; nil for any other value.
  var number: String? {
    switch self {
    case .signed(let number, _): "\(number)"
    case .unsigned(let number, _): "\(number)"
    case .enumeration(let number): "\(number)"
    case .boolean(let isTrue): isTrue ? "1" : "0"
    case .decimal(let text): text
    case .null, .list, .octets, .text: nil
    }
  }

  /// The octets of a text, without the blanks and zeros that fill it up; nil for any other value, and for a time.
  var text: [UInt8]? {
    switch self {
    case .octets(let octets), .text(let octets): time == nil ? AXDRValue.withoutFill(octets) : nil
    default: nil
    }
  }

  private static func withoutFill(_ octets: [UInt8]) -> [UInt8] {
    let end = octets.lastIndex { $0 != 0 && $0 != UInt8(ascii: " ") } ?? -1
    let text = octets.prefix(end + 1)
    return text.allSatisfy { (0x20...0x7E).contains($0) } ? Array(text) : octets
  }

  /// The printable characters of a text; nil for any other value.
  var characters: String? {
    guard let text, !text.isEmpty, text.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return nil
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The time that octets are; nil for any other value. The year is a number that no two characters are.
  var time: COSEMDateTime? {
    guard case .octets(let octets) = self else { return nil }
    return COSEMDateTime(octets.span)
  }
}
