/// What the metrics of a telegram are called: a set of names, and the kind of its meter.
public struct Naming: Hashable, Sendable {
  public let set: NameSet
  public let meter: MeterKind

  public init(_ set: NameSet, _ meter: MeterKind = .dsmr5) {
    self.set = set
    self.meter = meter
  }

  /// The key of a metric. A name that the set lacks is the canonical one.
  ///
  /// - Parameters:
  ///   - metric: what the line holds.
  ///   - code: the code of the line.
  ///   - type: the device type of the sub-meter that it is of, nil where that is not known.
  /// - Returns: the key.
  public func key(of metric: Metric, at code: OBISCode, type: UInt8? = nil) -> String {
    switch set {
    case .canonical: metric.name
    case .obis: code.key
    default: ownName(of: metric, kind: SubmeterKind(type: type)) ?? metric.name
    }
  }

  /// The key of a sub-meter's reading.
  ///
  /// - Parameters:
  ///   - reading: what it counts.
  ///   - metric: the line that holds it.
  ///   - code: the code of that line.
  /// - Returns: the key.
  public func key(of reading: SubmeterReading, in metric: Metric, at code: OBISCode) -> String {
    switch set {
    case .canonical: reading.name
    case .obis: code.key
    default: ownName(of: metric, kind: reading.kind) ?? reading.name
    }
  }

  /// What the set calls something that has no canonical name, as it says who or when.
  ///
  /// - Parameters:
  ///   - metric: the line that says it.
  ///   - code: the code of that line.
  ///   - type: the device type of the sub-meter that it is of, nil where that is not known.
  /// - Returns: nil where it has no name for it, or the one of the reserved key that tells it anyway.
  public func identityKey(of metric: Metric, at code: OBISCode, type: UInt8?) -> String? {
    switch set {
    case .canonical: return nil
    case .obis: return metric.form == .submeterType ? code.key : nil
    default:
      let name = ownName(of: metric, kind: SubmeterKind(type: type))
      return name == metric.name ? nil : name
    }
  }

  /// What the set calls the time of a reading with this key; nil where it has no name for it, as ours.
  public func timeKey(ofReading key: String) -> String? {
    set == .canonical || set == .obis ? nil : NameTable.timeNames[key]
  }

  /// What the set calls the first line of a telegram; nil where it has no name for it, as ours.
  public var headerKey: String? { NameTable.headerNames[set] }

  /// The name that the set itself has.
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
