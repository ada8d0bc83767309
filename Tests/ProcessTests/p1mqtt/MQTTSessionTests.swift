import TestSupport
import Testing

/// Sessions of a broker after a lost connection, and the messages that p1mqtt sends again.
@Suite struct MQTTSessionTests {
  private func persistent(_ broker: ScriptedBroker, _ more: String...) -> Program {
    broker.p1mqtt(["--id", "cupboard", "--session", "persistent", "--no-status"] + more)
  }

  /// The broker's state of an earlier process, whose packet identifiers are unknown, is removed
  /// first.
  @Test(arguments: ["3.1.1", "5"]) func firstConnectionRemovesTheSession(_ version: String)
    async throws
  {
    try await ScriptedBroker.running { broker in
      let result = try await persistent(broker, "--protocol", version, "--qos", "1").run(
        input: "n=1\n")
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.connects.map(\.isClean) == [true, false])
      #expect(broker.connects.allSatisfy { $0.clientID == "cupboard" })
      #expect(broker.packets(.publish).map(\.connection) == [2])
      let expiry = broker.packets(.connect).last?.properties[.sessionExpiry]
      #expect(expiry == (version == "5" ? 86_400 : nil))
      #expect(broker.lines == ["dsmr/n 1"])
    }
  }

  @Test func aCleanSessionIsOneConnection() async throws {
    try await ScriptedBroker.running { broker in
      try await broker.p1mqtt(["--id", "cupboard"]).run(input: "n=1\n")
      #expect(broker.connects.map(\.isClean) == [true])
      #expect(broker.packets(.connect).first?.properties[.sessionExpiry] == nil)
    }
  }

  /// The connection breaks after the third message: unacknowledged messages are sent again, as
  /// duplicates.
  @Test(arguments: ["3.1.1", "5"], ["value", "record"])
  func unacknowledgedMessagesAreSentAgain(_ version: String, _ payload: String) async throws {
    let script: ScriptedBroker.Script = {
      guard $0.connection == 2, $0.kind == .publish else { return [.usual] }
      return $0.ordinal == 1 ? [.usual] : $0.ordinal < 4 ? [] : [.close]
    }
    try await ScriptedBroker.running(script) { broker in
      let program = persistent(
        broker, "--protocol", version, "--qos", "1", "--payload", payload)
      let result = try await program.run(
        input: (1...6).map { "n=\($0)\n\n" }.joined(), within: .seconds(60))
      #expect(result.status == .success)
      let before = broker.packets(.publish).filter { $0.connection == 2 }
      let after = broker.packets(.publish).filter { $0.connection == 3 }
      #expect(broker.connects.map(\.isClean) == [true, false, false])
      #expect(before.allSatisfy { !$0.isDuplicate })
      let again = after.filter(\.isDuplicate)
      #expect(again.count >= 3)
      #expect(again.prefix(3).map(\.id) == before.dropFirst().prefix(3).map(\.id))
      #expect(again.prefix(3).map(\.message) == before.dropFirst().prefix(3).map(\.message))
      // At least once, in order, and only messages in flight twice.
      let texts = broker.accepted.map(\.text)
      for number in 1...6 {
        let found = texts.filter { $0 == "\(number)" || $0.contains("n=\(number)\n") }
        #expect(found.count == 1, "\(number): \(texts)")
      }
    }
  }

  /// A broker that has lost its session, as by a restart, needs the whole message again, not only
  /// PUBREL.
  @Test(arguments: ["3.1.1", "5"]) func messagesOfALostSessionAreSentAgain(
    _ version: String
  ) async throws {
    let script: ScriptedBroker.Script = {
      switch ($0.connection, $0.kind) {
      case (2, .pubrel): [.close]
      case (3, .connect): [.connack(0, sessionPresent: false)]
      default: [.usual]
      }
    }
    try await ScriptedBroker.running(script) { broker in
      let program = persistent(
        broker, "--protocol", version, "--qos", "2", "--payload", "record", "--linger", "60")
      let result = try await program.run(input: "n=1\n", within: .seconds(60))
      #expect(result.status == .success)
      #expect(result.errorText.contains("the broker has forgotten the session; trying again"))
      let last = broker.packets(.publish).last
      #expect(last?.connection ?? 0 > 3 && last?.isDuplicate == false)
      #expect(broker.accepted.last?.text.contains("n=1\n") == true)
    }
  }

  /// The library does not keep messages of QoS 0, even if they were never sent.
  @Test func unsentMessagesOfQoS0AreDropped() async throws {
    let script: ScriptedBroker.Script = {
      $0.connection == 2 && $0.kind == .publish ? [.deaf] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let long = String(repeating: "x", count: 4000)
      let program = persistent(broker, "--timeout", "1", "--qos", "0")
      try await program.whileRunning { sink in
        for number in 0..<8000 { try await sink.write("n=\(number)\(long)\n\n") }
        try await sink.write("n=last\n\n")
        try await broker.wait(within: .seconds(60)) { $0.lines.last == "dsmr/n last" }
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
      }
    }
  }

  /// Each message of QoS 2 is delivered once, at whichever step the connection breaks.
  @Test(
    arguments: ["3.1.1", "5"],
    [
      (MQTTPacketKind.publish, [MQTTAnswer.close]), (.publish, [.usual, .close]),
      (.pubrel, [.close]), (.pubrel, [.usual, .close]), (.publish, [.reset]),
    ])
  func eachMessageOfQoS2IsDeliveredOnce(
    _ version: String, _ step: (kind: MQTTPacketKind, answers: [MQTTAnswer])
  ) async throws {
    let script: ScriptedBroker.Script = {
      let isBreak = (2...4).contains($0.connection) && $0.kind == step.kind && $0.ordinal == 2
      return isBreak ? step.answers : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let program = persistent(
        broker, "--protocol", version, "--qos", "2", "--payload", "record", "--linger", "60")
      let result = try await program.run(
        input: (1...40).map { "n=\($0)\n\n" }.joined(), within: .seconds(90))
      #expect(result.status == .success, "\(result.errorText)")
      let numbers = broker.accepted.map { $0.text.split(separator: "\n").last ?? "" }
      #expect(numbers.sorted() == (1...40).map { "n=\($0)" }.sorted(), "\(numbers)")
      #expect(broker.malformed == [])
    }
  }

  /// A broker that has lost the session still gets the messages that were in flight.
  @Test(arguments: [1, 2]) func lostSession(_ qos: Int) async throws {
    let script: ScriptedBroker.Script = {
      if $0.kind == .connect { return [.connack(sessionPresent: false)] }
      guard $0.connection == 2, $0.kind == .publish else { return [.usual] }
      return $0.ordinal < 3 ? [] : [.close]
    }
    try await ScriptedBroker.running(script) { broker in
      let program = persistent(broker, "--qos", "\(qos)", "--payload", "record")
      let result = try await program.run(
        input: (1...6).map { "n=\($0)\n\n" }.joined(), within: .seconds(60))
      #expect(result.status == .success, "\(result.errorText)")
      for number in 1...6 {
        #expect(broker.accepted.contains { $0.text.contains("n=\(number)\n") })
      }
    }
  }
}
