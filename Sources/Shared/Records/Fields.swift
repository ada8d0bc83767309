/// The fields of a record on their way into it: lines `key=value`.
public struct Fields: Sendable {
  public private(set) var text: [UInt8] = []

  public init() {}

  public var isEmpty: Bool { text.isEmpty }

  /// Forgets the fields, keeping the room they took.
  public mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
  }

  /// Adds a number, its decimal point moved: 10^`exponent` times what `digits` shows.
  ///
  /// - Returns: false, and adds nothing, where `digits` is no decimal number.
  public mutating func add(
    _ key: Span<UInt8>, number digits: Span<UInt8>, timesTenToThe exponent: Int = 0
  ) -> Bool {
    guard let decimal = DecimalText(digits) else { return false }
    begin(key)
    decimal.append(from: digits, timesTenToThe: exponent, to: &text)
    end()
    return true
  }

  /// Adds text, escaped where it needs to be.
  public mutating func add(_ key: Span<UInt8>, text value: Span<UInt8>) {
    begin(key)
    Escape.append(value, to: &text)
    end()
  }

  /// Adds an instant.
  public mutating func add(_ key: Span<UInt8>, time: Timestamp) {
    begin(key)
    text.append(time)
    end()
  }

  /// Adds the fields that `other` has.
  public mutating func add(_ other: Fields) {
    text.append(contentsOf: other.text)
  }

  private mutating func begin(_ key: Span<UInt8>) {
    text.append(contentsOf: key)
    text.append(UInt8(ascii: "="))
  }

  private mutating func end() {
    text.append(UInt8(ascii: "\n"))
  }
}
