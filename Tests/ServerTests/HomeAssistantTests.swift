import Foundation
import TestSupport
import Testing

/// Home Assistant's verdicts on valid and invalid discovery messages.
@Suite struct HomeAssistantTests {
  private static let topic = "homeassistant/sensor/p1_4530/gas/config"
  private static let template = "{{ value if value | float(0) > 0 else '' }}"

  /// A valid message for gas with the keys in `changes` replaced, or removed if nil.
  private static func message(
    to topic: String = topic, _ changes: KeyValuePairs<String, Any?> = [:],
    values: [String] = [], prefix: String = "homeassistant"
  ) throws -> DiscoveryMessage {
    var config: [String: Any] = [
      "name": "Gas", "unique_id": "p1_4530_gas", "state_topic": "p1/4530/gas",
      "value_template": template, "unit_of_measurement": "m³", "device_class": "gas",
      "state_class": "total_increasing", "entity_category": "diagnostic",
      "availability_topic": "p1/status", "payload_available": "online",
      "payload_not_available": "offline",
      "device": [
        "identifiers": ["p1_4530"], "name": "Gas meter", "manufacturer": "Someone",
        "serial_number": "4530", "via_device": "p1_4530_electricity",
      ] as [String: Any],
      "origin": ["name": "p1mqtt", "sw_version": "1", "support_url": "https://example.org/p1"],
    ]
    for (key, value) in changes { config[key] = value }
    let payload = try JSONSerialization.data(withJSONObject: config, options: [.sortedKeys])
    return DiscoveryMessage(
      topic: topic, payload: String(decoding: payload, as: UTF8.self), values: values,
      prefix: prefix)
  }

  @Test func goodMessagesPassAndAreRendered() async throws {
    let verdicts = try await HomeAssistant.check([
      Self.message(values: ["0.000", "12.345"]),
      // The same message may come again.
      Self.message(),
      Self.message(
        to: "other/a/sensor/p1_4530/time/config",
        [
          "unique_id": "p1_4530_time", "device_class": "timestamp", "state_class": nil,
          "unit_of_measurement": nil, "value_template": nil,
        ], values: ["2026-11-23T10:00:00Z"], prefix: "other/a"),
      DiscoveryMessage(topic: Self.topic, payload: ""),
    ])
    #expect(verdicts.map(\.problems) == [[], [], [], []])
    #expect(
      verdicts.map(\.rendered) == [["", "12.345"], [], ["2026-11-23T10:00:00Z"], []])
    #expect(verdicts.first?.topic == Self.topic)
  }

  @Test func everyFaultIsFound() async throws {
    let device = ["name": "Gas meter"]
    let faults: [(DiscoveryMessage, String)] = try [
      (Self.message(["state_topic": nil]), "state_topic"),
      (Self.message(["state_topic": "p1/+#"]), "state_topic"),
      (Self.message(["unit_of_measurement": "m3"]), "unit"),
      (Self.message(["unit_of_measurement": "GJ"]), "unit"),
      (Self.message(["unit_of_measurement": nil]), "unit"),
      (Self.message(["device_class": "timestamp", "state_class": nil]), "unit"),
      (Self.message(["device_class": "heat"]), "device_class"),
      (Self.message(["device_class": ["gas"]]), "device_class"),
      (Self.message(["device_class": "power", "unit_of_measurement": "W"]), "state_class"),
      (Self.message(["device": device]), "identif"),
      (Self.message(["device": nil]), "device"),
      (Self.message(["origin": ["sw_version": "1"]]), "origin"),
      (Self.message(["entity_category": "some"]), "entity_category"),
      (Self.message(["unit_of_mesurement": "m³"]), "unit_of_mesurement"),
      (Self.message(["unique_id": nil]), "unique_id"),
      (Self.message(["value_template": "{{ value"]), "value_template"),
      (Self.message(["value_template": "{{ value | float }}"], values: ["x"]), "value_template"),
      (Self.message(["value_template": "{{ value }} m³"], values: ["1"]), "no number"),
      (Self.message(to: "homeassistant/sensor/p1_4530/gas 1/config"), "topic"),
      (Self.message(to: "homeassistant/sensor/p1/4530/gas/config"), "topic"),
      (Self.message(to: "homeassistant/sensor/p1_4530/gas"), "topic"),
      (Self.message(to: "homeassistant/sensors/p1_4530/gas/config"), "topic"),
      (Self.message(to: "home/sensor/p1_4530/gas/config"), "topic"),
      (DiscoveryMessage(topic: Self.topic, payload: #"{"name":"a","name":"b"}"#), "name"),
      (DiscoveryMessage(topic: Self.topic, payload: "{"), "payload"),
      (DiscoveryMessage(topic: Self.topic, payload: "[]"), "payload"),
    ]
    // Each message is checked alone, except the last, which has the unique_id of another.
    let messages = faults.map(\.0)
    let verdicts = try await HomeAssistant.check(
      messages + [Self.message(), Self.message(to: "homeassistant/sensor/p1_4530/b/config")])
    for ((message, fault), verdict) in zip(faults, verdicts) {
      #expect(
        verdict.problems.contains { $0.contains(fault) }, "\(fault): \(message) \(verdict)")
    }
    #expect(verdicts.last?.problems.contains { $0.contains("unique_id") } == true)
  }
}
