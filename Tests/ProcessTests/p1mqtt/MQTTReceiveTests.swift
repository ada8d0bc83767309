import Foundation
import TestSupport
import Testing

/// `p1mqtt --receive` with a scripted broker.
@Suite struct MQTTReceiveTests {
  private static let topic = "dsmr/E1/record"

  private static func message(_ text: String, qos: Int = 1, to topic: String = topic) -> MQTTMessage
  {
    MQTTMessage(topic: topic, qos: qos, isRetained: false, payload: [UInt8](text.utf8))
  }

  private func receiver(
    _ broker: ScriptedBroker, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) -> Program {
    Program(
      "p1mqtt", ["--receive", "--port", "\(broker.port)"] + arguments, environment: environment)
  }

  // MARK: - The session

  @Test(arguments: ["5", "3.1.1"]) func theSessionOutlivesTheProcess(_ version: String) async throws
  {
    try await ScriptedBroker.running { broker in
      let program = receiver(
        broker, ["--protocol", version], ["MQTT_CLIENT_UNIQ": "attic", "MQTT_SESSION": "clean"])
      for count in 1...2 {
        try await program.whileRunning { receiver in
          try await broker.wait { $0.packets(.subscribe).count == count }
          receiver.send(signal: count == 1 ? SIGTERM : SIGINT)
          let result = try await receiver.waitForExit()
          #expect(result.status == .success && result.text == "" && result.errorText == "")
        }
      }
      try await broker.wait { $0.packets(.disconnect).count == 2 && $0.openCount == 0 }
      #expect(broker.connects.map(\.clientID) == ["attic-receive", "attic-receive"])
      #expect(broker.connects.allSatisfy { !$0.isClean && $0.will == nil })
      let expiry = broker.packets(.connect).map { $0.properties[.sessionExpiry] }
      #expect(
        expiry == (version == "5" ? [0xFFFF_FFFF, 0xFFFF_FFFF] : [nil, nil]))
      #expect(broker.packets(.subscribe).allSatisfy { $0.requestedQoS == [1] })
    }
  }

  /// Settings, and the client id and the filters that result.
  @Test(arguments: [
    ([], [:], ["dsmr/+/record"], "p1receive-HOST-dsmr"),
    ([], ["MQTT_TOPIC_PREFIX": "my site/1/"], ["my site/1/+/record"], "p1receive-HOST-my_site_1"),
    (["--prefix", "a"], ["MQTT_PAYLOAD": "json"], ["a/+/record"], "p1receive-HOST-a"),
    ([], ["MQTT_TOPIC": "{prefix}/{meter}/{channel}/all"], ["dsmr/+/+/all"], "p1receive-HOST-dsmr"),
    (["a/#", "+/b"], ["MQTT_TOPIC": "x"], ["a/#", "+/b"], "p1receive-HOST-dsmr-b26c3374"),
    ([], ["MQTT_RECEIVE_FILTER": "a/# +/b"], ["a/#", "+/b"], "p1receive-HOST-dsmr-b26c3374"),
    (["c"], ["MQTT_RECEIVE_FILTER": "a/#", "MQTT_CLIENT_UNIQ": "me"], ["c"], "me-receive"),
    (
      [], ["STATE_DIRECTORY": "/var/lib/p1/attic:/var/lib/p1/attic/received"], ["dsmr/+/record"],
      "p1receive-HOST-dsmr-attic"
    ),
    (["--id", "me"], ["MQTT_CLIENT_UNIQ": "attic"], ["dsmr/+/record"], "me"),
  ])
  func filtersAndIDs(
    _ arguments: [String], _ environment: [String: String], _ filters: [String], _ id: String
  ) async throws {
    try await ScriptedBroker.running { broker in
      try await receiver(broker, arguments, environment).whileRunning { _ in
        try await broker.wait { $0.packets(.subscribe).count == filters.count }
        #expect(broker.packets(.subscribe).flatMap(\.filters) == filters)
        let host = ProcessInfo.processInfo.hostName
        #expect(broker.connects.map(\.clientID) == [id.replacing("HOST", with: host)])
      }
    }
  }

  @Test(arguments: [
    (["--receive", "--qos", "1"], "--qos: cannot be used with --receive"),
    (["--receive", "--status"], "--status: cannot be used with --receive"),
    (["--receive", "--session", "clean"], "--session: cannot be used with --receive"),
    (["--receive", "--spool", "x"], "--spool: cannot be used with --receive"),
    (["--receive", "--require-timestamp"], "--require-timestamp: cannot be used with --receive"),
    (["--receive", "a+"], "invalid topic filter \"a+\": + and # must be whole levels"),
    (["--receive", "#/a"], "invalid topic filter \"#/a\": "),
    (["--receive", ""], "invalid topic filter \"\": "),
    (["a/b"], "a/b: topic filters need --receive"),
    (["--receive", "--topic", "{prefix}/all"], "--topic: \"{prefix}/all\" has no level {meter}; "),
    (
      ["--receive", "--topic", "x/{meter}-{channel}"],
      "--topic: \"x/{meter}-{channel}\" has {meter} or {channel} as a part of a level; "
    ),
  ])
  func commandLinesThatCannotBeUsed(_ arguments: [String], _ reason: String) async throws {
    let result = try await Program("p1mqtt", arguments).run()
    #expect(result.status == .exited(64))
    #expect(result.errorText.hasPrefix("p1mqtt: \(reason)"), "\(result.errorText)")
    #expect(result.messages.count == 1)
  }

  @Test func thereIsNothingToReceiveIfItIsOff() async throws {
    let result = try await Program(
      "p1mqtt", ["--receive"], environment: ["MQTT_ENABLED": "False"]
    ).run()
    #expect(result.status == .exited(78))
    #expect(
      result.errorText
        == "p1mqtt: MQTT_ENABLED: it is False: nothing to receive; set it to True\n")
  }

  // MARK: - Messages

  @Test func messagesBecomeRecords() async throws {
    try await ScriptedBroker.running { broker in
      try await receiver(broker, ["--stats", "1"]).whileRunning { receiver in
        try await broker.wait { $0.packets(.subscribe).count == 1 }
        for text in ["timestamp=2026-01-01T00:00:00Z\nn=1\n\n", "n=2", "n=3\n\n\nn=4\r\n\r\n", ""] {
          broker.publish(Self.message(text))
        }
        broker.publish(Self.message("hello\nn=5\n"))
        broker.publish(Self.message("{\"n\":6}", qos: 0, to: "dsmr/E1/json"))
        broker.publish(Self.message("n=7\n\n", qos: 0))
        let expected = "timestamp=2026-01-01T00:00:00Z\nn=1\n\nn=2\n\nn=3\n\nn=4\n\nn=5\n\nn=7\n\n"
        try await receiver.waitForOutput("n=7\n\n")
        #expect(receiver.text == "\n\n" + expected)
        // The messages say so once a minute, and at the end.
        try await receiver.waitForError("messages=6 records=6 rejected=2\n")
        try await broker.wait { $0.packets(.puback).count == 5 }
        receiver.send(signal: SIGTERM)
        let result = try await receiver.waitForExit()
        #expect(result.status == .success)
        let name = "p1mqtt: localhost:\(broker.port): "
        #expect(
          result.errorText.contains(
            "\(name)message to dsmr/E1/record dropped, in part or completely: line 1: line is not key=value\n"
          ))
        #expect(
          result.errorText.contains(
            "\(name)2 messages dropped, in part or completely: lines are not records\n"))
      }
    }
  }

  // MARK: - The reader

  /// A record that was not written is not acknowledged. p1mqtt closes a connection that it cannot
  /// read before the broker does, and reconnects when the reader continues.
  @Test(.timeLimit(.minutes(2))) func aReaderThatStallsHoldsTheBrokerUp() async throws {
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running({ packet in
        let isSecond = packet.kind == .connect && packet.connection == 2
        return isSecond ? [.usual, .publish(Self.message("n=99\n\n"))] : [.usual]
      }) { broker in
        let padding = String(repeating: "x", count: 60_000)
        let program = Program.bash(
          "p1mqtt --receive --keepalive 5 --port \(broker.port) | { read -r; read -r go < go; cat; }",
          directory: directory.path)
        #expect(mkfifo(directory.path("go"), 0o600) == 0)
        try await program.whileRunning { pipe in
          try await broker.wait { $0.packets(.subscribe).count == 1 }
          for number in 0..<40 { broker.publish(Self.message("n=\(number)\nt=\(padding)\n\n")) }
          // A pipe holds up to 1 MiB, as pages are not filled completely.
          try await pipe.waitForError("the reader has read nothing for 5 s; disconnected from ")
          let written = broker.packets(.puback).count
          #expect((8...18).contains(written), "\(written)")
          try await broker.wait { $0.openCount == 0 }
          #expect(broker.connectionCount == 1)
          let go = open(directory.path("go"), O_WRONLY)
          _ = Foundation.write(go, "go\n", 3)
          close(go)
          try await broker.wait { $0.connectionCount == 2 }
          // The output stalled in the middle of a record, and that record is complete.
          try await pipe.waitForOutput("n=\(written - 1)\n")
          try await pipe.waitForOutput("n=99\n\n")
          let numbers = pipe.text.matches(of: /(?m)^n=(\d+)$/).compactMap { Int($0.1) }
          #expect(Array(numbers.prefix(written)) == Array(0..<written), "\(numbers)")
        }
      }
    }
  }

  @Test func theEndOfTheReaderIsAQuietEnd() async throws {
    try await ScriptedBroker.running { broker in
      let program = Program.bash(
        "p1mqtt --receive --port \(broker.port) | sleep 1; echo ${PIPESTATUS[0]}")
      let result = try await program.run()
      #expect(result.text == "0\n" && result.errorText == "")
    }
  }

  @Test func anOutputThatCannotBeWrittenIsAnError() async throws {
    try await ScriptedBroker.running { broker in
      let program = Program.bash("exec p1mqtt --receive --port \(broker.port) > /dev/full")
      try await program.whileRunning { receiver in
        try await broker.wait { $0.packets(.subscribe).count == 1 }
        broker.publish(Self.message("n=1\n\n"))
        let result = try await receiver.waitForExit()
        #expect(result.status == .exited(74))
        #expect(result.errorText == "p1mqtt: standard output: No space left on device\n")
        #expect(broker.packets(.puback).isEmpty)
      }
    }
  }

  // MARK: - The broker

  /// Older versions, rejections and lost connections are retried and logged once.
  @Test func aBrokerThatSpeaksOnly311() async throws {
    try await ScriptedBroker.running({ packet in
      packet.kind == .connect && packet.version == 5 ? MQTTAnswer.unknownVersion : [.usual]
    }) { broker in
      try await receiver(broker).whileRunning { receiver in
        try await broker.wait { $0.packets(.subscribe).count == 1 }
        broker.publish(Self.message("n=1\n\n"))
        try await receiver.waitForOutput("n=1\n\n")
        #expect(broker.packets(.connect).map(\.version) == [5, 4])
      }
    }
  }

  @Test func refusedSubscriptionIsLoggedAndRetried() async throws {
    try await ScriptedBroker.running({ packet in
      guard packet.kind == .subscribe, packet.connection < 2 else { return [.usual] }
      return [.reason(0x87)]
    }) { broker in
      try await receiver(broker).whileRunning { receiver in
        try await broker.wait { $0.packets(.subscribe).count == 2 }
        broker.publish(Self.message("n=1\n\n"))
        try await receiver.waitForOutput("n=1\n\n")
        let name = "p1mqtt: localhost:\(broker.port): "
        #expect(
          receiver.errorText == """
            \(name)subscription to dsmr/+/record rejected: Not authorized; allow the user to \
            read these topics
            \(name)no subscription granted; trying again
            \(name)connected

            """)
      }
    }
  }

  @Test func lowerQoSIsLogged() async throws {
    try await ScriptedBroker.running({ packet in
      packet.kind == .subscribe ? [.acknowledge(.suback, 0)] : [.usual]
    }) { broker in
      try await receiver(broker).whileRunning { receiver in
        try await receiver.waitForError(
          "only QoS 0 granted for dsmr/+/record: messages sent while p1mqtt does not run are lost\n"
        )
      }
    }
  }

  /// If the broker has the session, p1mqtt does not subscribe again, as it would get the retained
  /// messages again.
  @Test func aConnectionThatBreaksIsMadeAgain() async throws {
    try await ScriptedBroker.running { broker in
      try await receiver(broker).whileRunning { receiver in
        try await broker.wait { $0.packets(.subscribe).count == 1 }
        broker.publish(Self.message("n=1\n\n"))
        try await receiver.waitForOutput("n=1\n\n")
        broker.endConnections()
        try await receiver.waitForError("connected\n")
        #expect(broker.connectionCount == 2 && broker.packets(.subscribe).count == 1)
      }
    }
  }
}
