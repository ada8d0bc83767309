import CommandLine
import Foundation
import Records
import Testing

@testable import p1mqtt

/// What Home Assistant is told with a message for each device, and how the two forms replace each other.
@Suite struct DeviceDiscoveryTests {
  private static let telegram = "meter=E1 power_import_kw=1 energy_import_kwh=2"
  private static let topic = "homeassistant/device/p1_E1/config"

  @Test func aDeviceHasOneMessage() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    try see("meter=7FLO2112000001 channel=1 gas_m3=1", &discovery)
    let sent = messages(&discovery)
    #expect(
      sent.map(\.topic) == [Self.topic, "homeassistant/device/p1_7FLO2112000001/config"])
    let (meter, gas) = (try object(sent[0]), try object(sent[1]))
    let announced = try ids(sent[0])
    #expect(announced == ["energy_import_kwh", "power_import_kw"])
    #expect(meter["availability_topic"] as? String == "dsmr/status")
    #expect((meter["origin"] as? [String: Any])?["name"] as? String == "p1mqtt")
    let device = try #require(gas["device"] as? [String: Any])
    #expect(device["via_device"] as? String == "p1_E1")
    #expect(device["manufacturer"] as? String == "Flonidan")
    let power = try #require(
      (meter["components"] as? [String: [String: Any]])?["power_import_kw"])
    #expect(power["platform"] as? String == "sensor")
    #expect(power["unique_id"] as? String == "p1_E1_power_import_kw")
    #expect(power["state_topic"] as? String == "dsmr/power_import_kw")
    // The message of the device says it.
    #expect(power["device"] == nil && power["availability_topic"] == nil)
  }

  @Test(
    arguments: [
      (#"ISk5\\2M550T-1012"#, "Iskraemeco", "M550T-1012"),
      ("KFM5KAIFA-METER", "Kaifa", "KAIFA-METER"),
      (#"Ene5\\T210-D ESMR5.0"#, "Sagemcom", "T210-D ESMR5.0"),
      ("XMX5LGBBFFB231314239", "Landis+Gyr", "LGBBFFB231314239"), ("KAM5", "Kamstrup", nil),
      ("ABC5X", nil, "X"), ("/", nil, nil),
    ] as [(String, String?, String?)])
  func theHeaderTellsTheModel(_ header: String, _ name: String?, _ model: String?) throws {
    var discovery = try discovery()
    try see("\(Self.telegram) identification=\(header.replacing(" ", with: #"\x20"#))", &discovery)
    let sent = try #require(messages(&discovery).first)
    let device = try #require(try object(sent)["device"] as? [String: Any])
    #expect(device["manufacturer"] as? String == name)
    #expect(device["model"] as? String == model)
    let announced = try ids(sent)
    #expect(announced == ["energy_import_kwh", "power_import_kw"])
    discovery.advance(at: .now + .seconds(5))
    try see("\(Self.telegram) identification=\(header.replacing(" ", with: #"\x20"#))", &discovery)
    #expect(messages(&discovery).isEmpty)
  }

  /// Home Assistant drops a change of a device while it still adds the sensors of the previous one.
  @Test func changesWaitUntilHomeAssistantHasTakenTheLast() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    #expect(messages(&discovery).count == 1)
    #expect(discovery.isEmpty)
    for metric in ["voltage_l1_v", "voltage_l2_v"] { try see("meter=E1 \(metric)=2", &discovery) }
    #expect(messages(&discovery).isEmpty)
    #expect(!discovery.isEmpty)
    discovery.advance(at: .now + .seconds(5))
    let sent = messages(&discovery)
    let counts = try sent.map { try ids($0).count }
    #expect(counts == [4])
    #expect(sent.allSatisfy { $0.isChange })
    discovery.advance(at: .now + .seconds(5))
    #expect(discovery.isEmpty)
  }

  @Test func aMetricThatComesNoMoreIsWithdrawn() throws {
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    _ = messages(&discovery)
    discovery.advance(at: .now + .seconds(5))
    for _ in 0..<3601 { try see("meter=E1 power_import_kw=1", &discovery) }
    let withdrawal = try #require(messages(&discovery).last)
    let components = try #require(
      try object(withdrawal)["components"] as? [String: [String: Any]])
    #expect(components["energy_import_kwh"] as? [String: String] == ["platform": "sensor"])
    #expect(components["power_import_kw"]?.count ?? 0 > 1)
  }

  /// With its last sensor a device goes.
  @Test func aMeterThatWasReplacedIsWithdrawn() throws {
    var earlier = try discovery()
    try see("meter=E0 power_import_kw=1 energy_import_kwh=2", &earlier)
    var discovery = try discovery()
    try receive(messages(&earlier), &discovery)
    try see("meter=E1 power_import_kw=1", &discovery)
    var sent = messages(&discovery)
    let old = try #require(sent.first)
    #expect(old.topic == "homeassistant/device/p1_E0/config")
    let components = try #require(try object(old)["components"] as? [String: [String: Any]])
    #expect(components["power_import_kw"] as? [String: String] == ["platform": "sensor"])
    #expect(components["energy_import_kwh"]?["state_topic"] as? String == "dsmr/energy_import_kwh")
    discovery.advance(at: .now + .seconds(5))
    try see("meter=E1 power_import_kw=1 energy_import_kwh=3", &discovery)
    sent = messages(&discovery)
    #expect(sent.first?.payload == [])
    #expect(sent.first?.topic == "homeassistant/device/p1_E0/config")
    // In one run.
    discovery.advance(at: .now + .seconds(5))
    try see("meter=E2 power_import_kw=1 energy_import_kwh=3", &discovery)
    #expect(messages(&discovery).first { $0.payload.isEmpty }?.topic == Self.topic)
  }

  /// Home Assistant would book the difference of the two meters as consumption.
  @Test func theRetainedValueOfAReplacedMeterIsDeleted() throws {
    var first = try discovery(retains: true)
    try see("meter=E0 energy_import_kwh=9", &first)
    let old = messages(&first)
    var discovery = try discovery(retains: true)
    try receive(old, &discovery)
    for meter in ["E1", "E2"] {
      try see("meter=\(meter) energy_import_kwh=1", &discovery)
      let sent = messages(&discovery)
      #expect(sent.first?.topic == "dsmr/energy_import_kwh")
      #expect(sent.first.map { $0.payload.isEmpty && $0.isRetained && $0.isChange } == true)
      #expect(sent.filter { $0.topic.hasPrefix("dsmr/") }.count == 1)
      discovery.advance(at: .now + .seconds(5))
    }
  }

  /// Another process may read the meter now.
  @Test func aMeterWithoutSensorsIsNotWithdrawnAgain() throws {
    var discovery = try discovery()
    try see("meter=E1 power_import_kw=1", &discovery)
    try see("meter=E2 power_import_kw=1", &discovery)
    #expect(messages(&discovery).map(\.payload.isEmpty) == [true, false])
    discovery.repeatAll()
    #expect(messages(&discovery).map(\.topic) == ["homeassistant/device/p1_E2/config"])
  }

  /// All values of a record may have one topic.
  @Test func aTopicOfManySensorsMayGetAnotherMeter() throws {
    var discovery = try discovery()
    try see("meter=E1 power_import_kw=1 energy_import_kwh=1", to: "dsmr/all", &discovery)
    for _ in 0..<3601 { try see("meter=E1 energy_import_kwh=1", to: "dsmr/all", &discovery) }
    try see("meter=E2 power_import_kw=1", to: "dsmr/all", &discovery)
    #expect(messages(&discovery).first { $0.payload.isEmpty }?.topic == Self.topic)
  }

  /// A metric that is rare stays, and one that is gone does not.
  @Test func theSensorsOfAnEarlierRunGoOn() throws {
    var earlier = try discovery()
    try see("\(Self.telegram) a-b.c_kw=1", &earlier)
    var discovery = try discovery()
    try receive(messages(&earlier), &discovery)
    try see("meter=E1 power_import_kw=1", &discovery)
    let first = try #require(messages(&discovery).last)
    let firstIDs = try ids(first)
    #expect(firstIDs.count == 3)
    #expect(String(decoding: first.payload, as: UTF8.self).contains("dsmr/a-b.c_kw"))
    for _ in 0..<3601 { try see("meter=E1 power_import_kw=1", &discovery) }
    discovery.advance(at: .now + .seconds(5))
    let last = try #require(messages(&discovery).last)
    let lastIDs = try ids(last)
    #expect(lastIDs == ["power_import_kw"])
    // The broker sends it again after another connection.
    try receive([first], &discovery)
    #expect(messages(&discovery).isEmpty)
  }

  /// Home Assistant keeps a sensor whose message it is told to release, and takes it from another one.
  @Test func messagesOfMetricsBecomeThoseOfDevices() throws {
    var earlier = try discovery(form: "component")
    try see(Self.telegram, &earlier)
    let old = messages(&earlier)
    var discovery = try discovery()
    try see(Self.telegram, &discovery)
    try receive(old, &discovery)
    let topics = old.map(\.topic).sorted()
    let releases = messages(&discovery)
    #expect(releases.map(\.topic).sorted() == topics)
    #expect(
      releases.allSatisfy {
        $0.payload == Array(#"{"migrate_discovery":true}"#.utf8) && !$0.isRetained && $0.isChange
      })
    // Home Assistant has to have released them.
    try see("meter=E1 voltage_l1_v=1", &discovery)
    #expect(messages(&discovery).isEmpty && !discovery.isEmpty)
    discovery.advance(at: .now + .seconds(5))
    let sent = messages(&discovery)
    #expect(sent.map(\.topic) == sent.prefix(2).map(\.topic) + [Self.topic])
    #expect(sent.prefix(2).map(\.topic).sorted() == topics)
    #expect(sent.prefix(2).allSatisfy { $0.payload.isEmpty && $0.isRetained })
    let count = try sent.last.map { try ids($0).count }
    #expect(count == 3)
    discovery.advance(at: .now + .seconds(5))
    #expect(discovery.isEmpty)
  }

  /// The user may be allowed to publish to the topics of one form only.
  @Test(arguments: ["device", "component"])
  func nothingIsWithdrawnForWhatTheBrokerRejects(_ form: String) throws {
    var earlier = try discovery(form: form == "device" ? "component" : "device")
    try see(Self.telegram, &earlier)
    let old = messages(&earlier)
    var discovery = try discovery(form: form)
    try receive(old, &discovery)
    try see(Self.telegram, &discovery)
    let message = discovery.takeMessage(at: .now)
    let probe = try #require(message)
    let topic = form == "device" ? Self.topic : "homeassistant/sensor/p1_E1/probe/config"
    #expect(probe.topic == topic && !probe.isRetained)
    // Home Assistant adds no sensor for it, and removes none.
    if form == "device" {
      #expect(try ids(probe).isEmpty && !probe.payload.isEmpty)
    } else {
      #expect(probe.payload.isEmpty)
    }
    #expect(discovery.takeMessage(at: .now) == nil)
    try see("\(Self.telegram) voltage_l1_v=1", &discovery)
    #expect(discovery.takeMessage(at: .now) == nil && discovery.lostProbe == nil)
    // It does not come back.
    discovery.advance(at: .now + .seconds(5))
    #expect(discovery.takeMessage(at: .now) == nil && discovery.isEmpty)
    #expect(discovery.lostProbe == topic)
    // The next connection may be to another broker, or of another user.
    discovery.repeatAll()
    #expect(messages(&discovery).map(\.topic).sorted() == old.map(\.topic).sorted())
  }

  /// What cannot be replaced is counted.
  @Test func announcementsOfManyMetersStay() throws {
    var earlier = try discovery(form: "component")
    for number in 0..<200 {
      try see("meter=E\(number) power_import_kw=1", to: "\(number)", &earlier)
    }
    let old = messages(&earlier)
    #expect(old.count == 200)
    var discovery = try discovery(capacity: 1 << 16)
    try receive(old, &discovery)
    for number in 0..<200 {
      try see("meter=E\(number) power_import_kw=1", to: "\(number)", &discovery)
    }
    #expect(discovery.remainingCount == discovery.forgottenMeterCount)
    #expect((1..<200).contains(discovery.remainingCount))
  }

  @Test func messagesOfDevicesBecomeThoseOfMetrics() throws {
    var earlier = try discovery()
    try see(Self.telegram, &earlier)
    var discovery = try discovery(form: "component")
    try receive(messages(&earlier), &discovery)
    try see("meter=E1 power_import_kw=1", &discovery)
    #expect(messages(&discovery).map(\.topic) == [Self.topic])
    #expect(messages(&discovery).isEmpty)
    discovery.advance(at: .now + .seconds(5))
    let sent = messages(&discovery)
    #expect(
      sent.map(\.topic) == [
        Self.topic, "homeassistant/sensor/p1_E1/energy_import_kwh/config",
        "homeassistant/sensor/p1_E1/power_import_kw/config",
      ])
    #expect(sent.first?.payload == [])
    #expect(messages(&discovery).isEmpty)
  }
}

