/// A reserved key: p1record(5), "Keys".
public enum RecordKey: String, CaseIterable, Sendable {
  /// The instant of the record.
  case timestamp
  /// The number of the meter, or of the sub-meter, that the record is of.
  case meter
  /// The M-Bus channel of a sub-meter.
  case channel

  /// Whether `name` is this key.
  public func matches(_ name: Span<UInt8>) -> Bool {
    name == rawValue
  }

  /// Whether `name` is one of these keys, and so not that of a metric.
  public static func isReserved(_ name: Span<UInt8>) -> Bool {
    allCases.contains { $0.matches(name) }
  }

  /// The most bytes that a key may have.
  public static let maximumLength = 128

  /// Whether `name` is a well-formed key: `[A-Za-z0-9_.:-]+`.
  public static func isValid(_ name: Span<UInt8>) -> Bool {
    guard name.count > 0, name.count <= maximumLength else { return false }
    for index in name.indices {
      switch name[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ":"), UInt8(ascii: "-"):
        continue
      default:
        return false
      }
    }
    return true
  }
}
