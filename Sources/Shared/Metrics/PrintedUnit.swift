/// A unit as a meter prints it: one of ours, times a power of ten.
public struct PrintedUnit: Equatable, Sendable {
  public let unit: MetricUnit
  /// The printed unit is 10^`exponent` of `unit`: -3 for W, as 1 W is 10⁻³ kW.
  public let exponent: Int

  init(_ unit: MetricUnit, _ exponent: Int = 0) {
    self.unit = unit
    self.exponent = exponent
  }

  /// The unit that `bytes` spell, in whatever case: meters print `kVArh`, `kvarh` and `kwh` alike.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count > 0, bytes.count <= 6 else { return nil }
    var spelled: UInt64 = 1
    for index in bytes.indices {
      spelled = spelled << 8 | UInt64(PrintedUnit.lowercased(bytes[index]))
    }
    for entry in PrintedUnit.spellings where entry.spelled == spelled {
      self = entry.printed
      return
    }
    return nil
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  /// All spellings, the commonest first, each packed as `init` packs what it reads: behind a 1.
  private static let spellings: [(spelled: UInt64, printed: PrintedUnit)] = [
    ("kw", PrintedUnit(.kilowatt)), ("kwh", PrintedUnit(.kilowattHour)),
    ("v", PrintedUnit(.volt)), ("a", PrintedUnit(.ampere)), ("m3", PrintedUnit(.cubicMetre)),
    ("s", PrintedUnit(.second)), ("w", PrintedUnit(.kilowatt, -3)),
    ("wh", PrintedUnit(.kilowattHour, -3)), ("mwh", PrintedUnit(.kilowattHour, 3)),
    ("kvarh", PrintedUnit(.kilovarHour)), ("varh", PrintedUnit(.kilovarHour, -3)),
    ("kvar", PrintedUnit(.kilovar)), ("var", PrintedUnit(.kilovar, -3)),
    ("kva", PrintedUnit(.kilovoltAmpere)), ("va", PrintedUnit(.kilovoltAmpere, -3)),
    ("hz", PrintedUnit(.hertz)), ("gj", PrintedUnit(.gigajoule)),
    ("mj", PrintedUnit(.gigajoule, -3)), ("dm3", PrintedUnit(.cubicMetre, -3)),
    ("l", PrintedUnit(.cubicMetre, -3)), ("m\u{B3}", PrintedUnit(.cubicMetre)),
    ("m\u{C2}\u{B3}", PrintedUnit(.cubicMetre)),
  ].map { text, printed in
    // As Latin-1: the meters that print m³ print the byte 0xB3; what passed through an editor may
    // have its UTF-8 instead.
    let spelled = text.unicodeScalars.reduce(UInt64(1)) { $0 << 8 | UInt64($1.value) }
    return (spelled, printed)
  }
}
