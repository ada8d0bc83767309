import Foundation
import Metrics
import TestSupport
import Testing

/// Home Assistant's own checks of the discovery messages of p1mqtt.
@Suite struct HomeAssistantDiscoveryTests {
  private let login = [
    "MQTT_BROKER": "127.0.0.1", "MQTT_USER": Login.standard.user,
    "MQTT_PASS": Login.standard.password,
  ]

  /// Records with all metrics, those of sub-meters, and unknown ones.
  @Test(arguments: ["value", "json"]) func allMetricsAreSensors(_ payload: String) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "ha\(payload)"
    let time = "timestamp=2026-11-23T10:00:00Z"
    let names = Set(MetricTable.main.filter { !$0.isIdentity && !$0.hasRecordOfItsOwn }.map(\.name))
    let main = names.sorted().map { name in
      "\(name)=\(MetricTable.metric(named: name)?.isText == true ? "text" : "1.5")\n"
    }.joined()
    let readings = SubmeterReading.allCases.enumerated().map { index, reading in
      "\(time)\nmeter=S/\(index)\nchannel=\(index + 1)\n\(reading.name)=12.345\nvalve_state=1\n\n"
    }
    let past = "\(time)\nmeter=E 1\npower_import_month_peak_kw=5.068\n\n"
    let others = "cotton_candies_consumed=10\nsolar_power_w=3\n1-0:1.8.9=4\n"
    let input = "\(time)\nmeter=E 1\n\(main)\(others)\n" + readings.joined() + past
    try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
      let program = Program(
        "p1mqtt",
        [
          "-q", "--port", "\(broker.port)", "--homeassistant=\(prefix)",
          "--homeassistant-discovery", "component", "--prefix", "\(prefix)/p1",
          "--payload", payload,
        ], environment: login)
      let result = try await program.run(input: input)
      #expect(result.status == .success)
      #expect(result.errorText == "")
      try await subscriber.wait(within: .seconds(20)) { $0.last?.text == "offline" }
      let configs = subscriber.messages.filter { $0.topic.hasSuffix("/config") }
      let submeters = 3 * readings.count
      let identities = 1
      #expect(configs.count == names.count + identities + 3 + submeters + 1)
      let values = Dictionary(
        grouping: subscriber.messages, by: \.topic
      ).mapValues { $0.map(\.text) }
      var messages: [DiscoveryMessage] = []
      for config in configs {
        let topic = try #require(try object(config.text)["state_topic"] as? String)
        let sent = try #require(values[topic], "\(topic)")
        messages.append(
          DiscoveryMessage(
            topic: config.topic, payload: config.text, values: sent, prefix: prefix))
      }
      for verdict in try await HomeAssistant.check(messages) {
        #expect(verdict.problems == [], "\(verdict.topic)")
        // Each sensor has a state.
        #expect(verdict.rendered.allSatisfy { !($0 ?? "").isEmpty }, "\(verdict.topic)")
      }
    }
  }

  /// One message has all sensors of a device, and takes the place of those of a run that announced each by itself.
  @Test func aDeviceHasOneMessage() async throws {
    let broker = try await Mosquitto.shared
    let prefix = "hadevice"
    let names = Set(MetricTable.main.filter { !$0.isIdentity && !$0.hasRecordOfItsOwn }.map(\.name))
    let values = names.sorted().map { "\($0)=1.5\n" }.joined()
    let input =
      "meter=E1\n\(values)cotton_candies_consumed=10\n\nmeter=G1\nchannel=1\ngas_m3=1\n\n"
    func run(_ form: String) async throws {
      let program = Program(
        "p1mqtt",
        [
          "-q", "--port", "\(broker.port)", "--homeassistant=\(prefix)",
          "--homeassistant-discovery", form, "--prefix", "\(prefix)/p1",
        ], environment: login)
      let result = try await program.run(input: input)
      #expect(result.status == .success)
    }
    func retained() async throws -> [MQTTMessage] {
      try await broker.client.subscribed(to: "\(prefix)/+/#") { subscriber in
        // Messages that are retained come before it.
        try await broker.client.publish("end", to: "\(prefix)/end/x")
        try await subscriber.wait { $0.last?.text == "end" }
        return subscriber.messages.filter { $0.topic.hasSuffix("/config") }
      }
    }
    try await run("component")
    #expect(try await retained().count > names.count)
    try await run("device")
    let devices = try await retained()
    #expect(
      devices.map(\.topic).sorted() == ["E1", "G1"].map { "\(prefix)/device/p1_\($0)/config" })
    let messages = devices.map {
      DiscoveryMessage(topic: $0.topic, payload: $0.text, values: [], prefix: prefix)
    }
    #expect(try await HomeAssistant.check(messages).map(\.problems) == [[], []])
    try await run("component")
    #expect(try await retained().allSatisfy { $0.topic.hasPrefix("\(prefix)/sensor/") })
  }

  /// After a total of 0, Home Assistant would count the whole next total as consumption.
  @Test(arguments: ["value", "json"]) func totalOfZeroIsNoState(_ payload: String) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "zero\(payload)"
    try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
      let program = Program(
        "p1mqtt",
        [
          "--port", "\(broker.port)", "--homeassistant=\(prefix)",
          "--homeassistant-discovery", "component", "--prefix", "\(prefix)/p1",
          "--payload", payload,
        ], environment: login)
      let input = "meter=E1\nenergy_export_kwh=0.000\npower_export_kw=0.000\npower_failures=0\n\n"
      try await program.run(input: input)
      try await subscriber.wait { $0.last?.text == "offline" }
      let configs =
        subscriber.messages.filter { $0.topic.hasSuffix("kwh/config") }
        + subscriber.messages.filter { $0.topic.hasSuffix("kw/config") }
        + subscriber.messages.filter { $0.topic.hasSuffix("failures/config") }
      let messages = configs.map { config in
        let key = config.topic.split(separator: "/").dropLast().last ?? ""
        let values = ["0.000", "12.345"].map { payload == "value" ? $0 : "{\"\(key)\":\($0)}" }
        return DiscoveryMessage(
          topic: config.topic, payload: config.text, values: values, prefix: prefix)
      }
      let verdicts = try await HomeAssistant.check(messages)
      #expect(verdicts.map(\.problems) == [[], [], []])
      #expect(
        verdicts.map { $0.rendered.map { Double($0 ?? "") } } == [
          [nil, 12.345], [0, 12.345], [0, 12.345],
        ])
    }
  }

  /// Else Home Assistant would book the readings of the new meter as consumption of the old one.
  @Test func aReplacedMeterIsWithdrawnBeforeTheFirstValue() async throws {
    let broker = try await Mosquitto.shared
    let prefix = "replaced"
    let program = Program(
      "p1mqtt",
      [
        "-q", "--port", "\(broker.port)", "--homeassistant=\(prefix)",
        "--homeassistant-discovery", "component", "--prefix", "\(prefix)/p1",
      ], environment: login)
    let first = try await program.run(input: "meter=E1\nenergy_import_kwh=15419.803\n\n")
    #expect(first.status == .success)
    try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
      func index(_ topic: String, _ isExpected: (String) -> Bool) throws -> Int {
        try #require(
          subscriber.messages.firstIndex { $0.topic.hasSuffix(topic) && isExpected($0.text) })
      }
      try await program.whileRunning { sender in
        // Between runs.
        try await sender.write(telegram(10, [("G1", 10, "812.5")]))
        try await subscriber.wait { $0.contains { $0.text == "812.5" } }
        #expect(
          try index("p1_E1/energy_import_kwh/config", \.isEmpty)
            < index("p1/energy_import_kwh") { $0 == "16254.000" })
        // In one run, by the times of the readings: the old gas meter gets another topic.
        try await sender.write(telegram(20, [("G1", 10, "812.5"), ("G2", 12, "1.25")]))
        try await subscriber.wait { $0.contains { $0.text == "1.25" } }
        #expect(
          try index("p1_G1/gas_m3/config") { $0.contains("channel1/gas_m3") }
            < index("p1/gas_m3") { $0 == "1.25" })
        sender.closeInput()
        #expect(try await sender.waitForExit().status == .success)
      }
    }
  }

  private func telegram(_ minute: Int, _ gas: [(meter: String, hour: Int, value: String)]) -> String
  {
    "timestamp=2026-01-01T12:\(minute):00Z\nmeter=E2\nenergy_import_kwh=16254.000\n\n"
      + gas.enumerated().map { channel, submeter in
        "timestamp=2026-01-01T\(submeter.hour):00:00Z\nmeter=\(submeter.meter)\nchannel=\(channel + 1)\n"
          + "gas_m3=\(submeter.value)\n\n"
      }.joined()
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }
}
