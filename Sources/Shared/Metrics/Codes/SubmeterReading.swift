/// What a sub-meter counts, and the metric of its reading.
public enum SubmeterReading: String, CaseIterable, Sendable {
  case gas = "gas_m3"
  case water = "water_m3"
  case heat = "heat_gj"
  case cooling = "cooling_gj"
  case energy = "submeter_energy_kwh"
  case volume = "submeter_volume_m3"

  /// The reading of a sub-meter; nil for a unit that no sub-meter counts in.
  ///
  /// - Parameters:
  ///   - kind: the device type (EN 13757-3), nil if the meter prints none.
  ///   - isOfCold: whether the code of the line is that of cold, which overrides the type.
  public init?(kind: UInt8?, unit: MetricUnit, isOfCold: Bool = false) {
    switch (kind, unit) {
    case (3?, .cubicMetre), (nil, .cubicMetre): self = .gas
    case (6?, .cubicMetre), (7?, .cubicMetre): self = .water
    case (_, .cubicMetre): self = .volume
    case (10?, .gigajoule), (11?, .gigajoule): self = .cooling
    case (_, .gigajoule): self = isOfCold ? .cooling : .heat
    case (_, .kilowattHour): self = .energy
    default: return nil
    }
  }

  /// The canonical name of the metric.
  public var name: String { rawValue }

  public var unit: MetricUnit {
    switch self {
    case .gas, .water, .volume: .cubicMetre
    case .heat, .cooling: .gigajoule
    case .energy: .kilowattHour
    }
  }

  public var description: String {
    switch self {
    case .gas: "Gas used"
    case .water: "Water used"
    case .heat: "Heat used"
    case .cooling: "Cold used"
    case .energy: "Energy, by another electricity or heat meter"
    case .volume: "Volume, by a meter of any other kind"
    }
  }
}
