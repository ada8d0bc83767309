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
    let count = whole.count + fraction.count
    let point = whole.count + exponent
    if isNegative { output.append(UInt8(ascii: "-")) }
    var significant = false
    for position in min(0, point)..<max(count, point) {
      if position == point {
        if !significant { output.append(UInt8(ascii: "0")) }
        significant = true
        output.append(UInt8(ascii: "."))
      }
      let digit = self.digit(position, of: text)
      significant = significant || digit != UInt8(ascii: "0")
      if significant { output.append(digit) }
    }
    if !significant { output.append(UInt8(ascii: "0")) }
  }

  /// The digit at a position counted from the first printed one; zeros stand all around.
  private func digit(_ position: Int, of text: Span<UInt8>) -> UInt8 {
    switch position {
    case 0..<whole.count: text[whole.lowerBound + position]
    case whole.count..<whole.count + fraction.count:
      text[fraction.lowerBound + position - whole.count]
    default: UInt8(ascii: "0")
    }
  }
}
