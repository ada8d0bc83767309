import Foundation
import TestSupport
import Testing

/// p1mqtt with a broker that answers wrongly, late or never: each record is delivered at last, and
/// the first deliveries are in order.
@Suite struct BrokerAnswerTests {
  @Test(arguments: BrokerFault.allCases, [1, 2])
  func brokerThatRecoversLacksNothing(_ fault: BrokerFault, _ qos: Int) async throws {
    try await ScriptedBroker.running({ fault.answers(to: $0) }) { broker in
      let payload = qos == 1 ? "record" : "json"
      let result = try await p1mqtt(broker, payload, ["--qos", "\(qos)", "--timeout", "2"])
        .run(input: Self.records(300), within: .seconds(60))
      #expect(result.status == .success, "\(result.errorText)")
      let tally = NumberedTally(broker.accepted.compactMap(\.number), of: 300)
      #expect(tally.isWhole, "\(tally)\n\(result.errorText)")
      // A broker that left a message out gets it after later ones.
      #expect(tally.overtaken.count <= (fault.skipsAMessage ? 1 : 0), "\(tally)")
      // Only messages in flight on the failed connections come twice.
      #expect(tally.duplicates <= 20 * BrokerFault.connections)
      #expect(broker.malformed == [])
    }
  }

  /// The same with MQTT 3.1.1, where a broker has no DISCONNECT.
  @Test(arguments: [BrokerFault.noAnswerToOne, .closesBeforeAnAnswer, .serverBusy, .garbage])
  func brokerOfMQTT311ThatRecoversLacksNothing(_ fault: BrokerFault) async throws {
    try await ScriptedBroker.running({ fault.answers(to: $0) }) { broker in
      let result = try await p1mqtt(broker, "record", ["--protocol", "3.1.1", "--timeout", "2"])
        .run(input: Self.records(300), within: .seconds(60))
      #expect(result.status == .success, "\(result.errorText)")
      let tally = NumberedTally(broker.accepted.compactMap(\.number), of: 300)
      #expect(tally.isWhole, "\(tally)\n\(result.errorText)")
      // A broker that left a message out gets it after later ones.
      #expect(tally.overtaken.count <= (fault.skipsAMessage ? 1 : 0), "\(tally)")
      #expect(broker.malformed == [])
    }
  }

  @Test func answersMayComeInAnyOrder() async throws {
    let script: ScriptedBroker.Script = { packet in
      guard packet.kind == .publish, let id = packet.id else { return [.usual] }
      // The second of two messages is acknowledged first.
      guard packet.ordinal.isMultiple(of: 2) else { return [] }
      return [.usual, .bytes([0x40, 2, UInt8((id - 1) >> 8), UInt8((id - 1) & 0xFF)])]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await p1mqtt(broker, "record", ["--no-status"]).run(
        input: Self.records(1000), within: .seconds(60))
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.packets(.publish).compactMap(\.message?.number) == Array(0..<1000))
    }
  }

  /// The response timeout of a message must not start again with each answer to another message.
  @Test func oneAnswerThatIsMissingIsNoticedWhileOthersCome() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .publish && $0.connection == 1 && $0.ordinal == 7 ? [] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let records = try RecordFlow(rate: 50)
      try await p1mqtt(broker, "record", ["--timeout", "2"]).whileRunning(input: records.input) {
        sink in
        try await sink.waitForError("no answer for 2 s; trying again", within: .seconds(60))
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let tally = NumberedTally(broker.accepted.compactMap(\.number), of: sent)
        // The broker left the message out, so it comes last.
        #expect(tally.isWhole && tally.overtaken.count <= 1, "\(tally)")
      }
    }
  }

  /// A broker that acknowledges only the status, and no record, does not reset the back-off.
  @Test func acknowledgedStatusDoesNotResetTheBackoff() async throws {
    let script: ScriptedBroker.Script = {
      $0.message?.number == nil ? [.usual] : [.disconnect(0x97)]
    }
    try await ScriptedBroker.running(script) { broker in
      try await p1mqtt(broker, "record", ["--linger", "3"]).whileRunning { sink in
        try await sink.write(RecordFlow.text(0))
        try await broker.wait(within: .seconds(60)) { $0.packets(.connect).count >= 5 }
        let times = broker.packets(.connect).map(\.time)
        // At least half of 4 s after three failures; a first retry comes after at most 1 s.
        #expect(times[4] - times[3] >= .seconds(2))
        // The pauses are not longer than usual.
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(69))
      }
    }
  }

  private func p1mqtt(
    _ broker: ScriptedBroker, _ payload: String, _ options: [String]
  ) -> Program {
    Program("p1mqtt", ["--port", "\(broker.port)", "--payload", payload] + options)
  }

  private static func records(_ count: Int) -> String {
    (0..<count).map { RecordFlow.text($0) }.joined()
  }
}
