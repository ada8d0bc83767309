import Metrics
import Records

/// A number with its unit, `001234.567*kWh`; some gateways lose the `*`, and some meters print blanks
/// beside the number or the unit.
struct Quantity {
  /// Where in the text the number stands.
  let number: Range<Int>
  /// Its unit, nil where none is printed.
  let unit: PrintedUnit?

  /// Nil where the text has a unit that is not known.
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

  /// By how many places the decimal point of the number moves on its way to our unit.
  var exponent: Int { unit?.exponent ?? 0 }

  /// Whether it is in this unit, or in none.
  func canBe(in expected: MetricUnit) -> Bool { unit?.unit ?? expected == expected }
}
