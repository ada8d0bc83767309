import Metrics
import Records

/// A number with its unit, `001234.567*kWh`. Some gateways omit the `*`, and some meters print blanks
/// around the number or the unit.
struct Quantity {
  /// The place of the number in the text.
  let number: Range<Int>
  /// Nil if no unit is printed.
  let unit: PrintedUnit?

  /// Nil if the unit is unknown.
  init?(_ text: Span<UInt8>) {
    let all = text.withoutBlanks(text.indices)
    var end = all.lowerBound
    while end < all.upperBound, text[end] <= UInt8(ascii: "9"), text[end] != UInt8(ascii: "*") {
      end += 1
    }
    number = text.withoutBlanks(all.lowerBound..<end)
    guard end < all.upperBound else {
      unit = nil
      return
    }
    let start = text[end] == UInt8(ascii: "*") ? end + 1 : end
    let symbol = text.withoutBlanks(start..<all.upperBound)
    guard let printed = PrintedUnit(text.extracting(symbol)) else { return nil }
    unit = printed
  }

  /// The power of ten that converts the number from the printed unit to that of the metric.
  var exponent: Int { unit?.exponent ?? 0 }

  /// Whether its unit is this one, or not printed.
  func isCompatible(with expected: MetricUnit) -> Bool { unit?.unit ?? expected == expected }
}
