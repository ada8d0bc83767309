/// The names of other tools for the metrics.
///
/// A row is for a code or, for a sub-meter, for a code and what the sub-meter measures. `-` means
/// that a tool has no name.
enum NameTable {
  /// The line of a telegram that a name is for.
  enum Line: Hashable {
    case main(OBISCode)
    /// A line of a sub-meter, with channel 0 in place of any channel.
    case submeter(OBISCode)
  }

  struct Row {
    let line: Line
    /// What the sub-meter measures; nil for any.
    var kind: SubmeterKind?
    let names: [NameSet: String]
    /// Other names for some kinds of meter.
    var exceptions: [Naming: String] = [:]

    func name(in naming: Naming) -> String? {
      guard let name = exceptions[naming] ?? names[naming.set], name != "-" else { return nil }
      return name
    }

    /// This row with another name for some kinds of meter.
    func but(_ set: NameSet, _ meters: MeterKind..., name: String) -> Row {
      var row = self
      for meter in meters { row.exceptions[Naming(set, meter)] = name }
      return row
    }

    /// All names in the row.
    var allNames: [String] { (Array(names.values) + exceptions.values).filter { $0 != "-" } }
  }

  static let rowsByCode = Dictionary(grouping: rows, by: \.line)

  /// The names of a metric in all sets.
  static func names(of metric: Metric) -> [String] {
    let line = metric.isOfSubmeter ? Line.submeter(metric.code) : .main(metric.code)
    return (rowsByCode[line] ?? []).flatMap(\.allNames)
  }

  /// The name for the time of a reading, by the name of the reading.
  static let timeNames = ["extra_device_delivered": "extra_device_timestamp"]

  // MARK: - Rows

  private static let rows: [Row] =
    identity + energy + power + phases + supply + messages + submeters

  private static let identity = [
    row(OBISCode(1, 3, 0, 2, 8), "dsmr_version", "P1_MESSAGE_HEADER", "p1_version", "dsmr_version"),
    row(OBISCode(0, 0, 96, 1, 4), "-", "BELGIUM_VERSION_INFORMATION", "p1_version_be", "-"),
    row(OBISCode(0, 0, 1, 0, 0), "timestamp", "P1_MESSAGE_TIMESTAMP", "timestamp", "timestamp"),
    row(OBISCode(0, 0, 96, 1, 1), "serial", "EQUIPMENT_IDENTIFIER", "equipment_id", "-")
      .but(.dsmrParser, .belgian, name: "BELGIUM_EQUIPMENT_IDENTIFIER"),
    row(OBISCode(0, 0, 42, 0, 0), "-", "LUXEMBOURG_EQUIPMENT_IDENTIFIER", "-", "-"),
    row(OBISCode(0, 0, 96, 1, 0), "-", "EQUIPMENT_IDENTIFIER_GAS", "-", "-")
      .but(.dsmrParser, .hungarian, name: "EQUIPMENT_SERIAL_NUMBER"),
  ]

  private static let energy =
    [
      row(
        OBISCode(1, 0, 1, 8, 0), "-", "ELECTRICITY_IMPORTED_TOTAL", "energy_delivered_lux", "-"
      ).but(.dsmrReader, .totals, name: "electricity_delivered_1"),
      row(
        OBISCode(1, 0, 2, 8, 0), "-", "ELECTRICITY_EXPORTED_TOTAL", "energy_returned_lux", "-"
      ).but(.dsmrReader, .totals, name: "electricity_returned_1"),
      row(
        OBISCode(1, 0, 3, 8, 0), "-", "ELECTRICITY_REACTIVE_IMPORTED_TOTAL",
        "total_imported_energy", "-"),
      row(
        OBISCode(1, 0, 4, 8, 0), "-", "ELECTRICITY_REACTIVE_EXPORTED_TOTAL",
        "total_exported_energy", "-"),
      row(
        OBISCode(0, 0, 96, 14, 0), "tariff_indicator", "ELECTRICITY_ACTIVE_TARIFF",
        "electricity_tariff", "electricity_tariff"),
    ]
    + numbered(
      1...2, { OBISCode(1, 0, 1, 8, $0) }, "power_consumed_tariff_#_kwh",
      "ELECTRICITY_USED_TARIFF_#", "energy_delivered_tariff#", "electricity_delivered_#"
    ).map { $0.but(.dsmrReader, .totals, name: "-") }
    + numbered(
      1...2, { OBISCode(1, 0, 2, 8, $0) }, "power_produced_tariff_#_kwh",
      "ELECTRICITY_DELIVERED_TARIFF_#", "energy_returned_tariff#", "electricity_returned_#"
    ).map { $0.but(.dsmrReader, .totals, name: "-") }
    + numbered(
      3...4, { OBISCode(1, 0, 1, 8, $0) }, "-", "ELECTRICITY_USED_TARIFF_#",
      "energy_delivered_tariff#", "-")
    + numbered(
      3...4, { OBISCode(1, 0, 2, 8, $0) }, "-", "ELECTRICITY_DELIVERED_TARIFF_#",
      "energy_returned_tariff#", "-")
    + numbered(
      1...2, { OBISCode(1, 0, 3, 8, $0) }, "-", "ELECTRICITY_REACTIVE_IMPORTED_TARIFF_#",
      "reactive_energy_delivered_tariff#", "-")
    + numbered(
      1...2, { OBISCode(1, 0, 4, 8, $0) }, "-", "ELECTRICITY_REACTIVE_EXPORTED_TARIFF_#",
      "reactive_energy_returned_tariff#", "-")

