import Metrics

/// What Home Assistant has to know of a metric, derived from the metric's name.
struct SensorKind {
  enum Values: Equatable {
    case number
    /// A counter, which has no state until it is above 0.
    case total
    case text
    /// A number that stands for words, which replace it.
    case state([String: String])
    /// The number of a tariff.
    case tariff
  }

  let name: String
  /// The unit as Home Assistant spells it; nil where there is none.
  let unit: String?
  let deviceClass: String?
  let stateClass: String?
  /// Whether it describes the meter, and not the consumption.
  let isDiagnostic: Bool
  /// Whether hardly anybody looks at it, so that Home Assistant shows and records it only if asked to.
  let isHidden: Bool
  /// The icon; nil where the device class has one.
  let icon: String?
  let values: Values

  /// Whether it is a number with a unit or a state class, which Home Assistant rounds.
  var isNumber: Bool { [.number, .total].contains(values) && (unit != nil || stateClass != nil) }

  /// - Parameter key: the name of the metric, in any set of names.
  init(_ key: String) {
    if let reading = SubmeterReading(rawValue: key) {
      self.init(SensorName.words(of: reading), Quantity(reading.unit, key))
    } else if let metric = MetricTable.metric(calledInAnySet: key) {
      let quantity = metric.unit.map { Quantity($0, key) } ?? Quantity(unitless: metric, key)
      self.init(
        SensorName.words(of: metric), quantity, metric.name,
        isDiagnostic: !MetricTable.isOfConsumption(metric), isText: metric.isText)
    } else {
      let quantity = Quantity(suffixOf: key)
      let unit = quantity == nil ? nil : key.split(separator: "_").last?.lowercased()
      self.init(
        SensorName.words(of: key, without: [unit]), quantity, isText: quantity == nil)
    }
  }

  private init(
    _ name: String, _ quantity: Quantity?, _ metric: String = "", isDiagnostic: Bool = false,
    isText: Bool = false
  ) {
    self.name = name
    unit = quantity.flatMap { $0.unit.isEmpty ? nil : $0.unit }
    deviceClass = quantity?.deviceClass
    stateClass = quantity?.stateClass
    self.isDiagnostic = isDiagnostic
    isHidden =
      metric == "timestamp"
      || ["voltage_sag", "voltage_swell"].contains(where: metric.hasPrefix)
      || ["version", "signature"].contains(where: metric.hasSuffix)
    icon = quantity?.deviceClass == nil ? SensorKind.icon(metric) : nil
    let isTotal = stateClass == Quantity.total && unit != nil
    values = SensorKind.words(metric) ?? (isText ? .text : isTotal ? .total : .number)
  }

  /// The words that the values of a metric stand for; nil where they are no codes.
  private static func words(_ metric: String) -> Values? {
    // DSMR 5.0.2, 6.12: the states of a breaker and of a valve.
    let states = ["0": "disconnected", "1": "connected", "2": "ready for reconnection"]
    switch metric {
    case "tariff": return .tariff
    case "breaker_state", "valve_state": return .state(states)
    case _ where metric.hasPrefix("relay"): return .state(["0": "open", "1": "closed"])
    default: return nil
    }
  }

  /// The name of an icon of Home Assistant (Material Design Icons).
  private static func icon(_ metric: String) -> String? {
    let icons = [
      ("tariff", "theme-light-dark"), ("breaker", "electric-switch"), ("relay", "electric-switch"),
      ("valve", "pipe-valve"), ("message", "message-text-outline"),
      ("power_failures", "transmission-tower-off"),
      ("long_power_failures", "transmission-tower-off"), ("voltage_s", "sine-wave"),
      ("energy_reactive", "flash-outline"), ("power_reactive", "flash-outline"),
      ("power_apparent", "flash-outline"),
    ]
    return icons.first { metric.hasPrefix($0.0) }.map { "mdi:\($0.1)" }
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
    if metric.name == "timestamp" {
      self.init("", "timestamp", nil)
    } else if metric.name.hasPrefix("power_factor") {
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