extension DeviceDiscoveryTests {
  private func discovery(
    form: String = "device", retains: Bool = false, capacity: Int = 1 << 20
  ) throws -> Discovery {
    let values = ["MQTT_HOMEASSISTANT_DISCOVERY": form, "MQTT_RETAIN": "\(retains)"]
    return try Discovery(
      "homeassistant", PublishSettings(Settings { values[$0] }), capacity: capacity)
  }

  private func see(
    _ text: String, to topic: String? = nil, _ discovery: inout Discovery
  ) throws {
    let record = try Record.fields(text)
    if record.timestamp == nil { discovery.noteTelegram([record]) }
    discovery.noteRecord(
      record.sensorValues { topic ?? "dsmr/\($0)" }, of: MeterKey(record))
  }

  private func receive(_ messages: [Message], _ discovery: inout Discovery) throws {
    for message in messages {
      _ = discovery.receive(topic: message.topic, message.payload, isRetained: true)
    }
  }

  /// What is published, without the probes, which come back.
  private func messages(_ discovery: inout Discovery) -> [Message] {
    var messages: [Message] = []
    while let message = discovery.takeMessage(at: .now) {
      if discovery.probes[message.topic] != nil {
        _ = discovery.receive(topic: message.topic, message.payload, isRetained: false)
      } else {
        messages.append(message)
      }
    }
    return messages
  }

  private func object(_ message: Message) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(message.payload)) as? [String: Any])
  }

  /// The ids of the sensors that are announced.
  private func ids(_ message: Message) throws -> [String] {
    let components = try #require(try object(message)["components"] as? [String: [String: Any]])
    return components.filter { $0.value["state_topic"] != nil }.keys.sorted()
  }
}

extension Message {
  fileprivate var isChange: Bool { if case .change = purpose { true } else { false } }
}
