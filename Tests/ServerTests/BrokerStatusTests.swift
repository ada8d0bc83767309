import Glibc
import TestSupport
import Testing

/// The status of p1mqtt, and its will.
@Suite struct BrokerStatusTests {
  private func p1mqtt(_ broker: some MQTTBroker, _ arguments: [String]) -> Program {
    Program(
      "p1mqtt", ["--broker", "127.0.0.1", "--port", "\(broker.port)"] + arguments,
      environment: ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password])
  }

  private func expectStatus(of broker: some MQTTBroker, _ arguments: [String], _ prefix: String)
    async throws
  {
    let topic = "\(prefix)/status"
    let program = p1mqtt(broker, arguments + ["--prefix", prefix])
    try await broker.client.subscribed(to: topic) { subscriber in
      func expect(_ texts: String...) async throws {
        try await subscriber.wait(within: .seconds(60)) { $0.count >= texts.count }
        #expect(subscriber.messages.map(\.text) == texts)
      }
      try await program.whileRunning { sink in
        try await expect("online")
        // The status is retained.
        try await expectKept("online", topic, broker)
        sink.send(signal: SIGTERM)
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
        try await expect("online", "offline")
        try await expectKept("offline", topic, broker)
      }
      // At the end of the input p1mqtt publishes that it is offline.
      #expect(try await program.run(input: "n=1\n").status == .success)
      try await expect("online", "offline", "online", "offline")
      try await program.whileRunning { sink in
        try await expect("online", "offline", "online", "offline", "online")
        sink.send(signal: SIGKILL)
        // The broker publishes the will.
        try await expect("online", "offline", "online", "offline", "online", "offline")
        try await expectKept("offline", topic, broker)
      }
    }
  }

  private func expectKept(_ text: String, _ topic: String, _ broker: some MQTTBroker) async throws {
    try await broker.client.subscribed(to: topic) { subscriber in
      try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
      #expect(subscriber.messages.first?.text == text)
      #expect(subscriber.messages.first?.isRetained == true)
    }
  }

  /// Senders of records share a prefix, so each has its own status topic.
  @Test(arguments: ["json", "record"])
  func eachSenderHasAStatusOfItsOwn(_ payload: String) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "senders/\(payload)"
    func sender(_ id: String) -> Program {
      p1mqtt(broker, ["--payload", payload, "--prefix", prefix, "--id", id])
    }
    try await sender("\(payload)-attic").whileRunning { attic in
      try await broker.client.subscribed(to: "\(prefix)/+/status") { subscriber in
        try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
        #expect(try await sender("\(payload)-cellar").run(input: "n=1\n").status == .success)
        try await sender("\(payload)-shed").whileRunning { shed in
          try await subscriber.wait(within: .seconds(30)) { $0.count == 4 }
          shed.send(signal: SIGKILL)
          try await subscriber.wait(within: .seconds(60)) { $0.count == 5 }
        }
        #expect(
          subscriber.messages.map { "\($0.topic.dropFirst(prefix.count)) \($0.text)" }
            == [
              "attic online", "cellar online", "cellar offline", "shed online", "shed offline",
            ].map { "/\(payload)-\($0.replacing(" ", with: "/status "))" })
      }
      try await expectKept("online", "\(prefix)/\(payload)-attic/status", broker)
      try await expectKept("offline", "\(prefix)/\(payload)-cellar/status", broker)
      #expect(attic.status == nil)
    }
  }

  @Test(arguments: ["3.1.1", "5"]) func mosquittoTells(_ version: String) async throws {
    try await expectStatus(
      of: try await Mosquitto.shared, ["--protocol", version], "there\(version.count)")
  }

  @Test func rabbitMQTells() async throws {
    try await expectStatus(of: try await RabbitMQ.shared, [], "there")
  }

  @Test func noStatusIsPublishedIfTurnedOff() async throws {
    let broker = try await Mosquitto.shared
    let prefix = "silent"
    try await broker.client.subscribed(to: "\(prefix)/#") { subscriber in
      try await p1mqtt(broker, ["--no-status", "--prefix", prefix]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await subscriber.wait(within: .seconds(30)) { $0.count == 1 }
        sink.send(signal: SIGKILL)
        _ = try await sink.waitForExit(within: .seconds(30))
      }
      // A will would arrive before this message.
      try await p1mqtt(broker, ["--no-status", "--prefix", prefix]).run(input: "n=2\n")
      try await subscriber.wait(within: .seconds(30)) { $0.count == 2 }
      #expect(subscriber.messages.map(\.text) == ["1", "2"])
    }
  }

  // MARK: - The status of a meter

  @Test func aSilentMeterIsOffline() async throws {
    let broker = try await Mosquitto.shared
    let prefix = "meters"
    let program = p1mqtt(
      broker, ["--prefix", prefix, "--meter-timeout", "1", "--on-change", "--no-status"])
    try await broker.client.subscribed(to: "\(prefix)/+/status") { subscriber in
      try await program.whileRunning { sink in
        try await sink.write("meter=E1\nn=1\n\n")
        try await subscriber.wait { $0.map(\.text) == ["online", "offline"] }
        #expect(subscriber.messages.allSatisfy { $0.topic == "\(prefix)/E1/status" })
        // The same record is not published again, but the meter sends.
        try await sink.write("meter=E1\nn=1\n\n")
        try await subscriber.wait { $0.map(\.text) == ["online", "offline", "online"] }
        sink.closeInput()
        #expect(try await sink.waitForExit().status == .success)
        try await subscriber.wait { $0.last?.text == "offline" }
      }
    }
  }

  /// Else it would tell for ever that the meter sends.
  @Test func theStatusOfAMeterExpires() async throws {
    let broker = try await Mosquitto.shared
    let topic = "expiring/E1/status"
    func kept() async throws -> [String] {
      try await broker.client.subscribed(to: "expiring/#") { subscriber in
        try await broker.client.publish("end", to: "expiring/end")
        // Other messages may follow it.
        try await subscriber.wait(within: .seconds(30)) { $0.contains { $0.text == "end" } }
        return subscriber.messages.filter { $0.isRetained && $0.topic == topic }.map(\.text)
      }
    }
    // Long enough that the meter is not silent before the kill.
    try await p1mqtt(broker, ["--prefix", "expiring", "--meter-timeout", "6"]).whileRunning {
      try await $0.write("meter=E1\nn=1\n\n")
      let isOnline = try await Deadline(in: .seconds(20)).poll { try await kept() == ["online"] }
      #expect(isOnline)
      $0.send(signal: SIGKILL)
      _ = try await $0.waitForExit()
    }
    let isDropped = try await Deadline(in: .seconds(40)).poll { try await kept() == [] }
    #expect(isDropped)
  }

  // MARK: - Limits of a broker

  /// mosquitto rejects a retained will if retained messages are disabled.
  @Test func aBrokerThatKeepsNothing() async throws {
    try await Mosquitto.running(settings: ["retain_available false"]) { broker in
      try await broker.client.subscribed(to: "dsmr/#") { subscriber in
        let result = try await p1mqtt(broker, ["--retain"]).run(input: "n=1\n")
        #expect(result.status == .success)
        #expect(
          result.errorText
            == "p1mqtt: 127.0.0.1:\(broker.port): the broker does not retain messages; publishing "
            + "without retain\n")
        try await subscriber.wait(within: .seconds(30)) { $0.count == 3 }
        #expect(subscriber.messages.map(\.text) == ["online", "1", "offline"])
      }
    }
  }

  /// Without an acknowledgement p1mqtt could not know that a record has arrived.
  @Test func recordsWaitForABrokerThatAcknowledges() async throws {
    try await Mosquitto.running(settings: ["max_qos 0"]) { broker in
      let result = try await p1mqtt(broker, ["--payload", "record", "--linger", "1"])
        .run(input: "n=1\n\nn=2\n")
      #expect(result.status == .exited(69))
      let name = "p1mqtt: 127.0.0.1:\(broker.port): "
      #expect(
        result.errorText.hasPrefix(
          "\(name)the broker does not support QoS 1, which --payload json and record need; trying again\n"
        ),
        "\(result.errorText)")
      #expect(result.errorText.hasSuffix("\(name)2 records could not be delivered\n"))
    }
  }

  @Test func aBrokerOfALowerQoS() async throws {
    try await Mosquitto.running(settings: ["max_qos 1"]) { broker in
      let result = try await p1mqtt(
        broker, ["--qos", "2", "--payload", "record", "--no-status"]
      ).run(input: "n=1\n\nn=2\n")
      #expect(result.status == .success)
      #expect(
        result.errorText.contains("the broker does not support QoS 2; publishing with QoS 1"),
        "\(result.errorText)")
    }
  }

  @Test func recordsThatAreTooLongForTheBroker() async throws {
    try await Mosquitto.running(settings: ["max_packet_size 200"]) { broker in
      try await TemporaryDirectory.with { directory in
        let long = String(repeating: "x", count: 300)
        let arguments = [
          "--payload", "record", "--no-status", "--spool", directory.path("spool"),
        ]
        let result = try await p1mqtt(broker, arguments).run(input: "n=1\n\nn=\(long)\n\nn=3\n")
        #expect(result.status == .success)
        #expect(
          result.errorText.contains("message to dsmr/unknown/record rejected: "),
          "\(result.errorText)")
        let find = try await Program("grep", ["-rl", "n=\(long)", directory.path("spool/bad")])
          .run()
        #expect(find.lines.count == 1)
      }
    }
  }

  /// Only MQTT 5 reports a message that the user may not publish.
  @Test(arguments: ["3.1.1", "5"]) func forbiddenTopics(_ version: String) async throws {
    try await TemporaryDirectory.with { directory in
      let access = try directory.write(
        "user \(Login.standard.user)\ntopic readwrite open/#\ntopic readwrite test/#\n",
        to: "access")
      try await Mosquitto.running(settings: ["acl_file \(access)"]) { broker in
        let arguments = [
          "--payload", "record", "--topic", "closed/{meter}", "--prefix", "open", "--protocol",
          version, "--spool", directory.path("spool"),
        ]
        let result = try await p1mqtt(broker, arguments).run(input: "meter=E1\nn=1\n")
        #expect(result.status == .success)
        let isLogged = result.errorText.contains("message to closed/E1 rejected: Not authorized")
        #expect(isLogged == (version == "5"), "\(result.errorText)")
      }
    }
  }

  // MARK: - Other ways to a broker

  @Test func unixSocketsAndIPv6() async throws {
    try await Mosquitto.running(listeners: [.unixSocket, .ipv6]) { broker in
      let addresses = [
        "unix:\(broker.socketPath)", "unix://\(broker.socketPath)",
        "mqtt://[::1]:\(broker.ports[1])",
        "mqtt://127.0.0.1:\(broker.port)",
      ]
      try await broker.client.subscribed(to: "dsmr/n") { subscriber in
        for (number, address) in addresses.enumerated() {
          let program = Program(
            "p1mqtt", ["--broker", address],
            environment: [
              "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
            ])
          let result = try await program.run(input: "n=\(number)\n")
          #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
          try await subscriber.wait(within: .seconds(30)) { $0.count == number + 1 }
        }
        #expect(subscriber.messages.map(\.text) == ["0", "1", "2", "3"])
      }
    }
  }
}
