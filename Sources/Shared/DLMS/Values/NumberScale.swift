import Metrics
import Records

/// What turns a number of a meter into the number that a telegram prints.
struct NumberScale: Equatable {
  /// The unit that the telegram prints; nil for a number without a unit.
  let unit: MetricUnit?
  /// The power of ten that the number is multiplied by.
  let exponent: Int

  /// Other powers of ten come from damaged bytes.
  private static let exponents = -18...18

  /// Nil if the power of ten is too large or too small.
  init?(unit: PrintedUnit?, timesTenToThe exponent: Int = 0) {
    self.unit = unit?.unit
    self.exponent = exponent + (unit?.exponent ?? 0)
    guard NumberScale.exponents.contains(self.exponent) else { return nil }
  }

  /// The scaler and the unit of a register: a structure of an int8 and an enum (DLMS UA 1000-1, scal_unit_type).
  ///
  /// Nil for any other value, and for a unit that no telegram has.
  init?(_ value: AXDRValue) {
    guard let (scaler, unit) = value.scalerAndUnit else { return nil }
    guard unit != NumberScale.noUnit else {
      self.init(unit: nil, timesTenToThe: scaler)
      return
    }
    guard let symbol = NumberScale.symbols[unit], let printed = PrintedUnit(symbol.utf8Bytes.span)
    else {
      return nil
    }
    self.init(unit: printed, timesTenToThe: scaler)
  }

  private static let noUnit: UInt8 = 0xFF

  /// The units of DLMS UA 1000-1 (unit) that metrics have.
  private static let symbols: [UInt8: String] = [
    7: "s", 13: "m3", 14: "m3", 25: "J", 27: "W", 28: "VA", 29: "var", 30: "Wh", 32: "varh",
    33: "A", 35: "V", 44: "Hz",
  ]
}

extension AXDRValue {
  /// The scaler and the code of the unit; nil for any other value.
  var scalerAndUnit: (scaler: Int, unit: UInt8)? {
    guard case .list(let parts) = self, parts.count == 2,
      case .signed(let scaler, byteCount: 1) = parts[0], case .enumeration(let unit) = parts[1]
    else {
      return nil
    }
    return (Int(scaler), unit)
  }
}
