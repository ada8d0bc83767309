/// The fields of a record on their way into it: lines `key=value`.
public struct Fields: Sendable {
  /// A value that was moved here as it stands, but for the leading zeros and the decimal point of a
  /// number.
  public struct Number: Sendable {
    /// Where its text stands in what it was read from.
    public let source: Range<Int>
    /// By how many places its point was moved; nil for text, which stands as it did.
    public let exponent: Int?
    /// Where it begins in ``Fields/text``.
    public let start: Int
  }

  public private(set) var text: [UInt8] = []
  /// The numbers of which it was told where they stood.
  public private(set) var numbers: [Number] = []

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
      guard let lineFeed = line.firstIndex(of: UInt8(ascii: "\n")) else {
        return false
      }
      lineStart += lineFeed + 1
    }
    return false
  }

  /// Adds a number, its decimal point moved: 10^`exponent` times what `digits` shows.
  ///
  /// - Parameters:
  ///   - key: what it is called.
  ///   - digits: its text.
  ///   - exponent: how far the decimal point moves to the right.
  ///   - source: where `digits` begins in what it is read from, to be kept in ``numbers``.
  /// - Returns: false, and adds nothing, where `digits` is no decimal number.
  public mutating func add(
    _ key: Span<UInt8>, number digits: Span<UInt8>, timesTenToThe exponent: Int = 0,
    from source: Int? = nil
  ) -> Bool {
    guard let decimal = DecimalText(digits) else { return false }
    begin(key)
    if let source {
      numbers.append(
        Number(source: source..<(source + digits.count), exponent: exponent, start: text.count))
    }
    decimal.append(from: digits, timesTenToThe: exponent, to: &text)
    end()
    return true
  }

  /// Adds text, escaped where it needs to be.
  ///
  /// - Parameters:
  ///   - key: what it is called.
  ///   - value: the text.
  ///   - source: where it begins in what it is read from, to be kept in ``numbers`` where nothing is
  ///     escaped.
  public mutating func add(_ key: Span<UInt8>, text value: Span<UInt8>, from source: Int? = nil) {
    begin(key)
    let start = text.count
    Escape.append(value, to: &text)
    if let source, text.count - start == value.count, value.isASCII {
      numbers.append(
        Number(source: source..<(source + value.count), exponent: nil, start: start))
    }
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
