import Metrics

/// A decimal number as text. It is copied and never converted, so that the digits stay those that
/// the meter printed.
public struct DecimalText {
  /// The ranges of the digits before and after the decimal point.
  private let whole: Range<Int>
  private let fraction: Range<Int>
  private let isNegative: Bool

  /// The most digits a number may have.
  public static let maximumDigits = 40

  /// The number that `text` is, nil if it is anything else.
  public init?(_ text: Span<UInt8>) {
    var index = 0
    var negative = false
    if text.count > 0, text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
      negative = text[0] == UInt8(ascii: "-")
      index = 1
    }
    let start = index
    while index < text.count, text[index].decimalDigit != nil { index += 1 }
    whole = start..<index
    if index < text.count, text[index] == UInt8(ascii: ".") {
      let point = index + 1
      index = point
      while index < text.count, text[index].decimalDigit != nil { index += 1 }
      fraction = point..<index
    } else {
      fraction = index..<index
    }
    isNegative = negative
    let digits = whole.count + fraction.count
    guard index == text.count, digits > 0, digits <= DecimalText.maximumDigits else { return nil }
  }

  /// The number that is the value of a metric; nil for a metric that is text, as a message may
  /// consist of digits alone.
  public init?(_ value: Span<UInt8>, ofMetric key: Span<UInt8>) {
    guard !MetricTable.isText(key) else { return nil }
    self.init(value)
  }

  /// Appends the number times 10^`exponent`, without leading zeros, with all its decimals.
  ///
  /// - Parameters:
  ///   - text: the text that this number was made from.
  ///   - exponent: by how many places the decimal point moves to the right; -3 turns `12345` into
  ///     `12.345`.
  ///   - output: what the number is appended to.
  public func append(
    from text: Span<UInt8>, timesTenToThe exponent: Int = 0, to output: inout [UInt8]
  ) {
    if isNegative { output.append(UInt8(ascii: "-")) }
    let point = whole.count + exponent
    if exponent == 0, !whole.isEmpty {
      // As it is printed, which is most common and faster.
      let first = whole.lowerBound + firstShown(of: text, point)
      let end = fraction.isEmpty ? whole.upperBound : fraction.upperBound
      return output.append(contentsOf: text.extracting(first..<end))
    }
    for position in firstShown(of: text, point)..<max(count, point) {
      if position == point { output.append(UInt8(ascii: ".")) }
      output.append(index(position).map { text[$0] } ?? UInt8(ascii: "0"))
    }
  }

  /// A digit that ``append(from:timesTenToThe:to:)`` copies.
  public struct MovedDigit {
    /// The offset of the digit in the text that the number was made from.
    public let source: Int
    /// The offset of the copy from where the number was appended.
    public let target: Int
    /// The digits that can be in its place without moving any other.
    public let range: ClosedRange<UInt8>
  }

  /// Calls `body` with each digit that ``append(from:timesTenToThe:to:)`` copies, in order.
  public func forEachMovedDigit(
    of text: Span<UInt8>, timesTenToThe exponent: Int = 0, _ body: (MovedDigit) -> Void
  ) {
    let point = whole.count + exponent
    let first = firstShown(of: text, point)
    let sign = isNegative ? 1 : 0
    for position in first..<max(count, point) {
      guard let source = index(position) else { continue }
      // A leading zero is only written directly before the decimal point.
      let isOptional = position == first && position < point - 1
      body(
        MovedDigit(
          source: source, target: sign + position - first + (position >= point ? 1 : 0),
          range: UInt8(ascii: isOptional ? "1" : "0")...UInt8(ascii: "9")))
    }
  }

  private var count: Int { whole.count + fraction.count }

  /// The position of the first digit to write: the first that is not zero, or the one before the
  /// decimal point. Positions count from the first digit in the text; all others are zeros.
  private func firstShown(of text: Span<UInt8>, _ point: Int) -> Int {
    var position = 0
    while position < count, let index = index(position), text[index] == UInt8(ascii: "0") {
      position += 1
    }
    return position < count ? min(position, point - 1) : point - 1
  }

  /// The offset in the text of the digit at a position, nil for a zero that is not in the text.
  private func index(_ position: Int) -> Int? {
    switch position {
    case 0..<whole.count: whole.lowerBound + position
    case whole.count..<count: fraction.lowerBound + position - whole.count
    default: nil
    }
  }
}
