/// A unit that a metric's name can end in.
public enum MetricUnit: String, CaseIterable, Sendable {
  case kilowattHour = "kwh"
  case kilowatt = "kw"
  case kilovarHour = "kvarh"
  case kilovar = "kvar"
  case kilovoltAmpere = "kva"
  case volt = "v"
  case ampere = "a"
  case hertz = "hz"
  case cubicMetre = "m3"
  case gigajoule = "gj"
  case second = "seconds"

  /// The end of a metric's name, without the underscore.
  public var suffix: String { rawValue }

  /// The symbol of the unit.
  public var symbol: String {
    switch self {
    case .kilowattHour: "kWh"
    case .kilowatt: "kW"
    case .kilovarHour: "kvarh"
    case .kilovar: "kvar"
    case .kilovoltAmpere: "kVA"
    case .volt: "V"
    case .ampere: "A"
    case .hertz: "Hz"
    case .cubicMetre: "m³"
    case .gigajoule: "GJ"
    case .second: "s"
    }
  }
}
