/// The naming of a telegram's metrics: a set of names, and the kind of meter.
public struct Naming: Hashable, Sendable {
  public let set: NameSet
  public let meter: MeterKind

  public init(_ set: NameSet, _ meter: MeterKind = .dsmr5) {
    self.set = set
    self.meter = meter
  }

  /// The key of a metric: its canonical name if the set has none for it.
  ///
  /// - Parameters:
  ///   - code: the code of the metric's line.
  ///   - type: the device type of the sub-meter (EN 13757-3), nil if it is not known.
  public func key(of metric: Metric, at code: OBISCode, type: UInt8? = nil) -> String {
    switch set {
    case .canonical: metric.name
    case .obis: code.key
    default: ownName(of: metric, kind: SubmeterKind(type: type)) ?? metric.name
    }
  }

  /// The key of a sub-meter's reading, from the metric and the code of its line.
  public func key(of reading: SubmeterReading, in metric: Metric, at code: OBISCode) -> String {
    switch set {
    case .canonical: reading.name
    case .obis: code.key
    default: ownName(of: metric, kind: reading.kind) ?? reading.name
    }
  }

  /// The set's key for an identifier or a time, which canonical names have as reserved keys.
  ///
  /// - Returns: nil if the set has no key for it, or has the one of the reserved key.
  public func identityKey(of metric: Metric, at code: OBISCode, type: UInt8?) -> String? {
    switch set {
    case .canonical: return nil
    case .obis: return metric.form == .submeterType ? code.key : nil
    default:
      let name = ownName(of: metric, kind: SubmeterKind(type: type))
      return name == metric.name ? nil : name
    }
  }

  /// The set's key for the time of a reading; nil if it has none.
  public func timeKey(ofReading key: String) -> String? {
    set == .canonical || set == .obis ? nil : NameTable.timeNames[key]
  }

  /// The key for the first line of a telegram, which has no code.
  public static let headerKey = "identification"

  /// Whether the set has the first line of a telegram.
  public var hasHeader: Bool { self.set == .esphome }

  /// The name in the set, nil if the set has none.
  private func ownName(of metric: Metric, kind: SubmeterKind?) -> String? {
    guard
      let rows = NameTable.rowsByCode[
        metric.isOfSubmeter ? .submeter(metric.code) : .main(metric.code)]
    else {
      return nil
    }
    let row = rows.first { $0.kind == nil || $0.kind == kind }
    return row?.name(in: self)
  }
}

/// The kinds of meter that other tools have different names for.
public enum MeterKind: CaseIterable, Sendable {
  /// Dutch, before DSMR 5.
  case beforeDSMR5
  /// Dutch with DSMR 5, and any other.
  case dsmr5
  /// Belgian: it prints its version as `0-0:96.1.4`.
  case belgian
  case hungarian
  /// With energy as totals alone, without tariffs: Luxembourg and Sweden.
  case totals
}

/// The sets of metric names: the canonical ones, and those of other tools, for people whose
/// dashboards use them.
public enum NameSet: String, CaseIterable, Sendable {
  /// The names of the table of metrics: `energy_import_tariff1_kwh`.
  case canonical
  /// The codes of the lines: `1-0:1.8.1`.
  case obis
  /// The names of the Python script with files `dsmrNN.py`: `power_consumed_tariff_1_kwh`.
  case classic
  /// The names of the ESPHome component: `energy_delivered_tariff1`.
  case esphome
  /// The names of DSMR-reader: `electricity_delivered_1`.
  case dsmrReader = "dsmr-reader"
  /// The names of the Python library dsmr_parser: `ELECTRICITY_USED_TARIFF_1`.
  case dsmrParser = "dsmr_parser"
}
