/// The fields of a record on their way into it: lines `key=value`.
public struct Fields: Sendable {
  public private(set) var text: [UInt8] = []

  public init() {}

  /// Whether there is a field with this key.
  public func contains(_ key: Span<UInt8>) -> Bool {
    var lineStart = 0
    let span = text.span
    while lineStart < span.count {
      let line = span.extracting(lineStart...)
      if line.count > key.count, line[key.count] == UInt8(ascii: "="),
        key.indices.allSatisfy({ line[$0] == key[$0] })
      {
        return true
      }
      guard let lineFeed = line.indices.first(where: { line[$0] == UInt8(ascii: "\n") }) else {
        return false
      }
      lineStart += lineFeed + 1
    }
    return false
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

  private mutating func begin(_ key: Span<UInt8>) {
    text.append(contentsOf: key)
    text.append(UInt8(ascii: "="))
  }

  private mutating func end() {
    text.append(UInt8(ascii: "\n"))
  }
}