  private static let power = [
    row(
      OBISCode(1, 0, 1, 7, 0), "power_consumed_kw", "CURRENT_ELECTRICITY_USAGE",
      "power_delivered", "electricity_currently_delivered"
    ).but(.classic, .beforeDSMR5, name: "power_consumed_watts"),
    row(
      OBISCode(1, 0, 2, 7, 0), "power_produced_kw", "CURRENT_ELECTRICITY_DELIVERY",
      "power_returned", "electricity_currently_returned"
    ).but(.classic, .beforeDSMR5, name: "power_produced_watts"),
    row(
      OBISCode(1, 0, 3, 7, 0), "-", "CURRENT_REACTIVE_IMPORTED", "reactive_power_delivered", "-"),
    row(
      OBISCode(1, 0, 4, 7, 0), "-", "CURRENT_REACTIVE_EXPORTED", "reactive_power_returned", "-"),
    row(
      OBISCode(1, 0, 9, 7, 0), "-", "MSN_INSTANTANEOUS_APPARENT_POWER_POSITIVE",
      "apparent_delivery_power", "-"),
    row(
      OBISCode(1, 0, 10, 7, 0), "-", "MSN_INSTANTANEOUS_APPARENT_POWER_NEGATIVE",
      "apparent_return_power", "-"),
    row(
      OBISCode(1, 0, 13, 7, 0), "-", "INSTANTANEOUS_POWER_FACTOR_TOTAL", "power_factor", "-"),
    row(
      OBISCode(1, 0, 1, 4, 0), "-", "BELGIUM_CURRENT_AVERAGE_DEMAND",
      "active_energy_import_current_average_demand", "-"),
    row(
      OBISCode(1, 0, 1, 6, 0), "-", "BELGIUM_MAXIMUM_DEMAND_MONTH",
      "active_energy_import_maximum_demand_running_month", "-"),
    row(
      OBISCode(0, 0, 98, 1, 0), "-", "BELGIUM_MAXIMUM_DEMAND_13_MONTHS",
      "active_energy_import_maximum_demand_last_13_months", "-"),
  ]

  private static let phases =
    phase(
      32, 7, "voltage_l#_v", "INSTANTANEOUS_VOLTAGE_L#", "voltage_l#", "phase_voltage_l#")
    + phase(
      31, 7, "power_consumed_l#_a", "INSTANTANEOUS_CURRENT_L#", "current_l#",
      "phase_power_current_l#", classicBefore5: "power_consumed_amps")
    + phase(
      21, 7, "current_watts_consumed_l#_kw", "INSTANTANEOUS_ACTIVE_POWER_L#_POSITIVE",
      "power_delivered_l#", "phase_currently_delivered_l#",
      classicBefore5: "current_watts_consumed")
    + phase(
      22, 7, "current_watts_generated_l#_kw", "INSTANTANEOUS_ACTIVE_POWER_L#_NEGATIVE",
      "power_returned_l#", "phase_currently_returned_l#",
      classicBefore5: "current_watts_generated")
    + phase(
      23, 7, "-", "INSTANTANEOUS_REACTIVE_POWER_L#_POSITIVE", "reactive_power_delivered_l#", "-")
    + phase(
      24, 7, "-", "INSTANTANEOUS_REACTIVE_POWER_L#_NEGATIVE", "reactive_power_returned_l#", "-")
    + phase(29, 7, "-", "-", "apparent_delivery_power_l#", "-")
    + phase(30, 7, "-", "-", "apparent_return_power_l#", "-")
    + phase(33, 7, "-", "INSTANTANEOUS_POWER_FACTOR_L#", "power_factor_l#", "-")
    + phase(31, 4, "-", "FUSE_THRESHOLD_L#", "current_fuse_l#", "-")
    + phase(
      32, 32, "voltage_sags_l#", "VOLTAGE_SAG_L#_COUNT", "electricity_sags_l#",
      "voltage_sag_count_l#", classicBefore5: "voltage_sags_P1")
    + phase(
      32, 36, "voltage_swells_l#", "VOLTAGE_SWELL_L#_COUNT", "electricity_swells_l#",
      "voltage_swell_count_l#", classicBefore5: "voltage_swells_p1")

