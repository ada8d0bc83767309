/// An exact decimal number for arithmetic: a whole number of units of 10^-`places`.
public struct ExactDecimal: Equatable, Sendable {
  private let units: Int
  private let places: Int

  /// The number in `text` times 10^`exponent`, nil if `text` is not a number or has too many
  /// digits.
  public init?(_ text: Span<UInt8>, timesTenToThe exponent: Int = 0) {
    guard DecimalText(text) != nil else { return nil }
    var units = 0
    var places = -exponent
    var isInFraction = false
    for index in text.indices {
      if let digit = text[index].decimalDigit {
        guard let next = units.timesTen(plus: digit) else { return nil }
        units = next
        if isInFraction { places += 1 }
      } else if text[index] == UInt8(ascii: ".") {
        isInFraction = true
      }
    }
    while places < 0 {
      guard let next = units.timesTen(plus: 0) else { return nil }
      units = next
      places += 1
    }
    self.units = text[0] == UInt8(ascii: "-") ? -units : units
    self.places = places
  }

  private init(units: Int, places: Int) {
    self.units = units
    self.places = places
  }

  /// The difference, with the decimals of the number that has more; nil if it has too many digits.
  public func subtracting(_ other: ExactDecimal) -> ExactDecimal? {
    combined(with: other) { $0.subtractingReportingOverflow($1) }
  }

  /// The sum, with the decimals of the number that has more; nil if it has too many digits.
  public func adding(_ other: ExactDecimal) -> ExactDecimal? {
    combined(with: other) { $0.addingReportingOverflow($1) }
  }

  private func combined(
    with other: ExactDecimal, _ calculate: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) -> ExactDecimal? {
    guard let one = scaled(to: max(places, other.places)),
      let two = other.scaled(to: one.places)
    else {
      return nil
    }
    let (units, overflow) = calculate(one.units, two.units)
    return overflow ? nil : ExactDecimal(units: units, places: one.places)
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

extension ExactDecimal: Comparable {
  /// False if the difference has too many digits to be computed.
  public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    (left.subtracting(right)?.units ?? 0) < 0
  }
}

extension ExactDecimal: CustomStringConvertible {
  /// The number as records have it: `-0.120`.
  public var description: String {
    let digits = String(units.magnitude)
    let padded = String(repeating: "0", count: Swift.max(0, places + 1 - digits.count)) + digits
    let sign = units < 0 ? "-" : ""
    return places == 0
      ? sign + padded : "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
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
