import Metrics
import Testing

@testable import p1mqtt

/// What Home Assistant is told of a metric by its name.
@Suite struct SensorKindTests {
  @Test(arguments: [
    ("energy_import_tariff1_kwh", "kWh energy total_increasing"),
    ("power_import_l1_kw", "kW power measurement"), ("voltage_l1_v", "V voltage measurement"),
    ("current_l2_a", "A current measurement"), ("frequency_hz", "Hz frequency measurement"),
    ("gas_m3", "m³ gas total_increasing"), ("water_m3", "m³ water total_increasing"),
    ("submeter_volume_m3", "m³ volume total_increasing"),
    // Heat is no gas.
    ("heat_gj", "GJ energy total_increasing"), ("cooling_gj", "GJ energy total_increasing"),
    ("energy_reactive_import_kvarh", "kvarh - total_increasing"),
    ("power_reactive_import_kvar", "kvar - measurement"),
    ("power_apparent_import_kva", "kVA - measurement"),
    ("power_factor_l1", "- power_factor measurement"), ("tariff", "- - -"),
    ("power_failures", "- - total_increasing"), ("voltage_sags_l1", "- - total_increasing"),
    ("grid_configuration", "- - -"), ("current_transformer_ratio", "- - -"),
    ("timestamp", "- timestamp -"), ("message", "- - -"),
    ("voltage_sag_duration_l1_seconds", "s duration measurement"),
    // Other names for the same.
    ("power_consumed_tariff_1_kwh", "kWh energy total_increasing"),
    ("CURRENT_ELECTRICITY_USAGE", "kW power measurement"),
    ("energy_delivered_tariff1", "kWh energy total_increasing"),
    ("phase_voltage_l1", "V voltage measurement"), ("consumed_gas", "m³ gas total_increasing"),
    ("1-0:1.8.1", "kWh energy total_increasing"), ("1-0:32.7.0", "V voltage measurement"),
    // Those of a specification file, whose names carry a unit.
    ("solar_power_w", "W power measurement"), ("candy_kwh", "kWh energy total_increasing"),
    ("pool_water_m3", "m³ water total_increasing"), ("candies", "- - -"),
    ("candies_a_day", "- - -"),
    // What --extremes adds.
    ("power_import_max_kw", "kW power measurement"),
  ])
  func aNameTellsUnitAndClasses(_ name: String, _ expected: String) {
    let kind = SensorKind(name)
    let found = [kind.unit, kind.deviceClass, kind.stateClass].map { $0 ?? "-" }
    #expect(found.joined(separator: " ") == expected)
  }

  @Test(arguments: [
    ("energy_import_tariff1_kwh", "Energy import T1"),
    ("gas_m3", "Gas"), ("breaker_state", "Breaker"),
    ("1-0:1.8.1", "Energy import T1"),
    ("cotton_candies_consumed", "Cotton candies consumed"),
    ("power_import_max_kw", "Power import max"),
    ("timestamp", "Last reading"),
    ("power_limit_kva", "Power limit"),
    ("meter_status", "Meter status"),
  ])
  func aNameIsInPlainWords(_ name: String, _ expected: String) {
    #expect(SensorKind(name).name == expected)
  }

  @Test func whatTellsOfTheMeterIsDiagnostic() {
    let diagnostic = [
      "timestamp", "p1_version", "power_failures", "voltage_swells_l3", "fuse_limit_a",
    ]
    for name in diagnostic { #expect(SensorKind(name).isDiagnostic, "\(name)") }
    for name in ["power_import_kw", "gas_m3", "tariff", "voltage_l1_v", "candies"] {
      #expect(!SensorKind(name).isDiagnostic, "\(name)")
    }
  }

  /// A total that is 0 would be taken for a new meter.
  @Test func totalsAreNeverZero() {
    #expect(SensorKind("gas_m3").values == .total)
    #expect(SensorKind("energy_import_kwh").values == .total)
    #expect(SensorKind("power_failures").values == .number)
    #expect(SensorKind("power_import_kw").values == .number)
    #expect(SensorKind("message").values == .text)
    #expect(SensorKind("candies").values == .text)
  }

  @Test func everyMetricHasAName() {
    for metric in MetricTable.main + MetricTable.submeter {
      let name = SensorKind(metric.name).name
      #expect(!name.isEmpty && !name.hasSuffix(" ") && name.count < 100, "\(metric.name): \(name)")
    }
  }
}