  private static let supply = [
    row(OBISCode(1, 0, 14, 7, 0), "-", "FREQUENCY", "frequency", "-"),
    row(
      OBISCode(0, 0, 17, 0, 0), "-", "ACTUAL_TRESHOLD_ELECTRICITY", "electricity_threshold", "-"),
    row(
      OBISCode(0, 0, 96, 3, 10), "-", "ACTUAL_SWITCH_POSITION", "electricity_switch_position",
      "-"),
    row(
      OBISCode(0, 0, 96, 7, 21), "any_power_failures", "SHORT_POWER_FAILURE_COUNT",
      "electricity_failures", "power_failure_count"),
    row(
      OBISCode(0, 0, 96, 7, 9), "long_power_failures", "LONG_POWER_FAILURE_COUNT",
      "electricity_long_failures", "long_power_failure_count"),
    row(
      OBISCode(1, 0, 99, 97, 0), "power_failure_event_log", "POWER_EVENT_FAILURE_LOG",
      "electricity_failure_log", "-"),
  ]

  /// The classic set has one name for both messages; it is given to the longer one.
  private static let messages =
    [
      row(OBISCode(0, 0, 96, 13, 1), "-", "TEXT_MESSAGE_CODE", "message_short", "-"),
      row(OBISCode(0, 0, 96, 13, 0), "text_message", "TEXT_MESSAGE", "message_long", "-"),
    ]
    + numbered(2...5, { OBISCode(0, 0, 96, 13, $0) }, "-", "MSN_TEXT_MESSAGE_#", "-", "-")

  /// DSMR-reader reads one sub-meter, of gas or heat, and the classic set only gas.
  private static let submeters: [Row] = SubmeterKind.allCases.flatMap { kind in
    let isGas = kind == .gas
    func row(
      _ code: OBISCode, _ classic: String, _ parser: String, _ esphome: String, _ reader: String,
      parserBefore5: String
    ) -> Row {
      let names: [NameSet: String] = [
        .classic: isGas ? classic : "-", .dsmrParser: parser,
        .esphome: esphome.replacing("#", with: kind.rawValue),
        .dsmrReader: isGas || kind == .thermal ? reader : "-",
      ]
      return Row(line: .submeter(code), kind: kind, names: names)
        .but(.dsmrParser, .beforeDSMR5, name: parserBefore5)
    }
    return [
      row(
        OBISCode(0, 0, 24, 1, 0), "device_type", "MBUS_DEVICE_TYPE", "#_device_type", "-",
        parserBefore5: "DEVICE_TYPE"),
      row(
        OBISCode(0, 0, 96, 1, 0), "serial_gas", "MBUS_EQUIPMENT_IDENTIFIER", "#_equipment_id",
        "-", parserBefore5: "EQUIPMENT_IDENTIFIER_GAS"),
      row(
        OBISCode(0, 0, 96, 1, 1), "serial_gas", "MBUS_EQUIPMENT_IDENTIFIER",
        "#_equipment_id\(isGas ? "_be" : "")", "-", parserBefore5: "EQUIPMENT_IDENTIFIER_GAS"),
      row(
        OBISCode(0, 0, 24, 2, 1), "consumed_gas", "MBUS_METER_READING", "#_delivered",
        "extra_device_delivered",
        parserBefore5: isGas ? "HOURLY_GAS_METER_READING" : "MBUS_METER_READING"),
      row(
        OBISCode(0, 0, 24, 2, 3), "-", "MBUS_METER_READING",
        "#_delivered\(isGas ? "_be" : "")", "extra_device_delivered",
        parserBefore5: "MBUS_METER_READING"),
      row(
        OBISCode(0, 0, 24, 3, 0), "-", isGas ? "GAS_METER_READING" : "-",
        isGas ? "gas_delivered_text" : "-", "extra_device_delivered",
        parserBefore5: isGas ? "GAS_METER_READING" : "-"),
      row(
        OBISCode(0, 0, 24, 4, 0), "-", "MBUS_VALVE_POSITION", "#_valve_position", "-",
        parserBefore5: "VALVE_POSITION_GAS"),
    ]
  }

  // MARK: - Families of rows

  private static func row(
    _ code: OBISCode, _ classic: String, _ parser: String, _ esphome: String, _ reader: String
  ) -> Row {
    Row(
      line: .main(code),
      names: [.classic: classic, .dsmrParser: parser, .esphome: esphome, .dsmrReader: reader])
  }

  /// A row for each number, which replaces `#` in the names.
  private static func numbered(
    _ numbers: ClosedRange<UInt8>, _ code: (UInt8) -> OBISCode, _ classic: String,
    _ parser: String, _ esphome: String, _ reader: String
  ) -> [Row] {
    numbers.map { number in
      func name(_ pattern: String) -> String { pattern.replacing("#", with: "\(number)") }
      return row(code(number), name(classic), name(parser), name(esphome), name(reader))
    }
  }

  /// A row for each phase. `classicBefore5` is the only classic name for meters before DSMR 5, if
  /// it differs; it is for phase L1.
  private static func phase(
    _ c: UInt8, _ d: UInt8, _ classic: String, _ parser: String, _ esphome: String,
    _ reader: String, classicBefore5: String? = nil
  ) -> [Row] {
    let rows = numbered(
      1...3, { OBISCode(1, 0, c + 20 * ($0 - 1), d, 0) }, classic, parser, esphome, reader)
    guard let classicBefore5 else { return rows }
    return rows.enumerated().map { phase, row in
      row.but(.classic, .beforeDSMR5, name: phase == 0 ? classicBefore5 : "-")
    }
  }
}
