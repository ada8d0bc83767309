/// An exact decimal number for arithmetic: a whole number of units of 10^-`places`.
public struct ExactDecimal: Equatable, Sendable {
  private let units: Int
  private let places: Int

  /// The number in `text` times 10^`exponent`, nil if `text` is not a number or has too many
  /// digits.
  public init?(_ text: Span<UInt8>, timesTenToThe exponent: Int = 0) {
    // In one pass, as the periods of records read many numbers: the form is that of DecimalText.
    let isSigned = text.count > 0 && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+"))
    var units = 0
    var digits = 0
    var point: Int?
    for index in (isSigned ? 1 : 0)..<text.count {
      if let digit = text[index].decimalDigit {
        guard let next = units.timesTen(plus: digit) else { return nil }
        units = next
        digits += 1
      } else {
        guard text[index] == UInt8(ascii: "."), point == nil else { return nil }
        point = index
      }
    }
    guard (1...DecimalText.maximumDigits).contains(digits) else { return nil }
    var places = (point.map { text.count - 1 - $0 } ?? 0) - exponent
    while places < 0 {
      guard let next = units.timesTen(plus: 0) else { return nil }
      units = next
      places += 1
    }
    self.units = isSigned && text[0] == UInt8(ascii: "-") ? -units : units
    self.places = places
  }

  static let zero = ExactDecimal(units: 0, places: 0)

  fileprivate init(units: Int, places: Int) {
    self.units = units
    self.places = places
  }

  /// The difference, with the decimals of the number that has more; nil if it has too many digits.
  public func subtracting(_ other: ExactDecimal) -> ExactDecimal? {
    adding(ExactDecimal(units: -other.units, places: other.places))
  }

  /// The sum, with the decimals of the number that has more; nil if it has too many digits.
  public func adding(_ other: ExactDecimal) -> ExactDecimal? {
    // The values of a metric usually have the same number of decimals.
    guard places == other.places else {
      let sum = scaled(to: other.places).flatMap { one in
        other.scaled(to: places).flatMap(one.adding)
      }
      return sum
    }
    let (units, overflow) = units.addingReportingOverflow(other.units)
    return overflow ? nil : ExactDecimal(units: units, places: places)
  }

  /// The quotient, rounded half away from zero.
  ///
  /// - Parameters:
  ///   - count: the divisor, 1 or more.
  ///   - places: the fewest decimals of the result. It has as many as this number if that has more, or
  ///     if the digits would not fit.
  public func divided(by count: Int, places: Int) -> ExactDecimal {
    let whole = scaled(to: places) ?? self
    let (quotient, rest) = whole.units.quotientAndRemainder(dividingBy: count)
    let isUp = rest.magnitude >= (count.magnitude + 1) / 2
    return ExactDecimal(
      units: isUp ? quotient + whole.units.signum() : quotient, places: whole.places)
  }

  private func scaled(to places: Int) -> ExactDecimal? {
    var units = units
    for _ in self.places..<max(self.places, places) {
      guard let next = units.timesTen(plus: 0) else { return nil }
      units = next
    }
    return ExactDecimal(units: units, places: max(self.places, places))
  }
}

/// A number in a text of which only digits change, as those of telegrams or records of one shape do. It is read without
/// checks.
public struct DecimalPlace: Sendable {
  /// The digits before and after the decimal point.
  private let (whole, fraction): (Range<Int>, Range<Int>)
  private let isNegative: Bool
  private let exponent: Int

  /// The most digits of a number that always fits.
  private static let maximumDigits = 18

  /// Nil if a part of the text is no number, or one that may have too many digits.
  ///
  /// - Parameter exponent: the power of ten that the number is multiplied by.
  public init?(_ part: Range<Int>, of text: Span<UInt8>, timesTenToThe exponent: Int = 0) {
    guard DecimalText(text.extracting(part)) != nil,
      part.count + max(0, exponent) <= DecimalPlace.maximumDigits
    else {
      return nil
    }
    let isSigned =
      text[part.lowerBound].decimalDigit == nil && text[part.lowerBound] != UInt8(ascii: ".")
    let point = part.first { text[$0] == UInt8(ascii: ".") } ?? part.upperBound
    whole = (part.lowerBound + (isSigned ? 1 : 0))..<point
    fraction = min(point + 1, part.upperBound)..<part.upperBound
    isNegative = text[part.lowerBound] == UInt8(ascii: "-")
    self.exponent = exponent
  }

  /// The number times the power of ten.
  public func value(in text: Span<UInt8>) -> ExactDecimal {
    var units = 0
    for index in whole { units = units &* 10 &+ Int(text[index] &- UInt8(ascii: "0")) }
    for index in fraction { units = units &* 10 &+ Int(text[index] &- UInt8(ascii: "0")) }
    var places = fraction.count - exponent
    while places < 0 {
      units = units &* 10
      places += 1
    }
    return ExactDecimal(units: isNegative ? -units : units, places: places)
  }
}

/// A number in a text less another one in it.
public struct DecimalDifference: Sendable {
  private let minuend: DecimalPlace
  private let subtrahend: DecimalPlace

  public init(of minuend: DecimalPlace, and subtrahend: DecimalPlace) {
    self.minuend = minuend
    self.subtrahend = subtrahend
  }

  /// The difference; nil if it has too many digits.
  public func value(in text: Span<UInt8>) -> ExactDecimal? {
    minuend.value(in: text).subtracting(subtrahend.value(in: text))
  }
}

extension ExactDecimal: Comparable {
  /// Of equal numbers, that with fewer decimals is less. False if the difference has too many digits to be computed.
  public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    if left.places == right.places { return left.units < right.units }
    guard let difference = left.subtracting(right)?.units else { return false }
    return difference == 0 ? left.places < right.places : difference < 0
  }
}

extension ExactDecimal: CustomStringConvertible {
  /// The number as records have it: `-0.120`.
  public var description: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the number as records have it.
  public func append(to text: inout [UInt8]) {
    let start = text.count
    forEachByteFromTheLast { text.append($0) }
    text[start...].reverse()
  }

  /// Writes the number over a part of a text.
  ///
  /// - Returns: false if the number has more or fewer bytes; the part then holds a part of it.
  public func write(over part: Range<Int>, of text: inout MutableSpan<UInt8>) -> Bool {
    var index = part.upperBound
    forEachByteFromTheLast { byte in
      index -= 1
      if index >= part.lowerBound { text[index] = byte }
    }
    return index == part.lowerBound
  }

  private func forEachByteFromTheLast(_ body: (UInt8) -> Void) {
    var rest = units.magnitude
    var digits = 0
    while rest > 0 || digits <= places {
      if digits == places, places > 0 { body(UInt8(ascii: ".")) }
      body(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
      digits += 1
    }
    if units < 0 { body(UInt8(ascii: "-")) }
  }
}

extension Int {
  /// Ten times the number plus a digit, nil if that overflows.
  fileprivate func timesTen(plus digit: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: 10)
    let (sum, overflowed) = product.addingReportingOverflow(product < 0 ? -digit : digit)
    return overflow || overflowed ? nil : sum
  }
}
