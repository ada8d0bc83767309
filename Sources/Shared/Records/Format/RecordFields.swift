/// The fields of a record that is being built, as lines `key=value`.
public struct RecordFields: Sendable {
  /// A value that was copied from the text it was read from, unchanged but for the leading zeros
  /// and the decimal point of a number.
  public struct CopiedValue: Sendable {
    /// The range of its text in what it was read from.
    public let source: Range<Int>
    /// By how many places its decimal point was moved; nil for text.
    public let exponent: Int?
    /// The offset of its copy in ``RecordFields/text``.
    public let start: Int
  }

  public private(set) var text: [UInt8] = []
  /// The values that were added with their source.
  public private(set) var copiedValues: [CopiedValue] = []
  /// The differences that were added, and their places in ``text``.
  public private(set) var differences: [(numbers: DecimalDifference, range: Range<Int>)] = []

  public init() {}

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

  /// Adds the number `digits` times 10^`exponent`.
  ///
  /// - Parameter source: the offset of `digits` in what it is read from, to be noted in
  ///   ``copiedValues``.
  /// - Returns: false, and nothing is added, if `digits` is not a decimal number.
  public mutating func add(
    _ key: [UInt8], number digits: Span<UInt8>, timesTenToThe exponent: Int = 0,
    from source: Int? = nil
  ) -> Bool {
    guard let decimal = DecimalText(digits) else { return false }
    begin(key)
    if let source {
      copiedValues.append(
        CopiedValue(source: source..<(source + digits.count), exponent: exponent, start: text.count)
      )
    }
    decimal.append(from: digits, timesTenToThe: exponent, to: &text)
    end()
    return true
  }

  /// Adds the difference of two numbers in `source`.
  ///
  /// - Returns: false, and nothing is added, if it has too many digits.
  public mutating func add(
    _ key: [UInt8], _ difference: DecimalDifference, of source: Span<UInt8>
  ) -> Bool {
    guard let value = difference.value(in: source) else { return false }
    begin(key)
    let start = text.count
    value.append(to: &text)
    differences.append((difference, start..<text.count))
    end()
    return true
  }

  /// Adds text, escaped if necessary.
  ///
  /// - Parameter source: the offset of `value` in what it is read from, to be noted in
  ///   ``copiedValues`` if nothing was escaped.
  public mutating func add(_ key: [UInt8], text value: Span<UInt8>, from source: Int? = nil) {
    begin(key)
    let start = text.count
    Escape.append(value, to: &text)
    if let source, text.count - start == value.count, value.isASCII {
      copiedValues.append(
        CopiedValue(source: source..<(source + value.count), exponent: nil, start: start))
    }
    end()
  }

  /// Removes all fields; the memory stays allocated.
  public mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
    copiedValues.removeAll(keepingCapacity: true)
    differences.removeAll(keepingCapacity: true)
  }

  private mutating func begin(_ key: [UInt8]) {
    text += key
    text.append(UInt8(ascii: "="))
  }

  private mutating func end() {
    text.append(UInt8(ascii: "\n"))
  }
}
