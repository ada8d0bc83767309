import CommandLine
import Foundation
import Records
import Testing

@testable import p1mqtt

/// What Home Assistant is told of the metrics, and when, with a message for each metric.
@Suite struct DiscoveryTests {
  private static let telegram =
    "timestamp=2026-01-01T00:00:00Z meter=E1 power_import_kw=1 energy_import_kwh=2"

  @Test func eachMetricIsAnnouncedOnce() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    let topics = messages(&discovery).map(\.topic)
    #expect(
      topics == [
        "homeassistant/sensor/p1_E1/timestamp/config",
        "homeassistant/sensor/p1_E1/power_import_kw/config",
        "homeassistant/sensor/p1_E1/energy_import_kwh/config",
      ])
    try see(Self.telegram, &discovery)
    #expect(messages(&discovery).isEmpty)
    try see(Self.telegram + " voltage_l1_v=230", &discovery)
    #expect(
      messages(&discovery).map(\.topic) == ["homeassistant/sensor/p1_E1/voltage_l1_v/config"])
  }

  @Test func aSubmeterIsADeviceBehindItsMeter() throws {
    var discovery = try discovery()
    try see("meter=E1 power_import_kw=1", &discovery)
    try see("meter=G1 channel=1 gas_m3=1", &discovery)
    try see("channel=2 water_m3=1", &discovery)
    try see("meter=G2 channel=3 gas_m3=1", below: "dsmr/channel3", &discovery)
    let sensors = try messages(&discovery).map(sensor)
    let devices = sensors.map { $0["device"] as? [String: Any] ?? [:] }
    #expect(
      devices.map { $0["name"] as? String } == [
        "Electricity meter", "Gas meter", "Water meter", "Gas meter G2",
      ])
    #expect(
      devices.map { ($0["identifiers"] as? [String])?.first } == [
        "p1_E1", "p1_G1", "p1_E1_channel2", "p1_G2",
      ])
    #expect(
      devices.map { $0["via_device"] as? String } == [nil, "p1_E1", "p1_E1", "p1_E1"])
    #expect(devices.map { $0["serial_number"] as? String } == ["E1", "G1", nil, "G2"])
    #expect(sensors.map { $0["unique_id"] as? String }.last == "p1_G2_gas_m3")
  }

  /// With --every, the record of a sub-meter may be the first that is published.
  @Test func identityDoesNotDependOnTheOrder() throws {
    var discovery = try discovery()
    try noteTelegram("meter=E1 power_import_kw=1", "channel=2", to: &discovery)
    try see("channel=2 water_m3=1", &discovery)
    try see("meter=G1 channel=1 gas_m3=1", &discovery)
    #expect(messages(&discovery).isEmpty)
    try see("meter=E1 power_import_kw=1", &discovery)
    let devices = try messages(&discovery).map(sensor).map { $0["device"] as? [String: Any] ?? [:] }
    let ids = devices.map { ($0["identifiers"] as? [String])?.first }
    #expect(ids.first == "p1_E1" && Set(ids) == ["p1_E1", "p1_E1_channel2", "p1_G1"])
    #expect(devices.dropFirst().allSatisfy { $0["via_device"] as? String == "p1_E1" })
    // If there is no other record, the sub-meter has to do without.
    discovery = try self.discovery()
    try noteTelegram("meter=E1 power_import_kw=1", to: &discovery)
    try see("meter=G1 channel=1 gas_m3=1", &discovery)
    discovery.endInput()
    #expect(messages(&discovery).count == 1)
  }

  /// With --every, the records of a period arrive after the first telegrams of the next one.
  @Test func aSubmeterIsBehindTheMeterOfItsTelegram() throws {
    var discovery = try discovery()
    try noteTelegram("meter=E1", "meter=G1 channel=1", "channel=2", to: &discovery)
    try noteTelegram("meter=E2", "meter=G2 channel=1", to: &discovery)
    let texts =
      ["meter=E1 tariff=1", "meter=E2 tariff=1"] + [
        "meter=G1 channel=1 gas_m3=1", "channel=2 water_m3=1", "meter=G2 channel=1 gas_m3=1",
      ]
    for text in texts {
      let record = try Record.fields(text)
      discovery.noteRecord(record.sensorValues { "dsmr/\(text)/\($0)" }, of: MeterKey(record))
    }
    let devices = try messages(&discovery).map(sensor).map { $0["device"] as? [String: Any] ?? [:] }
    #expect(
      devices.map { ($0["identifiers"] as? [String])?.first } == [
        "p1_E1", "p1_E2", "p1_G1", "p1_E1_channel2", "p1_G2",
      ])
    #expect(
      devices.map { $0["via_device"] as? String } == [nil, nil, "p1_E1", "p1_E1", "p1_E2"])
  }

  /// Home Assistant rejects a device that is behind itself.
  @Test func aSubmeterMayHaveTheNumberOfItsMeter() throws {
    var discovery = try discovery()
    try see("meter=E1 power_import_kw=1", &discovery)
    try see("meter=E1 channel=1 gas_m3=1", &discovery)
    let device = try messages(&discovery).map(sensor).last?["device"] as? [String: Any]
    #expect((device?["identifiers"] as? [String]) == ["p1_E1_channel1"])
    #expect(device?["via_device"] as? String == "p1_E1")
  }

  /// Home Assistant shows as many decimals as the meter sends.
  @Test func decimalsAreThoseOfTheMeter() throws {
    var discovery = try discovery()
    try see("meter=E1 voltage_l1_v=231.9 power_import_kw=2.769 current_l1_a=4 tariff=2", &discovery)
    let sensors = try messages(&discovery).map(sensor)
    #expect(sensors.map { $0["suggested_display_precision"] as? Int } == [1, 3, 0, nil])
    try see("meter=E1 current_l1_a=4.12", &discovery)
    let finer = try messages(&discovery).map(sensor)
    #expect(finer.first?["suggested_display_precision"] as? Int == 2)
  }

  /// A silent meter has no values; one that is replayed has no interval.
  @Test func sensorsExpireByTheIntervalOfAMeter() throws {
    var discovery = try discovery()
    let now = ContinuousClock.now
    var last: Message?
    func arrive(_ text: String, every seconds: Int) throws -> [Any?] {
      for number in 0..<6 {
        let record = try Record.fields(text)
        discovery.noteTelegram([record])
        try see(text, &discovery)
        _ = discovery.noteArrival(of: MeterKey(record), at: now + .seconds(number * seconds))
      }
      let sent = messages(&discovery)
      last = sent.last
      return try sent.map(sensor).map { $0["expire_after"] }
    }
    let live = try arrive("timestamp=\(Timestamp.now) meter=E1 power_import_kw=1", every: 10)
    #expect(live.count == 2 && live.allSatisfy { $0 as? Int == 120 })
    let slow = try arrive("timestamp=\(Timestamp.now) meter=E1 power_import_kw=1", every: 300)
    #expect(slow.allSatisfy { $0 as? Int == 1800 } && slow.count == 2)
    // An earlier run has measured it.
    let earlier = try #require(last)
    var next = try self.discovery()
    try see("timestamp=\(Timestamp.now) meter=E1 power_import_kw=1", &next)
    _ = next.receive(topic: earlier.topic, earlier.payload, isRetained: true)
    #expect(try messages(&next).map(sensor).allSatisfy { $0["expire_after"] as? Int == 1800 })
    let replay = try arrive("timestamp=2026-01-01T00:00:00Z meter=E1 power_import_kw=1", every: 0)
    #expect(replay.count == 2 && replay.allSatisfy { $0 == nil })
  }

  /// Home Assistant shows a sensor as unavailable for a moment if the expiry changes.
  @Test(arguments: [(0, 120), (10, 120), (300, 1800)])
  func theFirstExpiryIsThatOfTheSettings(_ period: Int, _ expiry: Int) throws {
    var discovery = try Discovery(
      "homeassistant", PublishSettings(Settings { _ in nil }), period: period, capacity: 1 << 20)
    try see("timestamp=\(Timestamp.now) meter=E1 power_import_kw=1", &discovery)
    let text = try #require(
      messages(&discovery).first.map { String(decoding: $0.payload, as: UTF8.self) })
    #expect(text.matches(of: /"expire_after":(\d+)/).map(\.1) == ["\(expiry)", "\(expiry)"])
  }

  @Test(arguments: [
    ("power_import_kw=0 power_export_kw=1.234", "-1.234"),
    ("power_import_kw=0.5 power_export_kw=0.000", "0.500"),
    ("power_import_kw=1 power_export_kw=0 power_net_kw=7", "7"), ("power_import_kw=1", nil),
  ])
  func netPowerIsASensorOfItsOwn(_ text: String, _ expected: String?) throws {
    var net: [String] = []
    try Record.fields(text).addingNetPower().forEachField { key, value in
      if key == "power_net_kw" { net.append(String(decoding: [UInt8](value), as: UTF8.self)) }
    }
    #expect(net == (expected.map { [$0] } ?? []))
  }

  /// What hardly anybody looks at is not recorded, and codes are words.
  @Test func whatASensorShows() throws {
    var discovery = try discovery()
    try see(
      "timestamp=2026-01-01T00:00:00Z meter=E1 breaker_state=1 tariff=2 power_import_kw=1",
      &discovery)
    let sensors = try messages(&discovery).map(sensor)
    #expect(sensors.map { $0["enabled_by_default"] as? Bool } == [false, nil, nil, nil])
    #expect(
      sensors.map { $0["value_template"] as? String } == [
        "{{ value or None }}",
        "{{ {'0': 'disconnected', '1': 'connected', '2': 'ready for reconnection'}"
          + ".get(value, value or None) }}",
        "{{ 'tariff ' ~ value if value else None }}", nil,
      ])
    #expect(
      sensors.map { $0["icon"] as? String }
        == [nil, "mdi:electric-switch", "mdi:theme-light-dark", nil])
  }

  /// A meter without a number is told from others by the prefix.
  @Test func aMeterWithoutANumberHasThePrefix() throws {
    var discovery = try discovery(["MQTT_TOPIC_PREFIX": "home/p1"])
    try see("cotton_candies_consumed=10", below: "home/p1", &discovery)
    let sensor = try #require(try messages(&discovery).map(sensor).first)
    #expect(sensor["unique_id"] as? String == "p1_home-2Fp1_cotton_candies_consumed")
    #expect(sensor["state_topic"] as? String == "home/p1/cotton_candies_consumed")
    #expect(sensor["name"] as? String == "Cotton candies consumed")
    #expect(sensor["availability_topic"] as? String == "home/p1/status")
    #expect((sensor["device"] as? [String: Any])?["name"] as? String == "Electricity meter home")
  }

  @Test func allIsToldAgainWhenHomeAssistantIsBack() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    let all = messages(&discovery)
    let status = "homeassistant/status"
    for (payload, isRetained) in [("offline", false), ("online", true)] {
      let isBack = discovery.receive(
        topic: status, [UInt8](payload.utf8), isRetained: isRetained)
      #expect(!isBack)
      #expect(discovery.isEmpty)
    }
    let isBack = discovery.receive(topic: status, [UInt8]("online".utf8), isRetained: false)
    #expect(isBack)
    #expect(messages(&discovery).map(\.topic).sorted() == all.map(\.topic).sorted())
  }

  @Test func aMetricThatComesNoMoreIsWithdrawn() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    _ = messages(&discovery)
    for _ in 0..<3600 { try see("meter=E1 power_import_kw=1", &discovery) }
    #expect(messages(&discovery).filter(\.payload.isEmpty).isEmpty)
    try see("meter=E1 power_import_kw=1", &discovery)
    let removals = messages(&discovery)
    #expect(
      removals.map(\.topic).sorted() == [
        "homeassistant/sensor/p1_E1/energy_import_kwh/config",
        "homeassistant/sensor/p1_E1/timestamp/config",
      ])
    #expect(removals.allSatisfy { $0.payload.isEmpty && $0.isRetained })
    // It may come back.
    try see(Self.telegram, &discovery)
    #expect(messages(&discovery).count == 2)
  }

  /// A Norwegian meter sends the energy once an hour: that sensor stays, and does not expire with the others.
  @Test func aMetricThatComesOnceAnHourStays() throws {
    var discovery = try discovery()
    var now = ContinuousClock.now
    func arrive(_ record: String) throws -> Bool {
      try see(record, &discovery)
      now += .milliseconds(2500)
      return discovery.noteArrival(of: try MeterKey(Record.fields(record)), at: now)
    }
    for hour in 0..<2 {
      #expect(try !arrive(Self.telegram))
      // Home Assistant forgets the values of what is announced again.
      #expect(try arrive("meter=E1 power_import_kw=1") == (hour == 0))
      for _ in 0..<1500 { #expect(try !arrive("meter=E1 power_import_kw=1")) }
    }
    let announced = messages(&discovery)
    #expect(announced.filter(\.payload.isEmpty).isEmpty)
    for (metric, expires) in [("energy_import_kwh", false), ("power_import_kw", true)] {
      let last = try #require(announced.last { $0.topic.contains("/\(metric)/") })
      #expect((try sensor(last)["expire_after"] != nil) == expires, "\(metric)")
    }
  }

  /// What the broker still has of an earlier run is withdrawn as well, if it does not come.
  @Test func aMetricOfAnEarlierRunIsWithdrawn() throws {
    var discovery = try discovery()
    let names = ["power_import_kw", "gone_kw"]
    for metric in names { try remember(metric, of: "p1_E1", "dsmr/\(metric)", &discovery) }
    // Another process announces the same meter, and something else has nothing to do with us.
    try remember("other_kw", of: "p1_E1", "attic/other_kw", &discovery)
    _ = discovery.receive(
      topic: "homeassistant/sensor/p1_E1/x/config", Array("{}".utf8), isRetained: true)
    for _ in 0..<3601 { try see(Self.telegram, &discovery) }
    let removals = messages(&discovery).filter(\.payload.isEmpty)
    #expect(removals.map(\.topic) == ["homeassistant/sensor/p1_E1/gone_kw/config"])
    for _ in 0..<200 { try see(Self.telegram, &discovery) }
    #expect(messages(&discovery).isEmpty)
  }

  /// Else both would have the values of the new one, of which Home Assistant books the difference.
  @Test func aMeterThatWasReplacedIsWithdrawn() throws {
    var discovery = try discovery()
    try remember("power_import_kw", of: "p1_E0", "dsmr/power_import_kw", &discovery)
    try see(Self.telegram, &discovery)
    #expect(
      messages(&discovery).filter(\.payload.isEmpty).map(\.topic) == [
        "homeassistant/sensor/p1_E0/power_import_kw/config"
      ])
    // The same in one run.
    try see(Self.telegram.replacing("E1", with: "E2"), &discovery)
    let sent = messages(&discovery)
    let removals = sent.filter(\.payload.isEmpty)
    #expect(
      removals.map(\.topic).sorted()
        == ["energy_import_kwh", "power_import_kw", "timestamp"].map {
          "homeassistant/sensor/p1_E1/\($0)/config"
        })
    // Home Assistant continues the statistics of an id of an entity, which it makes of the name. The name stays.
    func name(_ message: Message) throws -> String? {
      (try sensor(message)["device"] as? [String: Any])?["name"] as? String
    }
    let successor = try #require(sent.first { !$0.payload.isEmpty })
    #expect(try name(successor) == "Electricity meter E2")
    var next = try self.discovery()
    try see(Self.telegram.replacing("E1", with: "E2"), &next)
    _ = next.receive(topic: successor.topic, successor.payload, isRetained: true)
    #expect(try messages(&next).map(name).allSatisfy { $0 == "Electricity meter E2" })
  }

  @Test func aSubmeterThatIsGoneIsWithdrawn() throws {
    var discovery = try discovery()
    try see("meter=E1 power_import_kw=1", &discovery)
    try see("meter=G1 channel=1 gas_m3=1", &discovery)
    _ = messages(&discovery)
    for _ in 0..<3600 { try see("meter=E1 power_import_kw=1", &discovery) }
    #expect(messages(&discovery).filter(\.payload.isEmpty).isEmpty)
    try see("meter=E1 power_import_kw=1", &discovery)
    let removals = messages(&discovery)
    #expect(removals.map(\.topic) == ["homeassistant/sensor/p1_G1/gas_m3/config"])
    #expect(removals.allSatisfy { $0.payload.isEmpty })
  }

  /// One that an earlier run has announced, too; those of another meter stay.
  @Test func aSubmeterOfAnEarlierRunIsWithdrawn() throws {
    var discovery = try discovery()
    for (meter, gas, prefix) in [
      ("E1", "G1", "dsmr"), ("E1", "G2", "attic"), ("E1", "G4", "dsmr/live"), ("E3", "G3", "dsmr"),
    ] {
      var earlier = try self.discovery(["MQTT_TOPIC_PREFIX": prefix])
      try see("meter=\(meter) power_import_kw=1", below: "\(prefix)/\(meter)", &earlier)
      try see("meter=\(gas) channel=1 gas_m3=1", below: "\(prefix)/\(meter)", &earlier)
      for message in messages(&earlier) {
        _ = discovery.receive(topic: message.topic, message.payload, isRetained: true)
      }
    }
    for _ in 0..<3600 { try see("meter=E1 power_import_kw=1", &discovery) }
    #expect(messages(&discovery).allSatisfy { !$0.payload.isEmpty })
    for _ in 0..<3 { try see("meter=E1 power_import_kw=1", &discovery) }
    let removals = messages(&discovery)
    #expect(removals.map(\.topic) == ["homeassistant/sensor/p1_G1/gas_m3/config"])
    #expect(removals.allSatisfy { $0.payload.isEmpty })
  }

  /// Each is behind its own meter, however much longer another one is there.
  @Test func theSubmeterOfASecondMeterStays() throws {
    var discovery = try discovery()
    for _ in 0..<4000 { try see("meter=E1 power_import_kw=1", &discovery) }
    _ = messages(&discovery)
    for round in 0..<3 {
      try see("meter=E1 power_import_kw=1", &discovery)
      try see("meter=E2 power_import_kw=1", below: "dsmr/E2", &discovery)
      try see("meter=G2 channel=1 gas_m3=1", &discovery)
      let told = messages(&discovery)
      #expect(told.count == (round == 0 ? 2 : 0), "\(told.map(\.topic))")
      #expect(told.allSatisfy { !$0.payload.isEmpty })
    }
    for _ in 0..<3601 { try see("meter=E2 power_import_kw=1", below: "dsmr/E2", &discovery) }
    #expect(
      messages(&discovery).map(\.topic) == ["homeassistant/sensor/p1_G2/gas_m3/config"])
  }

  /// While nobody can be told, what comes and goes does not add up.
  @Test func whatWaitsIsBounded() throws {
    var discovery = try discovery()
    for round in 0..<120 {
      let metrics = (0..<100).map { "m\(round)_\($0)=1" }.joined(separator: " ")
      for _ in 0..<62 { try see("meter=E1 \(metrics)", &discovery) }
    }
    #expect(messages(&discovery).count <= 10_000)
  }

  @Test func aTopicThatMovesIsToldAgain() throws {
    var discovery = try discovery()
    let origin = MeterKey(try Record.fields("meter=E1"))
    discovery.noteRecord([SensorValue("a", "dsmr/a", [])], of: origin)
    _ = messages(&discovery)
    discovery.noteRecord([SensorValue("a", "dsmr/E1/a", [])], of: origin)
    let moved = try messages(&discovery).map(sensor)
    #expect(moved.map { $0["state_topic"] as? String } == ["dsmr/E1/a"])
  }

  /// A hostile input has more meters and metrics than memory.
  @Test func metersAndMetricsAreBounded() throws {
    var discovery = try discovery()
    for number in 0..<10_000 {
      try see("meter=E\(number) a=1", below: "dsmr/E\(number)", &discovery)
      // It is never silent.
      try see("meter=E0 a=1", below: "dsmr/E0", &discovery)
    }
    #expect(discovery.forgottenMeterCount > 5000)
    let told = messages(&discovery).map(\.topic)
    #expect(told.first == "homeassistant/sensor/p1_E0/a/config")
    #expect(told.last == "homeassistant/sensor/p1_E9999/a/config")
    #expect(told.count == 10_000 - discovery.forgottenMeterCount)
    let metrics = (0..<2000).map { "m\($0)=1" }.joined(separator: " ")
    try see("meter=E0 \(metrics)", &discovery)
    // The new ones, and the first one, which the last record lacks.
    #expect(messages(&discovery).count == 999 + 1)
  }
}

