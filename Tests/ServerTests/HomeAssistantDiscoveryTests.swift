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
          "-q", "--port", "\(broker.port)", "--homeassistant=\(prefix)", "--prefix",
          "\(prefix)/p1",
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

  /// After a total of 0, Home Assistant would count the whole next total as consumption.
  @Test(arguments: ["value", "json"]) func totalOfZeroIsNoState(_ payload: String) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "zero\(payload)"
    try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
      let program = Program(
        "p1mqtt",
        [
          "--port", "\(broker.port)", "--homeassistant=\(prefix)", "--prefix", "\(prefix)/p1",
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

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }
}
