import Metrics
import Records
import TestValues
import Testing

@Suite struct MetricTableTests {
  private static let all = MetricTable.main + MetricTable.submeter

  @Test func everyCodeStandsOnceButWhereTheUnitOrTheValueTells() {
    let main = Dictionary(grouping: MetricTable.main, by: \.code).filter { $0.value.count > 1 }
    #expect(
      Set(main.keys.map(\.description)) == ["0-0:17.0.0", "1-1:31.4.0"])
    let limits = MetricTable.metrics(for: OBISCode(0, 0, 17, 0, 0))
    #expect(limits.map(\.name) == ["power_limit_kw", "power_limit_kva", "power_limit_a"])
    #expect(MetricTable.metrics(for: OBISCode(1, 0, 99, 99, 99)).isEmpty)
    #expect(Set(MetricTable.submeter.map(\.code)).count == MetricTable.submeter.count)
  }

  @Test func everyNameStandsOnceButThoseThatCodesShare() {
    let names = Dictionary(grouping: MetricTable.main, by: \.name).filter { $0.value.count > 1 }
    #expect(
      Set(names.keys) == [
        "timestamp", "p1_version", "device_address", "tariff", "power_import_month_peak_kw",
        "device_identifier", "serial_number", "meter_type",
      ])
    let ofSubmeters = Dictionary(grouping: MetricTable.submeter, by: \.name)
    #expect(
      Set(ofSubmeters.filter { $0.value.count > 1 }.keys) == ["meter", "submeter", "valve_state"])
    #expect(MetricTable.main.allSatisfy { !$0.isOfSubmeter })
    #expect(MetricTable.submeter.allSatisfy { $0.isOfSubmeter })
  }

  @Test(arguments: all.map(\.name))
  func nameIsAKey(_ name: String) {
    let isValid = RecordKey.isValid(name.bytes.span)
    #expect(isValid)
    #expect(name == name.lowercased())
  }

  @Test func nameEndsInItsUnit() {
    for metric in MetricTableTests.all {
      let units = MetricUnit.allCases.filter { metric.name.hasSuffix("_\($0.suffix)") }
      #expect(units == (metric.unit.map { [$0] } ?? []), "\(metric.name)")
    }
    for reading in SubmeterReading.allCases {
      #expect(reading.name.hasSuffix("_\(reading.unit.suffix)"))
    }
  }

  @Test func everyMetricIsDescribed() {
    for metric in MetricTableTests.all {
      #expect(!metric.description.isEmpty)
      #expect(!metric.description.contains("delivered"), "\(metric.name): to whom?")
      #expect(!metric.description.hasSuffix("."))
    }
  }

  @Test func everyMetricIsFoundByItsCode() {
    for metric in MetricTable.main {
      let found = MetricTable.metrics(for: metric.code)
      #expect(found.contains { $0.name == metric.name })
      #expect(MetricTable.metric(for: metric.code)?.name == found.first?.name)
    }
    for metric in MetricTable.submeter where metric.code.medium == 0 {
      for channel in UInt8(1)...4 {
        let code = OBISCode(
          0, channel, metric.code.quantity, UInt8(truncatingIfNeeded: metric.code.packed >> 16),
          UInt8(truncatingIfNeeded: metric.code.packed >> 8))
        #expect(MetricTable.metric(for: code)?.name == metric.name)
        #expect(MetricTable.metric(for: code)?.isOfSubmeter == true)
      }
    }
    #expect(MetricTable.metric(for: OBISCode(1, 0, 99, 99, 99)) == nil)
    #expect(MetricTable.metric(for: OBISCode(1, 2, 1, 8, 1)) == nil)
    #expect(MetricTable.metric(for: OBISCode(7, 1, 23, 1, 0)) == nil)
    #expect(MetricTable.metric(for: OBISCode(7, 0, 24, 2, 1)) == nil)
    #expect(MetricTable.metric(for: OBISCode(0, 1, 1, 0, 0)) == nil)
    #expect(MetricTable.metric(for: OBISCode(1, 0, 1, 8, 1, 0)) == nil)
  }

  /// The canonical names, each with its code.
  @Test(arguments: [
    ("1-0:1.8.1", "energy_import_tariff1_kwh"), ("1-0:1.8.2", "energy_import_tariff2_kwh"),
    ("1-0:1.8.3", "energy_import_tariff3_kwh"), ("1-0:1.8.4", "energy_import_tariff4_kwh"),
    ("1-0:2.8.1", "energy_export_tariff1_kwh"), ("1-0:2.8.2", "energy_export_tariff2_kwh"),
    ("1-0:2.8.3", "energy_export_tariff3_kwh"), ("1-0:2.8.4", "energy_export_tariff4_kwh"),
    ("1-0:1.8.0", "energy_import_kwh"), ("1-0:2.8.0", "energy_export_kwh"),
    ("1-0:3.8.0", "energy_reactive_import_kvarh"), ("1-0:4.8.0", "energy_reactive_export_kvarh"),
    ("1-0:5.8.0", "energy_reactive_q1_kvarh"), ("1-0:6.8.0", "energy_reactive_q2_kvarh"),
    ("1-0:7.8.0", "energy_reactive_q3_kvarh"), ("1-0:8.8.0", "energy_reactive_q4_kvarh"),
    ("0-0:96.14.0", "tariff"), ("1-0:1.7.0", "power_import_kw"), ("1-0:2.7.0", "power_export_kw"),
    ("1-0:3.7.0", "power_reactive_import_kvar"), ("1-0:4.7.0", "power_reactive_export_kvar"),
    ("1-0:9.7.0", "power_apparent_import_kva"), ("1-0:10.7.0", "power_apparent_export_kva"),
    ("1-0:21.7.0", "power_import_l1_kw"), ("1-0:41.7.0", "power_import_l2_kw"),
    ("1-0:61.7.0", "power_import_l3_kw"), ("1-0:22.7.0", "power_export_l1_kw"),
    ("1-0:42.7.0", "power_export_l2_kw"), ("1-0:62.7.0", "power_export_l3_kw"),
    ("1-0:23.7.0", "power_reactive_import_l1_kvar"),
    ("1-0:43.7.0", "power_reactive_import_l2_kvar"),
    ("1-0:63.7.0", "power_reactive_import_l3_kvar"),
    ("1-0:24.7.0", "power_reactive_export_l1_kvar"),
    ("1-0:44.7.0", "power_reactive_export_l2_kvar"),
    ("1-0:64.7.0", "power_reactive_export_l3_kvar"),
    ("1-0:32.7.0", "voltage_l1_v"), ("1-0:52.7.0", "voltage_l2_v"), ("1-0:72.7.0", "voltage_l3_v"),
    ("1-0:31.7.0", "current_l1_a"), ("1-0:51.7.0", "current_l2_a"), ("1-0:71.7.0", "current_l3_a"),
    ("1-0:13.7.0", "power_factor"), ("1-0:14.7.0", "frequency_hz"), ("1-0:31.4.0", "fuse_limit_a"),
    ("0-0:17.0.0", "power_limit_kw"), ("0-0:96.3.10", "breaker_state"),
    ("0-0:96.7.21", "power_failures"), ("0-0:96.7.9", "long_power_failures"),
    ("1-0:32.32.0", "voltage_sags_l1"), ("1-0:52.32.0", "voltage_sags_l2"),
    ("1-0:72.32.0", "voltage_sags_l3"), ("1-0:32.36.0", "voltage_swells_l1"),
    ("1-0:52.36.0", "voltage_swells_l2"), ("1-0:72.36.0", "voltage_swells_l3"),
    ("0-0:96.13.1", "message_code"), ("0-0:96.13.0", "message"),
    ("1-0:1.4.0", "power_import_average_kw"), ("1-3:0.2.8", "p1_version"),
    ("0-0:96.1.4", "p1_version"), ("0-0:1.0.0", "timestamp"), ("0-0:96.1.1", "meter"),
    ("0-1:96.1.0", "meter"), ("0-4:24.4.0", "valve_state"), ("0-1:96.1.1", "meter"),
    ("1-0:1.8.5", "energy_import_tariff5_kwh"), ("1-0:2.8.13", "energy_export_tariff13_kwh"),
    ("1-0:3.8.4", "energy_reactive_import_tariff4_kvarh"),
    ("1-0:15.8.0", "energy_absolute_kwh"), ("1-0:16.7.0", "power_net_kw"),
    ("1-0:76.7.0", "power_net_l3_kw"), ("1-0:1.6.0", "power_import_month_peak_kw"),
    ("0-0:98.1.0", "power_import_month_peak_kw"), ("1-0:99.97.0", "power_failure_seconds"),
    ("1-0:71.4.0", "fuse_limit_l3_a"), ("1-1:31.4.0", "current_import_limit_a"),
    ("0-3:96.3.10", "relay3_state"), ("1-0:72.34.0", "voltage_sag_magnitude_l3_v"),
    ("0-0:96.13.5", "message5"), ("0-0:96.1.2", "ean"), ("0-2:96.1.2", "ean"),
    ("0-0:96.1.255", "device_identifier"), ("7-0:24.4.0", "valve_state"),
    // Electricity on channel 1 is that on channel 0 if the table has no row for it.
    ("1-1:1.8.1", "energy_import_tariff1_kwh"), ("1-1:1.6.0", "power_import_month_peak_kw"),
    ("1-1:0.2.0", "firmware_channel1_version"),
  ])
  func codeHasItsCanonicalName(_ code: String, _ name: String) throws {
    let read = OBISCode(code.bytes.span)
    #expect(MetricTable.metric(for: try #require(read))?.name == name)
  }

  @Test(arguments: [
    (3 as UInt8?, MetricUnit.cubicMetre, "gas_m3" as String?), (nil, .cubicMetre, "gas_m3"),
    (7, .cubicMetre, "water_m3"), (6, .cubicMetre, "water_m3"), (4, .gigajoule, "heat_gj"),
    (12, .gigajoule, "heat_gj"), (10, .gigajoule, "cooling_gj"), (11, .gigajoule, "cooling_gj"),
    (2, .kilowattHour, "submeter_energy_kwh"), (nil, .gigajoule, "heat_gj"),
    (4, .cubicMetre, "submeter_volume_m3"), (4, .kilowattHour, "submeter_energy_kwh"),
    (13, .gigajoule, "heat_gj"), (3, .volt, nil), (nil, .ampere, nil),
  ])
  func submeterReadingIsNamedByItsKind(_ kind: UInt8?, _ unit: MetricUnit, _ name: String?) {
    #expect(SubmeterReading(kind: kind, unit: unit)?.name == name)
  }

  @Test func textIsKnownByItsName() {
    for metric in MetricTableTests.all {
      let isText = MetricTable.isText(metric.name.bytes.span)
      #expect(isText == metric.isText, "\(metric.name)")
    }
    for name in [
      "message", "message2", "ean", "serial_number", "meter_status", "0-0:96.13.0", "0-2:96.1.2",
    ] {
      let isText = MetricTable.isText(name.bytes.span)
      #expect(isText, "\(name)")
    }
    for name in [
      "", "messages", "messag", "Message", "p1_version", "tariff", "breaker_state", "1-0:1.7.0",
      "0-0:96.1.1", "0-0:",
    ] {
      let isText = MetricTable.isText(name.bytes.span)
      #expect(!isText, "\(name)")
    }
  }

  @Test func pastIsKnownByItsNameAndCode() {
    let past = [
      "power_failure_seconds", "power_import_month_peak_kw", "power_export_month_peak_tariff2_kw",
      "1-0:1.6.0", "1-1:1.6.0", "1-0:99.97.0",
    ]
    for name in past {
      let isOfThePast = MetricTable.isOfThePast(name.bytes.span)
      #expect(isOfThePast, "\(name)")
    }
    for name in ["power_import_kw", "1-0:1.7.0", "timestamp", "", "power_failures"] {
      let isOfThePast = MetricTable.isOfThePast(name.bytes.span)
      #expect(!isOfThePast, "\(name)")
    }
  }

  @Test(arguments: [
    // Canonical names.
    ("power_import_kw", true), ("power_export_l2_kw", true), ("power_reactive_import_kvar", true),
    ("voltage_l1_v", true), ("current_l3_a", true), ("frequency_hz", true), ("power_factor", true),
    ("energy_import_tariff1_kwh", false), ("energy_import_kwh", false), ("tariff", false),
    ("power_import_average_kw", false), ("power_import_month_peak_kw", false),
    ("power_limit_kw", false), ("fuse_limit_a", false), ("gas_m3", false), ("message", false),
    ("power_failures", false), ("voltage_sags_l1", false), ("breaker_state", false),
    ("timestamp", false), ("meter", false), ("channel", false),
    // Names of other tools.
    ("power_consumed_watts", true), ("CURRENT_ELECTRICITY_USAGE", true), ("power_delivered", true),
    ("electricity_currently_delivered", true), ("power_consumed_tariff_1_kwh", false),
    ("ELECTRICITY_USED_TARIFF_1", false), ("energy_delivered_tariff1", false),
    ("electricity_tariff", false),
    // Codes.
    ("1-0:1.7.0", true), ("1-0:32.7.0", true), ("1-1:31.7.0", true), ("1-0:1.8.1", false),
    ("1-0:31.4.0", false), ("0-1:24.2.1", false), ("0-0:17.0.0", false), ("1-0:99.7.0", true),
    // Unknown names.
    ("solar_kw", true), ("heat_pump_w", true), ("x_kvar", true), ("x_var", true), ("x_kva", true),
    ("x_va", true), ("x_v", true), ("x_a", true), ("x_hz", true), ("solar_kwh", false),
    ("x_m3", false), ("x_gj", false), ("kw", false), ("cotton_candies", false), ("", false),
    ("_kw", true), ("x_KW", false), ("mains", false),
  ])
  func instantaneousNamesAreKnown(_ name: String, _ expected: Bool) {
    let isInstantaneous = MetricTable.isInstantaneous(name.bytes.span)
    #expect(isInstantaneous == expected)
  }

  /// A metric is instantaneous by all of its names or by none.
  @Test(arguments: NameSet.allCases, MeterKind.allCases)
  func instantaneousByAllNamesOrNone(_ set: NameSet, _ meter: MeterKind) {
    for metric in MetricTable.main where !metric.isIdentity {
      let name = Naming(set, meter).key(of: metric, at: metric.code)
      let isInstantaneous = MetricTable.isInstantaneous(name.bytes.span)
      #expect(isInstantaneous == metric.isInstantaneous, "\(name)")
    }
  }
}
