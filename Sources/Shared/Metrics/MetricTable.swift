/// Every metric that a telegram's lines can hold: the one home of names, codes and descriptions.
///
/// The codes are those of the P1 companion standards (DSMR 2.2 to 5.0.2, the OBIS tables) and their
/// descendants; lookups are by ``metric(for:)``.
public enum MetricTable {
  /// The lines of the electricity meter itself.
  public static let main: [Metric] = [
    // The telegram and its meter
    Metric(
      "timestamp", OBISCode(0, 0, 1, 0, 0), .telegramTime,
      "Time of the telegram, by the meter's clock"),
    Metric("meter", OBISCode(0, 0, 96, 1, 1), .meterIdentifier, "Number of the electricity meter"),
    Metric(
      "p1_version", OBISCode(1, 3, 0, 2, 8), .number,
      "Version of the P1 port: 50 is DSMR 5.0"),
    Metric(
      "p1_version", OBISCode(0, 0, 96, 1, 4), .number,
      "Version of the P1 port, Belgian form: 50217 is eMUCS 1.7"),
    // Energy
    Metric(
      "energy_import_tariff1_kwh", OBISCode(1, 0, 1, 8, 1), .quantity(.kilowattHour),
      "Energy taken from the grid in tariff 1"),
    Metric(
      "energy_import_tariff2_kwh", OBISCode(1, 0, 1, 8, 2), .quantity(.kilowattHour),
      "Energy taken from the grid in tariff 2"),
    Metric(
      "energy_import_tariff3_kwh", OBISCode(1, 0, 1, 8, 3), .quantity(.kilowattHour),
      "Energy taken from the grid in tariff 3"),
    Metric(
      "energy_import_tariff4_kwh", OBISCode(1, 0, 1, 8, 4), .quantity(.kilowattHour),
      "Energy taken from the grid in tariff 4"),
    Metric(
      "energy_export_tariff1_kwh", OBISCode(1, 0, 2, 8, 1), .quantity(.kilowattHour),
      "Energy given to the grid in tariff 1"),
    Metric(
      "energy_export_tariff2_kwh", OBISCode(1, 0, 2, 8, 2), .quantity(.kilowattHour),
      "Energy given to the grid in tariff 2"),
    Metric(
      "energy_export_tariff3_kwh", OBISCode(1, 0, 2, 8, 3), .quantity(.kilowattHour),
      "Energy given to the grid in tariff 3"),
    Metric(
      "energy_export_tariff4_kwh", OBISCode(1, 0, 2, 8, 4), .quantity(.kilowattHour),
      "Energy given to the grid in tariff 4"),
    Metric(
      "energy_import_kwh", OBISCode(1, 0, 1, 8, 0), .quantity(.kilowattHour),
      "Energy taken from the grid, all tariffs"),
    Metric(
      "energy_export_kwh", OBISCode(1, 0, 2, 8, 0), .quantity(.kilowattHour),
      "Energy given to the grid, all tariffs"),
    Metric(
      "energy_reactive_import_kvarh", OBISCode(1, 0, 3, 8, 0), .quantity(.kilovarHour),
      "Reactive energy taken from the grid"),
    Metric(
      "energy_reactive_export_kvarh", OBISCode(1, 0, 4, 8, 0), .quantity(.kilovarHour),
      "Reactive energy given to the grid"),
    Metric(
      "energy_reactive_q1_kvarh", OBISCode(1, 0, 5, 8, 0), .quantity(.kilovarHour),
      "Reactive energy in quadrant 1"),
    Metric(
      "energy_reactive_q2_kvarh", OBISCode(1, 0, 6, 8, 0), .quantity(.kilovarHour),
      "Reactive energy in quadrant 2"),
    Metric(
      "energy_reactive_q3_kvarh", OBISCode(1, 0, 7, 8, 0), .quantity(.kilovarHour),
      "Reactive energy in quadrant 3"),
    Metric(
      "energy_reactive_q4_kvarh", OBISCode(1, 0, 8, 8, 0), .quantity(.kilovarHour),
      "Reactive energy in quadrant 4"),
    Metric("tariff", OBISCode(0, 0, 96, 14, 0), .number, "Tariff in force"),
    // Power
    Metric(
      "power_import_kw", OBISCode(1, 0, 1, 7, 0), .quantity(.kilowatt),
      "Power taken from the grid"),
    Metric(
      "power_export_kw", OBISCode(1, 0, 2, 7, 0), .quantity(.kilowatt),
      "Power given to the grid"),
    Metric(
      "power_reactive_import_kvar", OBISCode(1, 0, 3, 7, 0), .quantity(.kilovar),
      "Reactive power taken from the grid"),
    Metric(
      "power_reactive_export_kvar", OBISCode(1, 0, 4, 7, 0), .quantity(.kilovar),
      "Reactive power given to the grid"),
    Metric(
      "power_reactive_q1_kvar", OBISCode(1, 0, 5, 7, 0), .quantity(.kilovar),
      "Reactive power in quadrant 1"),
    Metric(
      "power_reactive_q2_kvar", OBISCode(1, 0, 6, 7, 0), .quantity(.kilovar),
      "Reactive power in quadrant 2"),
    Metric(
      "power_reactive_q3_kvar", OBISCode(1, 0, 7, 7, 0), .quantity(.kilovar),
      "Reactive power in quadrant 3"),
    Metric(
      "power_reactive_q4_kvar", OBISCode(1, 0, 8, 7, 0), .quantity(.kilovar),
      "Reactive power in quadrant 4"),
    Metric(
      "power_apparent_import_kva", OBISCode(1, 0, 9, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power taken from the grid"),
    Metric(
      "power_apparent_export_kva", OBISCode(1, 0, 10, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power given to the grid"),
    Metric(
      "power_import_l1_kw", OBISCode(1, 0, 21, 7, 0), .quantity(.kilowatt),
      "Power taken from the grid on phase L1"),
    Metric(
      "power_import_l2_kw", OBISCode(1, 0, 41, 7, 0), .quantity(.kilowatt),
      "Power taken from the grid on phase L2"),
    Metric(
      "power_import_l3_kw", OBISCode(1, 0, 61, 7, 0), .quantity(.kilowatt),
      "Power taken from the grid on phase L3"),
    Metric(
      "power_export_l1_kw", OBISCode(1, 0, 22, 7, 0), .quantity(.kilowatt),
      "Power given to the grid on phase L1"),
    Metric(
      "power_export_l2_kw", OBISCode(1, 0, 42, 7, 0), .quantity(.kilowatt),
      "Power given to the grid on phase L2"),
    Metric(
      "power_export_l3_kw", OBISCode(1, 0, 62, 7, 0), .quantity(.kilowatt),
      "Power given to the grid on phase L3"),
    Metric(
      "power_reactive_import_l1_kvar", OBISCode(1, 0, 23, 7, 0), .quantity(.kilovar),
      "Reactive power taken from the grid on phase L1"),
    Metric(
      "power_reactive_import_l2_kvar", OBISCode(1, 0, 43, 7, 0), .quantity(.kilovar),
      "Reactive power taken from the grid on phase L2"),
    Metric(
      "power_reactive_import_l3_kvar", OBISCode(1, 0, 63, 7, 0), .quantity(.kilovar),
      "Reactive power taken from the grid on phase L3"),
    Metric(
      "power_reactive_export_l1_kvar", OBISCode(1, 0, 24, 7, 0), .quantity(.kilovar),
      "Reactive power given to the grid on phase L1"),
    Metric(
      "power_reactive_export_l2_kvar", OBISCode(1, 0, 44, 7, 0), .quantity(.kilovar),
      "Reactive power given to the grid on phase L2"),
    Metric(
      "power_reactive_export_l3_kvar", OBISCode(1, 0, 64, 7, 0), .quantity(.kilovar),
      "Reactive power given to the grid on phase L3"),
    Metric(
      "power_apparent_import_l1_kva", OBISCode(1, 0, 29, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power taken from the grid on phase L1"),
    Metric(
      "power_apparent_import_l2_kva", OBISCode(1, 0, 49, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power taken from the grid on phase L2"),
    Metric(
      "power_apparent_import_l3_kva", OBISCode(1, 0, 69, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power taken from the grid on phase L3"),
    Metric(
      "power_apparent_export_l1_kva", OBISCode(1, 0, 30, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power given to the grid on phase L1"),
    Metric(
      "power_apparent_export_l2_kva", OBISCode(1, 0, 50, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power given to the grid on phase L2"),
    Metric(
      "power_apparent_export_l3_kva", OBISCode(1, 0, 70, 7, 0), .quantity(.kilovoltAmpere),
      "Apparent power given to the grid on phase L3"),
    Metric("power_factor", OBISCode(1, 0, 13, 7, 0), .number, "Power factor"),
    Metric("power_factor_l1", OBISCode(1, 0, 33, 7, 0), .number, "Power factor on phase L1"),
    Metric("power_factor_l2", OBISCode(1, 0, 53, 7, 0), .number, "Power factor on phase L2"),
    Metric("power_factor_l3", OBISCode(1, 0, 73, 7, 0), .number, "Power factor on phase L3"),
    Metric(
      "power_import_average_kw", OBISCode(1, 0, 1, 4, 0), .quantity(.kilowatt),
      "Mean power taken from the grid in this quarter of an hour"),
    // Voltage and current
    Metric("voltage_l1_v", OBISCode(1, 0, 32, 7, 0), .quantity(.volt), "Voltage on phase L1"),
    Metric("voltage_l2_v", OBISCode(1, 0, 52, 7, 0), .quantity(.volt), "Voltage on phase L2"),
    Metric("voltage_l3_v", OBISCode(1, 0, 72, 7, 0), .quantity(.volt), "Voltage on phase L3"),
    Metric(
      "current_l1_a", OBISCode(1, 0, 31, 7, 0), .quantity(.ampere),
      "Current on phase L1, without a sign"),
    Metric(
      "current_l2_a", OBISCode(1, 0, 51, 7, 0), .quantity(.ampere),
      "Current on phase L2, without a sign"),
    Metric(
      "current_l3_a", OBISCode(1, 0, 71, 7, 0), .quantity(.ampere),
      "Current on phase L3, without a sign"),
    Metric("frequency_hz", OBISCode(1, 0, 14, 7, 0), .quantity(.hertz), "Frequency of the grid"),
    // Limits and the breaker
    Metric(
      "fuse_limit_a", OBISCode(1, 0, 31, 4, 0), .quantity(.ampere),
      "Current at which the meter disconnects; 999 is never"),
    Metric(
      "power_limit_kw", OBISCode(0, 0, 17, 0, 0), .quantity(.kilowatt),
      "Power at which the meter disconnects; 999 is never"),
    Metric(
      "breaker_state", OBISCode(0, 0, 96, 3, 10), .number,
      "Breaker: 0 disconnected, 1 connected, 2 ready for reconnection"),
    // Quality of supply
    Metric("power_failures", OBISCode(0, 0, 96, 7, 21), .number, "Power failures on any phase"),
    Metric(
      "long_power_failures", OBISCode(0, 0, 96, 7, 9), .number,
      "Long power failures on any phase"),
    Metric(
      "power_failure_seconds", OBISCode(1, 0, 99, 97, 0), .failureLog,
      "Long power failures, each a record at its end (--history)"),
    Metric("voltage_sags_l1", OBISCode(1, 0, 32, 32, 0), .number, "Voltage sags on phase L1"),
    Metric("voltage_sags_l2", OBISCode(1, 0, 52, 32, 0), .number, "Voltage sags on phase L2"),
    Metric("voltage_sags_l3", OBISCode(1, 0, 72, 32, 0), .number, "Voltage sags on phase L3"),
    Metric("voltage_swells_l1", OBISCode(1, 0, 32, 36, 0), .number, "Voltage swells on phase L1"),
    Metric("voltage_swells_l2", OBISCode(1, 0, 52, 36, 0), .number, "Voltage swells on phase L2"),
    Metric("voltage_swells_l3", OBISCode(1, 0, 72, 36, 0), .number, "Voltage swells on phase L3"),
    // Messages of the grid operator
    Metric(
      "message_code", OBISCode(0, 0, 96, 13, 1), .text,
      "Message of the grid operator, as a number"),
    Metric("message", OBISCode(0, 0, 96, 13, 0), .text, "Message of the grid operator"),
  ]

  /// The lines of sub-meters on the M-Bus, on whatever channel (written 0 here).
  public static let submeter: [Metric] = [
    Metric(
      "submeter_type", OBISCode(0, 0, 24, 1, 0), .submeterType,
      "What the sub-meter measures: 3 gas, 7 water, 4 heat, 2 electricity"),
    Metric("meter", OBISCode(0, 0, 96, 1, 0), .submeterIdentifier, "Number of the sub-meter"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 2, 1), .submeterReading,
      "Reading of the sub-meter: gas_m3, water_m3, heat_gj, cooling_gj, submeter_energy_kwh"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 3, 0), .submeterProfile,
      "Reading of the sub-meter before DSMR 4"),
    Metric(
      "submeter", OBISCode(0, 0, 24, 3, 1), .submeterProfile,
      "Reading of the sub-meter before DSMR 4, of cold"),
    Metric(
      "valve_state", OBISCode(0, 0, 24, 4, 0), .number,
      "Valve: 0 disconnected, 1 connected, 2 ready for reconnection"),
  ]

  /// The metric that a line with this code holds, nil for a code that the table lacks.
  public static func metric(for code: OBISCode) -> Metric? {
    code.isSubmeter ? submeterByCode[code.onAnyChannel] : mainByCode[code]
  }

  /// Whether the metric of this name is text, whatever a single value of it looks like.
  public static func isText(_ name: Span<UInt8>) -> Bool {
    for text in textNames where text.count == name.count {
      var isSame = true
      for index in name.indices where text[index] != name[index] { isSame = false }
      if isSame { return true }
    }
    return false
  }

  private static let textNames = main.filter { $0.form == .text }.map { [UInt8]($0.name.utf8) }

  private static let mainByCode = byCode(main)
  private static let submeterByCode = byCode(submeter)

  private static func byCode(_ metrics: [Metric]) -> [OBISCode: Metric] {
    Dictionary(metrics.map { ($0.code, $0) }) { first, _ in first }
  }
}
