/// A unit as a meter prints it: one of ours, times a power of ten.
public struct PrintedUnit: Equatable, Sendable {
  public let unit: MetricUnit
  /// The printed unit is 10^`exponent` of `unit`: -3 for W, as 1 W is 10⁻³ kW.
  public let exponent: Int

  /// The unit that `bytes` spell: a prefix and a unit of the SI, or a volume, in whatever case.
  ///
  /// Meters print `kVArh`, `kvarh` and `KWH` alike. M is mega and m is milli. Where all of a unit is in
  /// lower case, as in `mwh`, m is mega if a meter measures no thousandths of the unit.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count > 0, bytes.count <= 6 else { return nil }
    if let base = PrintedUnit.bases.first(where: { PrintedUnit.spell($0.symbol, bytes) }) {
      self = base.printed
      return
    }
    let symbol = bytes.extracting(1...)
    guard let base = PrintedUnit.bases.first(where: { PrintedUnit.spell($0.symbol, symbol) }),
      base.takesPrefix,
      let prefix = PrintedUnit.exponent(ofPrefix: bytes[0], before: symbol, base)
    else {
      return nil
    }
    self.init(base.printed.unit, base.printed.exponent + prefix)
  }

  private init(_ unit: MetricUnit, _ exponent: Int = 0) {
    self.unit = unit
    self.exponent = exponent
  }

  // MARK: - Units without a prefix

  private struct Base {
    /// In the case that the SI has it, in Latin-1.
    let symbol: [UInt8]
    let printed: PrintedUnit
    let takesPrefix: Bool
    /// Whether a meter measures thousandths of it.
    let usesMilli: Bool

    init(
      _ symbol: String, _ unit: MetricUnit, _ exponent: Int = 0, takesPrefix: Bool = true,
      usesMilli: Bool = true
    ) {
      self.symbol = symbol.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      printed = PrintedUnit(unit, exponent)
      self.takesPrefix = takesPrefix
      self.usesMilli = usesMilli
    }
  }

  /// All of them, the commonest first. The meters that print m³ print its Latin-1; what passed through
  /// an editor may have its UTF-8 instead.
  private static let bases: [Base] = [
    Base("W", .kilowatt, -3, usesMilli: false), Base("Wh", .kilowattHour, -3, usesMilli: false),
    Base("V", .volt), Base("A", .ampere), Base("m3", .cubicMetre, takesPrefix: false),
    Base("s", .second), Base("varh", .kilovarHour, -3, usesMilli: false),
    Base("var", .kilovar, -3, usesMilli: false), Base("VA", .kilovoltAmpere, -3, usesMilli: false),
    Base("Hz", .hertz), Base("J", .gigajoule, -9, usesMilli: false),
    Base("m\u{B3}", .cubicMetre, takesPrefix: false),
    Base("m\u{C2}\u{B3}", .cubicMetre, takesPrefix: false),
    Base("dm3", .cubicMetre, -3, takesPrefix: false), Base("l", .cubicMetre, -3),
  ]

  /// Whether the bytes are a symbol in whatever case.
  private static func spell(_ symbol: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    symbol.count == bytes.count
      && symbol.indices.allSatisfy { lowercased(symbol[$0]) == lowercased(bytes[$0]) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  // MARK: - Prefixes

  private static func exponent(
    ofPrefix byte: UInt8, before symbol: Span<UInt8>, _ base: Base
  ) -> Int? {
    switch byte {
    case UInt8(ascii: "k"), UInt8(ascii: "K"): return 3
    case UInt8(ascii: "M"): return 6
    case UInt8(ascii: "G"), UInt8(ascii: "g"): return 9
    case UInt8(ascii: "m"):
      let isInLowerCase = symbol.indices.allSatisfy { symbol[$0] == lowercased(symbol[$0]) }
      let hasUpperCase = base.symbol.contains { $0 != lowercased($0) }
      return !base.usesMilli && isInLowerCase && hasUpperCase ? 6 : -3
    default: return nil
    }
  }
}
