import Foundation
import TestSupport
import Testing

/// A message that a broker of MQTT 5 rejects never counts as delivered.
@Suite struct MQTTRejectionTests {
  /// A broker that rejects the messages whose payload contains the text.
  private func script(rejecting text: String, _ reason: UInt8) -> ScriptedBroker.Script {
    { $0.message?.text.contains(text) == true ? [.reason(reason)] : [.usual] }
  }

  @Test(arguments: [1, 2]) func rejectedValuesAreCounted(_ qos: Int) async throws {
    try await ScriptedBroker.running(script(rejecting: "bad", 0x87)) { broker in
      try await broker.p1mqtt(["--qos", "\(qos)", "--no-status"]).whileRunning { sink in
        try await sink.write("n=1\n\nn=bad\n\nn=3\n\n")
        try await sink.waitForError(
          "message to dsmr/n rejected: Not authorized", within: .seconds(30))
        try await broker.wait { $0.lines == ["dsmr/n 1", "dsmr/n 3"] }
        try await sink.waitForCounters("records=3 delivered=2 waiting=0 rejected=1 dropped=0")
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(65))
        #expect(broker.connectionCount == 1)
      }
    }
  }

  /// Discovery works without the birth message of Home Assistant.
  @Test func refusedSubscriptionIsLogged() async throws {
    let script: ScriptedBroker.Script = { $0.kind == .subscribe ? [.reason(0x87)] : [.usual] }
    try await ScriptedBroker.running(script) { broker in
      try await broker.p1mqtt(["--homeassistant"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await sink.waitForError(
          "subscription rejected, so discovery is not repeated when Home Assistant restarts; "
        )
        try await broker.wait { $0.lines.contains("p1/n 1") }
      }
    }
  }

  /// RabbitMQ and NATS end the connection of a client that may not publish to a topic.
  @Test func aTopicThatEndsTheConnectionIsNamed() async throws {
    let script: ScriptedBroker.Script = {
      $0.message?.topic == "dsmr/E1/record" ? [.close] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let program = broker.p1mqtt(["--payload", "record"])
      try await program.whileRunning { sink in
        try await sink.write("meter=E1\nn=1\n\n")
        try await sink.waitForError(
          "the connection was lost after each message to dsmr/E1/record; allow the user to publish to it",
          within: .seconds(30))
      }
    }
  }

  @Test(arguments: ["json", "record"], [1, 2])
  func rejectedRecordsAreQuarantined(_ payload: String, _ qos: Int) async throws {
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running(script(rejecting: "bad", 0x99)) { broker in
        let arguments = [
          "--payload", payload, "--qos", "\(qos)", "--no-status", "--spool",
          directory.path("spool"),
        ]
        try await broker.p1mqtt(arguments).whileRunning { sink in
          let time = "timestamp=2026-01-15T12:00:00Z"
          try await sink.write("\(time)\nn=1\n\n\(time)\nn=bad\n\n\(time)\nn=3\n\n")
          try await broker.wait { $0.accepted.count == 2 }
          let counters = "records=3 delivered=2 waiting=0 rejected=1 dropped=0"
          try await sink.waitForCounters(counters)
          sink.closeInput()
          let result = try await sink.waitForExit(within: .seconds(30))
          #expect(result.status == .success)
          #expect(
            result.errorText.contains(
              "message to dsmr/unknown/\(payload) rejected: Payload format invalid"))
          #expect(
            try directory.badRecords == "# Payload format invalid\n\(time)\nn=bad\n\n")
        }
      }
    }
  }

  /// With QoS 2 a broker may also reject a message in its PUBCOMP.
  @Test func messagesRejectedByPubcompAreRemoved() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .pubrel && $0.ordinal == 1 ? [.reason(0x92)] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt(["--qos", "2", "--no-status"]).run(
        input: "n=1\n\nn=2\n\nn=3\n")
      #expect(result.status == .exited(65))
      #expect(broker.lines.contains("dsmr/n 3"))
    }
  }

  /// "Quota exceeded" is not a rejection: the message is sent again later, and none is lost.
  @Test(arguments: [1, 2], ["clean", "persistent"])
  func exceededQuotaIsNoRejection(_ qos: Int, _ session: String) async throws {
    let script: ScriptedBroker.Script = {
      $0.connection <= 2 && $0.message?.text.contains("n=2") == true ? [.reason(0x97)] : [.usual]
    }
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running(script) { broker in
        let arguments = [
          "--payload", "record", "--qos", "\(qos)", "--no-status", "--spool",
          directory.path("spool"), "--id", "me", "--session", session,
        ]
        try await broker.p1mqtt(arguments).whileRunning { sink in
          try await sink.write("n=1\n\nn=2\n\nn=3\n\n")
          try await sink.waitForError("Quota exceeded; trying again", within: .seconds(30))
          try await broker.wait(within: .seconds(60)) { $0.connects.count >= 3 }
          for number in 1...3 {
            try await broker.wait { $0.accepted.contains { $0.text.contains("n=\(number)\n") } }
          }
          try await sink.waitForCounters("records=3 delivered=3 waiting=0 rejected=0 dropped=0")
        }
      }
    }
  }

  /// A reason code below 0x80 is no error: 0x10 means that nobody has subscribed to the topic.
  @Test(arguments: [1, 2]) func messageWithoutASubscriberIsDelivered(_ qos: Int) async throws {
    let script: ScriptedBroker.Script = { $0.message != nil ? [.reason(0x10)] : [.usual] }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt(["--qos", "\(qos)"]).run(input: "n=1\n")
      #expect(result.status == .success && result.errorText == "")
    }
  }
}
