import Metrics
import TestValues
import Testing

/// The names that other tools have for the metrics.
@Suite struct NamingTests {
  private static let all = NameSet.allCases.flatMap { set in
    MeterKind.allCases.map { Naming(set, $0) }
  }

  /// A code and its metric.
  private static func line(_ code: String) throws -> (code: OBISCode, metric: Metric) {
    let spelled = OBISCode(code.bytes.span)
    let code = try #require(spelled)
    return (code, try #require(MetricTable.metric(for: code)))
  }

  /// No two codes of the electricity meter share a name, but for those that have one canonical
  /// name.
  @Test(arguments: all)
  func nameIsThatOfOneMetric(_ naming: Naming) {
    var metrics: [String: Metric] = [:]
    for metric in MetricTable.main where !metric.isIdentity {
      let key = naming.key(of: metric, at: metric.code)
      if let other = metrics[key] {
        #expect(
          other.name == metric.name || naming.set == .obis || other.code == metric.code, "\(key)")
      }
      metrics[key] = metric
    }
    for metric in MetricTable.main where metric.isIdentity {
      guard let key = naming.identityKey(of: metric, at: metric.code, type: nil) else { continue }
      let other = metrics[key]
      #expect(other == nil, "\(key)")
    }
  }

  /// Each line of a sub-meter of one kind has its own name.
  @Test(arguments: all, [nil, 2, 3, 4, 7, 99] as [UInt8?])
  func namesOfASubmeterDiffer(_ naming: Naming, _ type: UInt8?) {
    let type = type
    var keys: [String: OBISCode] = [:]
    for metric in MetricTable.submeter where metric.code.medium == 0 {
      let code = metric.code.onChannel(1)
      let isIdentity = metric.isIdentity || metric.form == .submeterType
      var key = isIdentity ? naming.identityKey(of: metric, at: code, type: type) : nil
      if metric.isSubmeterReading {
        guard
          let reading = SubmeterReading(kind: type, unit: .cubicMetre, isOfCold: metric.isOfCold)
        else { continue }
        key = naming.key(of: reading, in: metric, at: code)
        // Two forms of the same reading: the first one counts.
        if keys[key ?? ""].map({ $0.quantity == 24 && ($0.processing == 2 || $0.processing == 3) })
          ?? false
        {
          continue
        }
      } else if !isIdentity {
        key = naming.key(of: metric, at: code, type: type)
      }
      guard let key else { continue }
      // The number of a Belgian sub-meter is on a line that other meters do not have.
      let isOtherNumber = keys[key]?.quantity == 96 && code.quantity == 96
      #expect(keys[key] == nil || isOtherNumber, "\(key)")
      keys[key] = code
    }
  }

  @Test(arguments: [
    (NameSet.classic, MeterKind.dsmr5, "1-0:1.7.0", "power_consumed_kw"),
    (.classic, .beforeDSMR5, "1-0:1.7.0", "power_consumed_watts"),
    (.classic, .beforeDSMR5, "1-0:21.7.0", "current_watts_consumed"),
    (.classic, .beforeDSMR5, "1-0:41.7.0", "power_import_l2_kw"),
    (.classic, .dsmr5, "1-0:41.7.0", "current_watts_consumed_l2_kw"),
    (.classic, .beforeDSMR5, "1-0:31.7.0", "power_consumed_amps"),
    (.classic, .beforeDSMR5, "1-0:32.32.0", "voltage_sags_P1"),
    (.classic, .beforeDSMR5, "1-0:32.36.0", "voltage_swells_p1"),
    (.classic, .dsmr5, "1-0:72.36.0", "voltage_swells_l3"),
    (.classic, .dsmr5, "0-0:96.13.0", "text_message"),
    (.classic, .dsmr5, "0-0:96.13.1", "message_code"),
    (.classic, .dsmr5, "1-0:14.7.0", "frequency_hz"),
    (.esphome, .totals, "1-0:1.8.0", "energy_delivered_lux"),
    (.esphome, .dsmr5, "1-0:1.8.3", "energy_delivered_tariff3"),
    (.esphome, .dsmr5, "1-0:71.4.0", "current_fuse_l3"),
    (.esphome, .dsmr5, "0-0:17.0.0", "electricity_threshold"),
    (.dsmrReader, .totals, "1-0:1.8.0", "electricity_delivered_1"),
    (.dsmrReader, .hungarian, "1-0:1.8.0", "energy_import_kwh"),
    (.dsmrReader, .dsmr5, "1-0:1.8.2", "electricity_delivered_2"),
    (.dsmrReader, .dsmr5, "1-0:62.7.0", "phase_currently_returned_l3"),
    (.dsmrParser, .dsmr5, "1-0:61.7.0", "INSTANTANEOUS_ACTIVE_POWER_L3_POSITIVE"),
    (.dsmrParser, .dsmr5, "1-0:13.7.0", "INSTANTANEOUS_POWER_FACTOR_TOTAL"),
    (.dsmrParser, .dsmr5, "1-0:3.8.2", "ELECTRICITY_REACTIVE_IMPORTED_TARIFF_2"),
    (.dsmrParser, .dsmr5, "0-0:96.13.4", "MSN_TEXT_MESSAGE_4"),
    (.obis, .dsmr5, "1-0:1.7.0", "1-0:1.7.0"), (.canonical, .dsmr5, "1-0:1.7.0", "power_import_kw"),
  ])
  func metricHasTheNameOfTheSet(
    _ set: NameSet, _ meter: MeterKind, _ code: String, _ name: String
  ) throws {
    let (code, metric) = try Self.line(code)
    #expect(Naming(set, meter).key(of: metric, at: code) == name)
  }

