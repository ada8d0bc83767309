/// Every metric that a line of a telegram can hold, with its name, code and description.
///
/// The codes are those of the P1 companion standards (DSMR 2.2 to 5.0.2, the OBIS tables), of their
/// descendants in other countries, and of meters from before them. Lookups are by
/// ``metric(for:)``.
public enum MetricTable {
  /// The metrics of the electricity meter itself, in sections with titles.
  public static let sections: [(title: String, metrics: [Metric])] = [
    ("The telegram and its meter", identity), ("Energy", energy), ("Power", power),
    ("Voltage and current", voltageAndCurrent), ("Limits and switches", limits),
    ("Quality of supply", quality), ("Messages of the grid operator", messages),
  ]

  /// The metrics of the electricity meter itself.
  public static let main = sections.flatMap(\.metrics)

  /// The metric of a code, nil if the table lacks the code.
  ///
  /// Some meters (Switzerland, Greece) print the electricity that others have on channel 0 on
  /// channel 1, as `1-1:1.8.1`.
  public static func metric(for code: OBISCode) -> Metric? {
    if let metric = mainByCode[code] { return metric }
    if code.medium == 0, code.isSubmeter { return submeterByCode[code.onAnyChannel] }
    if code.medium == 1, code.channel == 1 { return mainByCode[code.onAnyChannel] }
    return submeterByCode[code].flatMap { code.isSubmeter ? $0 : nil }
  }

  /// The metrics that a line of the electricity meter can hold: more than one where the unit
  /// differs between meters, or where there are two values.
  public static func metrics(for code: OBISCode) -> [Metric] { allByCode[code] ?? [] }

  /// Whether the metric with this name in any set, or this code as its name, is text, even if a
  /// value looks like a number.
  public static func isText(_ name: Span<UInt8>) -> Bool {
    textNames.contains { name == $0 }
      || metric(calledByCode: name)?.isText ?? false
  }

  /// Whether the metric with this name in any set, or this code as its name, was measured before
  /// the telegram was made: ``Metric/isOfThePast``.
  public static func isOfThePast(_ name: Span<UInt8>) -> Bool {
    pastNames.contains { name == $0 }
      || metric(calledByCode: name)?.isOfThePast ?? false
  }

  /// Whether the metric with this name is an instantaneous value, as the table, its code, or the
  /// unit at the end of the name tells.
  public static func isInstantaneous(_ name: Span<UInt8>) -> Bool {
    let key = String(decoding: name.indices.map { name[$0] }, as: UTF8.self)
    if let metric = byAnyName[key] { return metric.isInstantaneous }
    if let code = OBISCode(name) { return code.isInstantaneous }
    return instantaneousUnits.contains { key.hasSuffix("_\($0)") }
  }

  /// The first metric with this name in any set, or with this code as its name; nil if there is
  /// none.
  public static func metric(calledInAnySet name: String) -> Metric? {
    byAnyName[name] ?? metric(calledByCode: [UInt8](name.utf8).span)
  }

  /// Whether a metric measures consumption or production, and not the meter or the supply itself.
  public static func isOfConsumption(_ metric: Metric) -> Bool {
    consumptionNames.contains(metric.name) || metric.isSubmeterReading
  }

  private static let consumptionNames = Set((energy + power + voltageAndCurrent).map(\.name))

  private static let byAnyName: [String: Metric] = (main + submeter).reduce(into: [:]) {
    for name in [$1.name] + NameTable.names(of: $1) where $0[name] == nil { $0[name] = $1 }
  }

  /// The units, at the end of a name, of instantaneous values.
  private static let instantaneousUnits =
    [MetricUnit.kilowatt, .kilovar, .kilovoltAmpere, .volt, .ampere, .hertz].map(\.suffix)
    + ["w", "var", "va"]

  /// The first metric of the electricity meter with this canonical name; nil if there is none.
  public static func metric(named name: String) -> Metric? { mainByName[name] }

  private static let mainByName = Dictionary(main.map { ($0.name, $0) }) { first, _ in first }

  /// The metric whose code is used as its name.
  private static func metric(calledByCode name: Span<UInt8>) -> Metric? {
    OBISCode(name).flatMap(metric(for:))
  }

  private static let textNames = names(of: \.isText) + otherNames { $0.isText || $0.isIdentity }
  private static let pastNames = names(of: \.isOfThePast) + otherNames(of: \.isOfThePast)

  private static func names(of condition: (Metric) -> Bool) -> [[UInt8]] {
    (main + submeter).filter(condition).map { [UInt8]($0.name.utf8) }
  }

  /// The names in other sets.
  private static func otherNames(of condition: (Metric) -> Bool) -> [[UInt8]] {
    (main + submeter).filter(condition).flatMap { metric in
      NameTable.names(of: metric).filter { $0 != metric.name }.map { [UInt8]($0.utf8) }
    }
  }

  /// The first metric of each code.
  private static let mainByCode = main.reduce(
    into: [OBISCode: Metric](minimumCapacity: main.count)
  ) { byCode, metric in
    if byCode[metric.code] == nil { byCode[metric.code] = metric }
  }
  private static let allByCode = Dictionary(grouping: main, by: \.code)
  private static let submeterByCode = Dictionary(
    uniqueKeysWithValues: submeter.map { ($0.code, $0) })
}

// MARK: - Families of metrics

extension MetricTable {
  /// A quantity for each tariff: `energy_import_tariff1_kwh`, …
  static func tariffs(
    _ tariffs: [UInt8], _ stem: String, _ c: UInt8, _ unit: MetricUnit, _ description: String
  ) -> [Metric] {
    tariffs.map { tariff in
      Metric(
        "\(stem)_tariff\(tariff)_\(unit.suffix)", OBISCode(1, 0, c, 8, tariff), .quantity(unit),
        "\(description) in tariff \(tariff)")
    }
  }

  /// A metric for each phase: `power_import_l1_kw`, … Its code is `1-0:c.d.0` on phase L1, and 20
  /// more in `c` on each of the others.
  static func phases(
    _ stem: String, _ c: UInt8, _ d: UInt8, _ form: Metric.Form, _ description: String
  ) -> [Metric] {
    (UInt8(0)..<3).map { phase in
      let suffix = if case .quantity(let unit) = form { "_\(unit.suffix)" } else { "" }
      return Metric(
        "\(stem)_l\(phase + 1)\(suffix)", OBISCode(1, 0, c + 20 * phase, d, 0), form,
        "\(description) on phase L\(phase + 1)")
    }
  }
}
