import Metrics

/// A number with its unit, `001234.567*kWh`; some gateways lose the `*`.
struct Quantity {
  /// Where in the text the number stands.
  let number: Range<Int>
  /// Its unit, nil where none is printed.
  let unit: PrintedUnit?

  /// Nil where the text has a unit that is not known.
  init?(_ text: Span<UInt8>) {
    var end = 0
    while end < text.count, text[end] <= UInt8(ascii: "9"), text[end] != UInt8(ascii: "*") {
      end += 1
    }
    number = 0..<end
    guard end < text.count else {
      unit = nil
      return
    }
    let start = text[end] == UInt8(ascii: "*") ? end + 1 : end
    guard let printed = PrintedUnit(text.extracting(start...)) else { return nil }
    unit = printed
  }

  /// By how many places the decimal point of the number moves on its way to our unit.
  var exponent: Int { unit?.exponent ?? 0 }

  /// Whether it is in this unit, or in none.
  func canBe(in expected: MetricUnit) -> Bool { unit?.unit ?? expected == expected }
}