  @Test(arguments: [
    (NameSet.classic, MeterKind.dsmr5, "0-0:96.1.1", nil as UInt8?, "serial" as String?),
    (.classic, .dsmr5, "0-1:96.1.0", 3, "serial_gas"), (.classic, .dsmr5, "0-1:96.1.0", 7, nil),
    (.classic, .dsmr5, "0-0:1.0.0", nil, nil), (.canonical, .dsmr5, "0-0:96.1.1", nil, nil),
    (.dsmrParser, .dsmr5, "0-0:96.1.1", nil, "EQUIPMENT_IDENTIFIER"),
    (.dsmrParser, .belgian, "0-0:96.1.1", nil, "BELGIUM_EQUIPMENT_IDENTIFIER"),
    (.dsmrParser, .hungarian, "0-0:96.1.0", nil, "EQUIPMENT_SERIAL_NUMBER"),
    (.dsmrParser, .dsmr5, "0-0:1.0.0", nil, "P1_MESSAGE_TIMESTAMP"),
    (.dsmrParser, .beforeDSMR5, "0-1:24.1.0", 3, "DEVICE_TYPE"),
    (.dsmrParser, .dsmr5, "0-1:24.1.0", 3, "MBUS_DEVICE_TYPE"),
    (.esphome, .dsmr5, "0-2:24.1.0", 7, "water_device_type"),
    (.esphome, .dsmr5, "0-2:24.1.0", 4, "thermal_device_type"),
    (.esphome, .belgian, "0-1:96.1.1", 3, "gas_equipment_id_be"),
    (.obis, .dsmr5, "0-1:24.1.0", 3, "0-1:24.1.0"), (.dsmrReader, .dsmr5, "0-1:24.1.0", 3, nil),
  ])
  func whatSaysWhoHasTheNameOfTheSet(
    _ set: NameSet, _ meter: MeterKind, _ code: String, _ type: UInt8?, _ name: String?
  ) throws {
    let (code, metric) = try Self.line(code)
    #expect(Naming(set, meter).identityKey(of: metric, at: code, type: type) == name)
  }

  @Test(arguments: [
    (NameSet.classic, SubmeterReading.gas, "0-1:24.2.1", "consumed_gas"),
    (.classic, .water, "0-1:24.2.1", "water_m3"), (.esphome, .gas, "0-1:24.2.1", "gas_delivered"),
    (.esphome, .gas, "0-1:24.2.3", "gas_delivered_be"),
    (.esphome, .gas, "0-1:24.3.0", "gas_delivered_text"),
    (.esphome, .heat, "0-1:24.2.1", "thermal_delivered"),
    (.esphome, .energy, "0-1:24.2.1", "sub_delivered"),
    (.esphome, .volume, "0-1:24.2.1", "submeter_volume_m3"),
    (.dsmrReader, .gas, "0-1:24.2.3", "extra_device_delivered"),
    (.dsmrReader, .water, "0-1:24.2.1", "water_m3"),
    (.dsmrParser, .gas, "0-1:24.2.1", "MBUS_METER_READING"),
    (.dsmrParser, .gas, "0-1:24.3.0", "GAS_METER_READING"),
    (.obis, .gas, "0-1:24.2.1", "0-1:24.2.1"),
  ])
  func readingHasTheNameOfTheSet(
    _ set: NameSet, _ reading: SubmeterReading, _ code: String, _ name: String
  ) throws {
    let (code, metric) = try Self.line(code)
    #expect(Naming(set).key(of: reading, in: metric, at: code) == name)
    if set == .dsmrParser, name == "MBUS_METER_READING" {
      let old = Naming(set, .beforeDSMR5).key(of: reading, in: metric, at: code)
      #expect(old == "HOURLY_GAS_METER_READING")
    }
  }

  @Test func headerHasANameInOneSet() {
    #expect(NameSet.allCases.filter { Naming($0).hasHeader } == [.esphome])
  }

  @Test func textAndThePastAreKnownByAnyName() {
    for (name, isText, isPast) in [
      ("TEXT_MESSAGE", true, false), ("message_long", true, false), ("serial", true, false),
      ("EQUIPMENT_IDENTIFIER", true, false), ("gas_equipment_id", true, false),
      ("BELGIUM_MAXIMUM_DEMAND_MONTH", false, true), ("electricity_failure_log", false, true),
      ("power_delivered", false, false), ("electricity_delivered_1", false, false),
    ] {
      let text = MetricTable.isText(name.bytes.span)
      let past = MetricTable.isOfThePast(name.bytes.span)
      #expect(text == isText && past == isPast, "\(name)")
    }
  }
}
