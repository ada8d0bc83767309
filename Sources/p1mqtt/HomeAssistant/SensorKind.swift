import Metrics

/// What Home Assistant has to know of a metric, derived from the metric's name.
struct SensorKind {
  enum Values {
    case number
    /// A counter, which is published only if it is not 0.
    case total
    case text
  }

  /// A few plain words.
  let name: String
  /// The unit as Home Assistant spells it; nil where there is none.
  let unit: String?
  let deviceClass: String?
  let stateClass: String?
  /// Whether it describes the meter, and not the consumption.
  let isDiagnostic: Bool
  let values: Values

  /// - Parameter key: the name of the metric, in any set of names.
  init(_ key: String) {
    if key == "timestamp" {
      self.init("Time of the last reading", Quantity("", "timestamp", nil), isDiagnostic: true)
    } else if let reading = SubmeterReading(rawValue: key) {
      self.init(reading.description, Quantity(reading.unit, key))
    } else if let metric = MetricTable.metric(calledInAnySet: key) {
      let quantity = metric.unit.map { Quantity($0, key) } ?? Quantity(unitless: metric, key)
      // The rest of a description explains the values.
      let words = metric.description.prefix { !";:(".contains($0) }
      self.init(
        String(words), quantity, isDiagnostic: !MetricTable.isOfConsumption(metric),
        isText: metric.isText)
    } else {
      let words = key.map { "_.:-".contains($0) ? " " : String($0) }.joined()
      let quantity = Quantity(suffixOf: key)
      self.init(
        "\(words.prefix(1).uppercased())\(words.dropFirst())", quantity, isText: quantity == nil)
    }
  }

  private init(
    _ name: String, _ quantity: Quantity?, isDiagnostic: Bool = false, isText: Bool = false
  ) {
    var name = Substring(name)
    while name.hasSuffix(" ") { name = name.dropLast() }
    self.name = String(name)
    unit = quantity.flatMap { $0.unit.isEmpty ? nil : $0.unit }
    deviceClass = quantity?.deviceClass
    stateClass = quantity?.stateClass
    self.isDiagnostic = isDiagnostic
    let isTotal = stateClass == Quantity.total && unit != nil
    values = isText ? .text : isTotal ? .total : .number
  }
}

/// A quantity in the terms of Home Assistant.
private struct Quantity {
  let unit: String
  var deviceClass: String?
  var stateClass: String?

  static let total = "total_increasing"
  static let now = "measurement"

  init(_ unit: String, _ deviceClass: String?, _ stateClass: String?) {
    self.unit = unit
    self.deviceClass = deviceClass
    self.stateClass = stateClass
  }

  init(_ unit: MetricUnit, _ key: String) {
    self =
      switch unit {
      case .kilowattHour, .gigajoule: Quantity(unit.symbol, "energy", Quantity.total)
      case .kilowatt: Quantity(unit.symbol, "power", Quantity.now)
      // Older versions of Home Assistant have no class with this unit.
      case .kilovarHour: Quantity(unit.symbol, nil, Quantity.total)
      case .kilovar, .kilovoltAmpere: Quantity(unit.symbol, nil, Quantity.now)
      case .volt: Quantity(unit.symbol, "voltage", Quantity.now)
      case .ampere: Quantity(unit.symbol, "current", Quantity.now)
      case .hertz: Quantity(unit.symbol, "frequency", Quantity.now)
      case .cubicMetre: Quantity(unit.symbol, Quantity.volume(key), Quantity.total)
      case .second: Quantity(unit.symbol, "duration", Quantity.now)
      }
  }

  /// A metric without a unit in its name.
  init?(unitless metric: Metric, _ key: String) {
    if metric.name.hasPrefix("power_factor") {
      self.init("", "power_factor", Quantity.now)
    } else if metric.isSubmeterReading, Quantity.volume(key.lowercased()) != "volume" {
      self.init(MetricUnit.cubicMetre, key.lowercased())
    } else if metric.isCounter {
      self.init("", nil, Quantity.total)
    } else {
      return nil
    }
  }

  /// A metric that the table lacks, by the end of its name.
  init?(suffixOf key: String) {
    guard let underscore = key.lastIndex(of: "_") else { return nil }
    let suffix = key[key.index(after: underscore)...].lowercased()
    if let unit = MetricUnit(rawValue: suffix) {
      self.init(unit, key)
      return
    }
    switch suffix {
    case "w": self.init("W", "power", Quantity.now)
    case "wh": self.init("Wh", "energy", Quantity.total)
    case "mwh": self.init("MWh", "energy", Quantity.total)
    case "mj": self.init("MJ", "energy", Quantity.total)
    case "var": self.init("var", "reactive_power", Quantity.now)
    case "va": self.init("VA", "apparent_power", Quantity.now)
    case "s": self.init("s", "duration", Quantity.now)
    default: return nil
    }
  }

  private static func volume(_ key: String) -> String {
    ["gas", "water"].first { key.contains($0) } ?? "volume"
  }
}
