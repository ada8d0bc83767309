/// The shape of a text: for each of its bytes, the range of values that the byte may have.
///
/// The telegrams of a meter keep their shape, and so do the records made of them: keys, units and
/// line ends stay in their places, and only digits change. Once a text was parsed line by line, the
/// next one of the same shape needs no parsing. Comparing it takes one pass without branches, a
/// fraction of the time that parsing takes.
public struct ByteRanges: Sendable {
  /// The lowest value of each byte, and the highest value less the lowest.
  private var lowest: [UInt8]
  private var spread: [UInt8]

  /// The shape of this text alone, until ``allow(_:in:)`` widens it.
  public init(_ text: Span<UInt8>) {
    lowest = [UInt8](text)
    spread = [UInt8](repeating: 0, count: text.count)
  }

  /// The number of bytes of a text of this shape.
  public var count: Int { lowest.count }

  /// Sets the range of a byte.
  public mutating func allow(_ bytes: ClosedRange<UInt8>, at index: Int) {
    lowest[index] = bytes.lowerBound
    spread[index] = bytes.upperBound - bytes.lowerBound
  }

  /// Sets the range of each byte of a part.
  public mutating func allow(_ bytes: ClosedRange<UInt8>, in part: Range<Int>) {
    for index in part { allow(bytes, at: index) }
  }

  /// Allows only the bytes of `text` in a part.
  public mutating func fix(_ part: Range<Int>, of text: Span<UInt8>) {
    for index in part { allow(text[index]...text[index], at: index) }
  }

  /// Allows any digit where a part of the text has a digit.
  public mutating func allowDigits(in part: Range<Int>) {
    for index in part where lowest[index].decimalDigit != nil {
      allow(UInt8(ascii: "0")...UInt8(ascii: "9"), at: index)
    }
  }

  /// Whether `text` is a text of this shape.
  public func matches(_ text: Span<UInt8>) -> Bool {
    text.count == count && matchesPrefix(of: text)
  }

  /// Whether `text` begins with a text of this shape.
  ///
  /// The text is compared in parts of growing size, up to the first part that differs.
  public func matchesPrefix(of text: Span<UInt8>) -> Bool {
    guard text.count >= count else { return false }
    var part = 0..<min(64, count)
    while !part.isEmpty {
      let isWithin = ByteRanges.isWithin(
        lowest.span.extracting(part), spread.span.extracting(part), text.extracting(part))
      guard isWithin else { return false }
      part = part.upperBound..<min(4 * part.upperBound, count)
    }
    return true
  }

  /// Whether each byte is within its range. The loop has neither a branch nor an early exit, so
  /// that the compiler vectorizes it.
  @inline(never)
  private static func isWithin(
    _ lowest: Span<UInt8>, _ spread: Span<UInt8>, _ text: Span<UInt8>
  ) -> Bool {
    let count = text.count
    guard lowest.count == count, spread.count == count else { return false }
    var outside: UInt8 = 0
    for index in 0..<count {
      outside |= text[index] &- lowest[index] > spread[index] ? 1 : 0
    }
    return outside == 0
  }
}

/// A range of bytes to be copied from one text into another.
public struct ByteCopy: Sendable {
  /// The offset in the text that is copied from.
  public let source: Int
  /// The offset in the text that is written to.
  public let target: Int
  public var count: Int

  public init(source: Int, target: Int, count: Int) {
    self.source = source
    self.target = target
    self.count = count
  }
}

extension [UInt8] {
  /// Overwrites ranges of this text with bytes of another one.
  public mutating func apply(_ copies: [ByteCopy], from source: Span<UInt8>) {
    var target = mutableSpan
    for copy in copies {
      let bytes = source.extracting(copy.source..<(copy.source + copy.count))
      for offset in bytes.indices { target[copy.target &+ offset] = bytes[offset] }
    }
  }
}
