/// A unit as a meter prints it: a ``MetricUnit`` times a power of ten.
public struct PrintedUnit: Equatable, Sendable {
  public let unit: MetricUnit
  /// The printed unit is 10^`exponent` of `unit`: -3 for W, as 1 W is 10⁻³ kW.
  public let exponent: Int

  /// The unit in a text: an SI unit with a prefix, or a volume, in any case.
  ///
  /// Meters print `kVArh`, `kvarh` and `KWH` alike. M is mega and m is milli. If the whole unit is
  /// in lower case, as in `mwh`, m is mega for the units of which no meter measures thousandths.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count > 0, bytes.count <= 6 else { return nil }
    let symbol = bytes.extracting(1...)
    let (whole, rest) = (PrintedUnit.packed(bytes), PrintedUnit.packed(symbol))
    for base in PrintedUnit.bases {
      if base.packed == whole {
        self = base.printed
        return
      }
      if base.packed == rest, base.takesPrefix,
        let prefix = PrintedUnit.exponent(ofPrefix: bytes[0], before: symbol, base)
      {
        self.init(base.printed.unit, base.printed.exponent + prefix)
        return
      }
    }
    return nil
  }

  private init(_ unit: MetricUnit, _ exponent: Int = 0) {
    self.unit = unit
    self.exponent = exponent
  }

  /// The bytes in lower case as one number. A leading 1 keeps texts of different lengths apart.
  private static func packed(_ bytes: Span<UInt8>) -> UInt64 {
    var packed: UInt64 = 1
    for index in bytes.indices { packed = packed << 8 | UInt64(lowercased(bytes[index])) }
    return packed
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  // MARK: - Units without a prefix

  private struct Base {
    let packed: UInt64
    let printed: PrintedUnit
    let takesPrefix: Bool
    /// Whether meters measure thousandths of the unit.
    let usesMilli: Bool
    /// Whether the SI symbol has a capital letter.
    let hasCapital: Bool

    /// The unit 10^`exponent` of `unit`, with its SI symbol.
    init(
      _ symbol: String, _ unit: MetricUnit, _ exponent: Int = 0, takesPrefix: Bool = true,
      usesMilli: Bool = true
    ) {
      // Latin-1, as meters that print m³ print the byte 0xB3. A capture that an editor saved may
      // have it in UTF-8 instead.
      let bytes = symbol.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      packed = PrintedUnit.packed(bytes.span)
      printed = PrintedUnit(unit, exponent)
      self.takesPrefix = takesPrefix
      self.usesMilli = usesMilli
      hasCapital = bytes.contains { $0 != PrintedUnit.lowercased($0) }
    }
  }

  /// All units, the most common first.
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
      return !base.usesMilli && isInLowerCase && base.hasCapital ? 6 : -3
    default: return nil
    }
  }
}