extension DiscoveryTests {
  private func discovery(_ settings: [String: String] = [:]) throws -> Discovery {
    let settings = settings.merging(["MQTT_HOMEASSISTANT_DISCOVERY": "component"]) { $1 }
    return try Discovery(
      "homeassistant", PublishSettings(Settings { settings[$0] }), capacity: 1 << 20)
  }

  /// A record comes, whose values go to `PREFIX/METRIC`.
  private func see(
    _ text: String, below place: String = "dsmr", _ discovery: inout Discovery
  ) throws {
    let record = try Record.fields(text)
    if record.timestamp == nil { discovery.noteTelegram([record]) }
    discovery.noteRecord(record.sensorValues { "\(place)/\($0)" }, of: MeterKey(record))
  }

  private func noteTelegram(_ texts: String..., to discovery: inout Discovery) throws {
    discovery.noteTelegram(try texts.map { try Record.fields($0) })
  }

  /// The broker has something of an earlier run.
  private func remember(
    _ metric: String, of device: String, _ state: String, _ discovery: inout Discovery
  ) throws {
    let text = #"{"name":"x","state_topic":"\#(state)","origin":{"name":"p1mqtt"}}"#
    _ = discovery.receive(
      topic: "homeassistant/sensor/\(device)/\(metric)/config", Array(text.utf8),
      isRetained: true)
  }

  private func messages(_ discovery: inout Discovery) -> [Message] {
    var messages: [Message] = []
    while let message = discovery.takeMessage(at: .now) { messages.append(message) }
    return messages
  }

  private func sensor(_ message: Message) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(message.payload)) as? [String: Any])
  }
}
