import TestSupport
import Testing

/// Logins at real brokers, and the messages about wrong ones.
@Suite struct BrokerLoginTests {
  private func p1mqtt(
    _ broker: some MQTTBroker, _ arguments: [String], _ environment: [String: String]
  ) -> Program {
    Program(
      "p1mqtt",
      ["--broker", "127.0.0.1", "--port", "\(broker.port)", "--linger", "1"] + arguments,
      environment: environment)
  }

  private static let strangers = [
    ["MQTT_USER": Login.standard.user, "MQTT_PASS": "hunter2hunter2"],
    ["MQTT_USER": Login.standard.user],
    ["MQTT_USER": "stranger", "MQTT_PASS": "hunter2hunter2"],
    ["MQTT_USER": Login.standard.user, "MQTT_PASS": "hunter2hunter2", "MQTT_AUTH": "False"],
    [:],
  ]

  /// Each failed login is logged with its reason and without the password.
  private func expectRejections(
    by broker: some MQTTBroker, _ arguments: [String], _ reasons: [String]
  ) async throws {
    for environment in Self.strangers {
      let result = try await p1mqtt(broker, arguments + ["-v"], environment).runToItsFailure()
      #expect(result.status == .exited(69))
      let isLogged = reasons.contains {
        result.errorText.contains(
          "p1mqtt: 127.0.0.1:\(broker.port): connection rejected: \($0); check MQTT_USER and MQTT_PASS; trying again\n"
        )
      }
      #expect(isLogged, "\(environment) \(result.errorText)")
      #expect(!result.errorText.contains("hunter2"))
    }
  }

  @Test(arguments: ["3.1.1", "5"]) func failedLoginsAtMosquitto(_ version: String) async throws {
    try await expectRejections(
      by: try await Mosquitto.shared, ["--protocol", version],
      version == "5"
        ? ["Not authorized"] : ["not authorised"])
  }

  @Test func failedLoginsAtRabbitMQ() async throws {
    try await expectRejections(
      by: try await RabbitMQ.shared, [],
      ["bad user name or password", "not authorised"])
  }

  /// The settings block that users have, with each broker and each version.
  @Test(arguments: ["3.1.1", "5"]) func existingSettingsWithMosquitto(_ version: String)
    async throws
  {
    try await expectSettingsOfOld(
      on: try await Mosquitto.shared, ["--protocol", version], prefix: "old\(version.count)")
  }

  @Test func existingSettingsWithRabbitMQ() async throws {
    try await expectSettingsOfOld(on: try await RabbitMQ.shared, [], prefix: "old")
  }

  private func expectSettingsOfOld(
    on broker: some MQTTBroker, _ arguments: [String], prefix: String
  ) async throws {
    let environment = [
      "MQTT_ENABLED": "True", "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
      "MQTT_CLIENT_UNIQ": "mqtt-\(prefix)", "MQTT_TOPIC_PREFIX": prefix, "MQTT_AUTH": "True",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password, "MQTT_QOS": "1",
      "MQTT_RETAIN": "True",
    ]
    let record = "timestamp=2026-01-15T12:00:00Z\npower_import_kw=0.5\n\n"
    let program = Program("p1mqtt", arguments, environment: environment)
    try await broker.client.subscribed(to: "\(prefix)/+", qos: 1) { subscriber in
      let result = try await program.run(input: record, within: .seconds(60))
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      try await subscriber.wait(within: .seconds(30)) { $0.last?.text == "offline" }
      #expect(
        subscriber.messages.map { "\($0.topic) \($0.text)" } == [
          "\(prefix)/status online", "\(prefix)/timestamp 2026-01-15T12:00:00Z",
          "\(prefix)/power_import_kw 0.5", "\(prefix)/status offline",
        ])
      #expect(subscriber.messages.allSatisfy { $0.qos == 1 && !$0.isRetained })
    }
    try await broker.client.subscribed(to: "\(prefix)/power_import_kw") { subscriber in
      try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
      #expect(subscriber.messages.first?.isRetained == true)
      #expect(subscriber.messages.first?.text == "0.5")
    }
  }
}
