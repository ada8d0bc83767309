import TestSupport
import Testing

/// The limits that a broker of MQTT 5 announces, and how p1mqtt keeps to them.
@Suite struct MQTTLimitTests {
  /// A broker with these properties in its CONNACK.
  private func script(_ properties: MQTTProperties) -> ScriptedBroker.Script {
    { $0.kind == .connect ? [.connack(properties: properties)] : [.usual] }
  }

  @Test(arguments: [0, 1]) func theQoSIsLowered(_ most: Int) async throws {
    try await ScriptedBroker.running(script([.maximumQoS: most])) { broker in
      let result = try await broker.p1mqtt(["--qos", "2", "--no-status"]).run(
        input: "n=1\n\nn=2\n\nn=3\n")
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success)
      #expect(broker.lines == ["dsmr/n 1", "dsmr/n 2", "dsmr/n 3"])
      #expect(broker.accepted.allSatisfy { $0.qos == most })
      let name = "p1mqtt: 127.0.0.1:\(broker.port): "
      let lines = [
        "\(name)the broker does not support QoS 2; publishing with QoS 1\n",
        "\(name)the broker does not support QoS 1; publishing with QoS 0\n",
      ]
      #expect(result.errorText == lines.prefix(2 - most).joined())
    }
  }

  @Test func retainIsNotUsedIfUnavailable() async throws {
    try await ScriptedBroker.running(script([.retainAvailable: 0])) { broker in
      let result = try await broker.p1mqtt(["--retain"]).run(input: "n=1\n")
      #expect(result.status == .success)
      #expect(
        result.errorText
          == "p1mqtt: 127.0.0.1:\(broker.port): the broker does not retain messages; publishing "
          + "without retain\n")
      #expect(broker.accepted.map(\.text) == ["online", "1", "offline"])
      #expect(broker.accepted.allSatisfy { !$0.isRetained })
      #expect(broker.malformed == [])
    }
  }

  /// Such a broker rejects the whole connection because of the will.
  @Test(arguments: ["clean", "persistent"])
  func willIsNotRetainedIfUnavailable(_ session: String) async throws {
    let script: ScriptedBroker.Script = {
      $0.kind != .connect
        ? [.usual] : [.connack($0.connect?.will?.isRetained == true ? 0x9A : 0)]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt(["--id", "me", "--session", session]).run(
        input: "n=1\n")
      #expect(result.status == .success)
      #expect(
        result.errorText
          == "p1mqtt: 127.0.0.1:\(broker.port): the broker does not retain messages; publishing "
          + "without retain\n")
      #expect(broker.accepted.map(\.text) == ["online", "1", "offline"])
      #expect(broker.accepted.allSatisfy { !$0.isRetained })
      #expect(broker.connects.compactMap(\.will).map(\.isRetained).prefix(2) == [true, false])
    }
  }

  @Test func willWithTooHighAQoS() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind != .connect ? [.usual] : [.connack($0.connect?.will?.qos == 1 ? 0x9B : 0)]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt().run(input: "n=1\n")
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.accepted.map(\.text) == ["online", "1", "offline"])
      #expect(broker.connects.compactMap(\.will).map(\.qos) == [1, 0])
    }
  }

  @Test func tooLongMessageIsRejected() async throws {
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running(script([.maximumPacketSize: 100])) { broker in
        let long = String(repeating: "x", count: 200)
        let result = try await broker.p1mqtt(
          ["--payload", "record", "--spool", directory.path("spool"), "--no-status"]
        ).run(input: "n=1\n\nn=\(long)\n\nn=3\n")
        #expect(result.status == .success)
        #expect(broker.accepted.count == 2 && broker.accepted.last?.text.contains("n=3") == true)
        #expect(
          result.errorText.contains("message to dsmr/unknown/record rejected: "),
          "\(result.errorText)")
        let bad = try directory.badRecords
        #expect(bad.contains("n=\(long)") && bad.hasPrefix("# "), "\(bad)")
      }
    }
  }

  /// No more messages are in flight than the broker permits.
  @Test func receiveMaximumIsKept() async throws {
    // The broker acknowledges nothing until three messages are in flight, which is its limit.
    try await ScriptedBroker.running({ packet in
      switch packet.kind {
      case .connect: [.connack(properties: [.receiveMaximum: 3])]
      case .publish where packet.ordinal <= 3: []
      default: [.usual]
      }
    }) { broker in
      try await broker.p1mqtt(["--qos", "1", "--no-status", "--timeout", "2"]).whileRunning {
        sink in
        try await sink.write((1...50).map { "a\($0)=\($0)\n\n" }.joined())
        try await broker.wait { $0.connects.count == 2 }
        #expect(broker.packets(.publish).filter { $0.connection == 1 }.count == 3)
        #expect(broker.malformed == [])
      }
    }
  }

  // MARK: - Expiry

  @Test(arguments: ["value", "json", "record"])
  func messagesExpireAndTheStatusDoesNot(_ payload: String) async throws {
    try await ScriptedBroker.running { broker in
      let result = try await broker.p1mqtt(
        ["--payload", payload, "--expiry", "3600"]
          + (payload == "record" ? [] : ["--homeassistant"])
      ).run(input: "meter=E1\npower_import_kw=1\n")
      #expect(result.status == .success && result.errorText == "")
      let messages = broker.packets(.publish)
      #expect(messages.count >= 3)
      for packet in messages {
        let topic = packet.message?.topic ?? ""
        let isOurs = topic.hasSuffix("/status") || topic.hasPrefix("homeassistant/")
        #expect(packet.properties[.messageExpiry] == (isOurs ? nil : 3600), "\(topic)")
      }
    }
  }

  @Test func anOlderBrokerKnowsNoExpiry() async throws {
    try await ScriptedBroker.running { broker in
      try await broker.p1mqtt(["--protocol", "3.1.1", "--expiry", "3600"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await broker.wait { $0.lines.count == 1 }
        broker.endConnections()
        try await broker.wait { $0.connects.count == 2 }
        try await sink.write("n=2\n\n")
        try await broker.wait { $0.lines.count >= 2 }
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(30))
        let messages = result.errorText.matches(
          of: /the broker does not support MQTT 5, so messages do not expire/)
        #expect(messages.count == 1, "\(result.errorText)")
      }
    }
  }
}
