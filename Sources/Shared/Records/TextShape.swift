/// What a text has in common with those that follow it: a range for each of its bytes.
///
/// The telegrams of a meter hardly change in shape, nor do the records made of them: keys, units and
/// line ends stay where they are, and all that changes is digits. So a text that was read with all
/// care tells what the next one means, as long as that has its shape. Whether it does is seen in one
/// pass without a branch, a fraction of what it takes to read it.
public struct TextShape: Sendable {
  /// The lowest that each byte may be, and how much higher it may be.
  private var lowest: [UInt8]
  private var spread: [UInt8]

  /// The shape of texts that are equal to this one, but for what ``allow(_:in:)`` adds.
  public init(_ text: Span<UInt8>) {
    lowest = [UInt8](text)
    spread = [UInt8](repeating: 0, count: text.count)
  }

  /// How many bytes a text of this shape has.
  public var count: Int { lowest.count }

  /// Lets a byte of the text be any one of a range, and no other that it could be before.
  public mutating func allow(_ bytes: ClosedRange<UInt8>, at index: Int) {
    lowest[index] = bytes.lowerBound
    spread[index] = bytes.upperBound - bytes.lowerBound
  }

  /// Lets each byte of a part of the text be any one of a range.
  public mutating func allow(_ bytes: ClosedRange<UInt8>, in part: Range<Int>) {
    for index in part { allow(bytes, at: index) }
  }

  /// Has the bytes of a part be those of the text again.
  public mutating func hold(_ part: Range<Int>, of text: Span<UInt8>) {
    for index in part { allow(text[index]...text[index], at: index) }
  }

  /// Lets each digit of a part of the text be any other one.
  public mutating func allowDigits(in part: Range<Int>) {
    for index in part where lowest[index].decimalDigit != nil {
      allow(UInt8(ascii: "0")...UInt8(ascii: "9"), at: index)
    }
  }

  /// Whether `text` begins with a text of this shape.
  ///
  /// In parts of more and more bytes: the first part that is different ends it.
  public func begins(_ text: Span<UInt8>) -> Bool {
    guard text.count >= count else { return false }
    var part = 0..<min(64, count)
    while !part.isEmpty {
      let isWithin = TextShape.isWithin(
        lowest.span.extracting(part), spread.span.extracting(part), text.extracting(part))
      guard isWithin else { return false }
      part = part.upperBound..<min(4 * part.upperBound, count)
    }
    return true
  }

  /// Whether each byte is within its range; many bytes at a time, as the compiler makes vectors of a
  /// loop that neither branches nor can end in the middle.
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
