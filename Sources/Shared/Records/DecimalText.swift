import Metrics

/// Decimal numbers as text, moved and never converted: what the meter printed is what is kept.
public struct DecimalText {
  /// Where in the text the digits before and after the point stand.
  private let whole: Range<Int>
  private let fraction: Range<Int>
  private let isNegative: Bool

  /// The most digits a number may have.
  public static let maximumDigits = 40

  /// Finds a number in `text`, or nil where anything else stands there.
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

  /// Finds the number that is the value of a metric, or nil where that is text, whatever it looks
  /// like: a message may be digits alone.
  public init?(_ value: Span<UInt8>, ofMetric key: Span<UInt8>) {
    guard !MetricTable.isText(key) else { return nil }
    self.init(value)
  }

  /// Appends the number times 10^`exponent`, without leading zeros, with all its decimals.
  ///
  /// - Parameters:
  ///   - text: the text that the number was found in.
  ///   - exponent: how far the decimal point moves to the right; -3 turns `12345` into `12.345`.
  ///   - output: what it is appended to.
  public func append(
    from text: Span<UInt8>, timesTenToThe exponent: Int = 0, to output: inout [UInt8]
  ) {
    if isNegative { output.append(UInt8(ascii: "-")) }
    let point = whole.count + exponent
    for position in firstShown(of: text, point)..<max(count, point) {
      if position == point { output.append(UInt8(ascii: ".")) }
      output.append(index(position).map { text[$0] } ?? UInt8(ascii: "0"))
    }
  }

  /// A digit that ``append(from:timesTenToThe:to:)`` moves.
  public struct MovedDigit {
    /// Where it stands in the text that the number was found in.
    public let source: Int
    /// Where it stands behind what the number is appended to.
    public let target: Int
    /// The digits that could stand there with all others staying where they are.
    public let range: ClosedRange<UInt8>
  }

  /// Calls `body` with each digit that ``append(from:timesTenToThe:to:)`` moves, in order.
  public func forEachMovedDigit(
    of text: Span<UInt8>, timesTenToThe exponent: Int = 0, _ body: (MovedDigit) -> Void
  ) {
    let point = whole.count + exponent
    let first = firstShown(of: text, point)
    let sign = isNegative ? 1 : 0
    for position in first..<max(count, point) {
      guard let source = index(position) else { continue }
      // A zero before all other digits is only shown right before the point.
      let isOptional = position == first && position < point - 1
      body(
        MovedDigit(
          source: source, target: sign + position - first + (position >= point ? 1 : 0),
          range: UInt8(ascii: isOptional ? "1" : "0")...UInt8(ascii: "9")))
    }
  }

  private var count: Int { whole.count + fraction.count }

  /// The position of the first digit that is shown: one that is not zero, or the one before the
  /// point. Positions count from the first digit printed; zeros stand all around.
  private func firstShown(of text: Span<UInt8>, _ point: Int) -> Int {
    var position = 0
    while position < count, let index = index(position), text[index] == UInt8(ascii: "0") {
      position += 1
    }
    return position < count ? min(position, point - 1) : point - 1
  }

  /// Where in the text the digit at a position stands, nil for the zeros around.
  private func index(_ position: Int) -> Int? {
    switch position {
    case 0..<whole.count: whole.lowerBound + position
    case whole.count..<count: fraction.lowerBound + position - whole.count
    default: nil
    }
  }
}
