import TestSupport
import Testing

@Suite struct BrokerValuesTests {
  @Test func aValueReachesTheBroker() async throws {
    let broker = try await Mosquitto.shared
    try await broker.client.subscribed(to: "dsmr/#") { subscriber in
      let result = try await Program(
        "p1mqtt", ["--port", "\(broker.port)", "--user", Login.standard.user],
        environment: ["MQTT_PASS": Login.standard.password]
      ).run(input: "cotton_candies_consumed=10\n")
      #expect(result.status == .success, "\(result.errorText)")
      try await subscriber.wait { !$0.isEmpty }
      #expect(subscriber.messages.map(\.topic) == ["dsmr/cotton_candies_consumed"])
      #expect(subscriber.messages.map(\.text) == ["10"])
    }
  }
}
