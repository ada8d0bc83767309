import Foundation
import TestSupport
import Testing

/// Records through real brokers, as values, as JSON and as records.
@Suite struct BrokerPayloadTests {
  private static let payloads = ["value", "json", "record"]

  private func p1mqtt(_ broker: some MQTTBroker, _ arguments: [String]) -> Program {
    Program(
      "p1mqtt", ["--broker", "127.0.0.1", "--port", "\(broker.port)", "--no-status"] + arguments,
      environment: ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password])
  }

  /// Records of two meters in turn, one a second.
  private static let input = (0..<60).map { second in
    let digits = second < 10 ? "0\(second)" : "\(second)"
    return """
      timestamp=2026-01-15T12:00:\(digits)Z
      meter=E\(second % 2)
      power_import_kw=\(second).5


      """
  }

  // MARK: - Payloads and QoS

  @Test(arguments: payloads, [0, 1, 2])
  func mosquittoPassesAllOn(_ payload: String, _ qos: Int) async throws {
    let broker = try await Mosquitto.shared
    for version in ["3.1.1", "5"] {
      let prefix = "all/\(payload)/\(qos)/\(version)"
      try await expectAll(
        of: payload, on: broker, prefix, ["--qos", "\(qos)", "--protocol", version],
        qos: payload == "value" ? qos : max(qos, 1))
    }
  }

  @Test(arguments: payloads, [0, 1])
  func rabbitMQPassesAllOn(_ payload: String, _ qos: Int) async throws {
    let prefix = "all/\(payload)/\(qos)"
    try await expectAll(
      of: payload, on: try await RabbitMQ.shared, prefix, ["--qos", "\(qos)"],
      qos: payload == "value" ? qos : 1)
  }

  /// RabbitMQ has no QoS 2: messages in flight may come twice, and none is lost.
  @Test(arguments: ["json", "record"])
  func rabbitMQGetsAllWithALowerQoS(_ payload: String) async throws {
    let broker = try await RabbitMQ.shared
    let prefix = "lower/\(payload)"
    try await broker.client.subscribed(to: "\(prefix)/#", qos: 1) { subscriber in
      let result = try await p1mqtt(
        broker, ["--payload", payload, "--prefix", prefix, "--qos", "2"]
      ).run(input: Self.input.joined(), within: .seconds(60))
      #expect(result.status == .success)
      #expect(result.errorText.contains("the broker does not support QoS 2; publishing with QoS 1"))
      let expected = Self.input.map { payload == "record" ? $0 : json($0) }
      try await subscriber.wait(within: .seconds(30)) { $0.last?.text == expected.last }
      #expect(Set(subscriber.messages.map(\.text)) == Set(expected))
    }
  }

  private func expectAll(
    of payload: String, on broker: some MQTTBroker, _ prefix: String, _ arguments: [String],
    qos: Int
  ) async throws {
    try await broker.client.subscribed(to: "\(prefix)/#", qos: 2) { subscriber in
      let program = p1mqtt(broker, ["--payload", payload, "--prefix", prefix] + arguments)
      let result = try await program.run(input: Self.input.joined(), within: .seconds(60))
      #expect(result.status == .success)
      expectQuiet(result, payload, broker)
      let expected = Self.input.enumerated().flatMap { expectation($1, $0 % 2, payload, prefix) }
      try await subscriber.wait(within: .seconds(30)) { $0.count >= expected.count }
      #expect(subscriber.messages.map { "\($0.topic) \($0.text)" } == expected)
      #expect(subscriber.messages.allSatisfy { $0.qos == qos && !$0.isRetained })
    }
  }

  /// Nothing is logged, except that two meters share topics that do not tell them apart.
  private func expectQuiet(
    _ result: ProgramResult, _ payload: String, _ broker: some MQTTBroker
  ) {
    let notice = "meter E1 has topics of its own beside those of meter E0"
    #expect(
      result.errorText
        == (payload == "value" ? "p1mqtt: 127.0.0.1:\(broker.port): \(notice)\n" : ""))
  }

  /// The messages of a record, as `topic payload`.
  private func expectation(
    _ record: String, _ meter: Int, _ payload: String, _ prefix: String
  ) -> [String] {
    switch payload {
    case "json": ["\(prefix)/E\(meter)/json \(json(record))"]
    case "record": ["\(prefix)/E\(meter)/record \(record)"]
    default:
      record.split(separator: "\n").map { line in
        let parts = line.split(separator: "=", maxSplits: 1)
        // No topic has two writers.
        let level = meter == 0 ? "" : "/E1"
        return "\(prefix)\(level)/\(parts[0]) \(parts[1])"
      }
    }
  }

  private func json(_ record: String) -> String {
    let members = record.split(separator: "\n").map { line in
      let parts = line.split(separator: "=", maxSplits: 1)
      return "\"\(parts[0])\":\(Double(parts[1]) == nil ? "\"\(parts[1])\"" : "\(parts[1])")"
    }
    return "{\(members.joined(separator: ","))}"
  }

  // MARK: - Readers

  /// `mosquitto_sub` adds a line end to each message, unless it has -N.
  @Test(arguments: [[], ["-N"]]) func subscriberReadsAStreamOfRecords(_ options: [String])
    async throws
  {
    let broker = try await Mosquitto.shared
    let prefix = "stream\(options.count)"
    let count = Self.input.count
    let reader = Program(
      "/usr/bin/mosquitto_sub",
      broker.client.arguments + ["-t", "\(prefix)/#", "-q", "1", "-C", "\(count)"] + options)
    // The retained message shows that the subscription is active.
    try await broker.client.publish("seen=1\n", to: "\(prefix)/first", retain: true)
    try await reader.whileRunning { reading in
      try await reading.waitForOutput("seen=1", within: .seconds(30))
      let program = p1mqtt(broker, ["--payload", "record", "--prefix", prefix])
      #expect(
        try await program.run(input: Self.input.dropLast().joined()).status == .success)
      let read = try await reading.waitForExit(within: .seconds(30))
      // The output is a stream of records, which p1influx accepts.
      let points = try await Program("p1influx", ["--dry-run"]).run(
        input: String(decoding: read.output, as: UTF8.self))
      #expect(points.status == .success && points.errorText == "", "\(points.errorText)")
      #expect(points.lines.count { $0.contains("power_import_kw") } == count - 1)
    }
  }

  /// Values with control characters and quotes are still valid JSON.
  @Test func specialCharactersAreValidJSON() async throws {
    let broker = try await Mosquitto.shared
    try await broker.client.subscribed(to: "strange/#") { subscriber in
      let record = #"""
        timestamp=2026-01-15T12:00:00Z
        message=a "b" \\ \n µ \x01 \xFF
        n=007
        e=1e5
        long=123456789012345678901234567890


        """#
      let result = try await p1mqtt(broker, ["--payload", "json", "--prefix", "strange"]).run(
        input: record)
      #expect(result.status == .success && result.errorText == "")
      try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
      let payload = Data(try #require(subscriber.messages.first).payload)
      let object = try JSONDecoder().decode([String: JSONValue].self, from: payload)
      #expect(object.count == 5)
      #expect(object["timestamp"] == .string("2026-01-15T12:00:00Z"))
      guard case .string(let message)? = object["message"] else {
        Issue.record("\(object)")
        return
      }
      #expect(message.hasPrefix("a \"b\" \\ \n µ \u{1} "))
    }
  }

  // MARK: - Retained messages

  @Test(arguments: payloads) func theLastOfEachTopicIsKept(_ payload: String) async throws {
    let prefix = "stays/\(payload)"
    let arguments = ["--payload", payload, "--prefix", prefix, "--retain"]
    try await expectKept(payload, prefix, arguments, on: try await Mosquitto.shared)
    try await expectKept(payload, prefix, arguments, on: try await RabbitMQ.shared)
  }

  private func expectKept(
    _ payload: String, _ prefix: String, _ arguments: [String], on broker: some MQTTBroker
  ) async throws {
    let result = try await p1mqtt(broker, arguments).run(
      input: Self.input.joined(), within: .seconds(60))
    #expect(result.status == .success)
    expectQuiet(result, payload, broker)
    // RabbitMQ sends retained messages only to a subscription without wildcards.
    let topic = payload == "value" ? "power_import_kw" : "E0/\(payload)"
    try await broker.client.subscribed(to: "\(prefix)/\(topic)") { subscriber in
      try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
      #expect(subscriber.messages.first?.isRetained == true)
      #expect(subscriber.messages.first?.text.contains("58.5") == true)
    }
  }

  @Test(arguments: payloads) func expiredMessagesAreGone(_ payload: String) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "expiry/\(payload)"
    let arguments = ["--payload", payload, "--prefix", prefix, "--retain"]
    let record = "meter=E1\nn=1\n"
    var withStatus = p1mqtt(broker, arguments + ["--expiry", "1"])
    withStatus.arguments.removeAll { $0 == "--no-status" }
    try await withStatus.run(input: record)
    try await p1mqtt(broker, arguments + ["--topic", other(payload), "--expiry", "3600"]).run(
      input: record)
    let isGone = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(200)) {
      try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
        try await subscriber.wait(within: .seconds(30)) {
          $0.contains { $0.topic.contains("other") } && $0.contains { $0.text == "offline" }
        }
        return subscriber.messages.allSatisfy {
          $0.topic.contains("other") || $0.text == "offline"
        }
      }
    }
    #expect(isGone)
  }

  /// Topics that sort after the expected ones as well.
  private func other(_ payload: String) -> String {
    payload == "value" ? "{prefix}/zother/{metric}" : "{prefix}/zother/{meter}"
  }
}
