import Foundation
import TestSupport
import Testing

/// The scripted broker, with the clients of mosquitto.
@Suite struct ScriptedBrokerTests {
  private static let versions = ["mqttv311", "mqttv5"]

  @Test(arguments: versions, [0, 1, 2])
  func messagesAreTaken(_ version: String, _ qos: Int) async throws {
    try await ScriptedBroker.running { broker in
      let client = broker.client.with("-V", version)
      let result = try await client.publish("1.5 µ", to: "meter/a", qos: qos, retain: true)
      #expect(result.status == .success, "\(result.errorText)")
      try await broker.wait { $0.packets.last?.kind == .disconnect && $0.openCount == 0 }
      let message = MQTTMessage(
        topic: "meter/a", qos: qos, isRetained: true, payload: Array("1.5 µ".utf8))
      #expect(broker.accepted == [message])
      let kinds: [MQTTPacketKind] = [.connect, .publish] + (qos == 2 ? [.pubrel] : [])
      #expect(broker.packets.map(\.kind) == kinds + [.disconnect])
      let packet = try #require(broker.packets(.publish).first)
      #expect(packet.version == (Self.versions.firstIndex(of: version) ?? 0) + 4)
      #expect(packet.message == message && !packet.isDuplicate)
      #expect((packet.id != nil) == (qos > 0))
      #expect(broker.malformed == [])
    }
  }

  @Test(arguments: versions) func whatAClientSaysOfItself(_ version: String) async throws {
    try await ScriptedBroker.running { broker in
      let client = broker.client.with(
        "-V", version, "-i", "cupboard", "-k", "17", "-u", "meter", "-P", "a b", "--will-topic",
        "gone", "--will-payload", "offline", "--will-qos", "1", "--will-retain")
      try await client.publish("x", to: "a")
      let connect = try #require(broker.connects.first)
      #expect(connect.clientID == "cupboard" && connect.keepAlive == 17 && connect.isClean)
      #expect(connect.user == "meter" && connect.password == "a b")
      #expect(
        connect.will
          == MQTTMessage(topic: "gone", qos: 1, isRetained: true, payload: Array("offline".utf8)))
    }
  }

  @Test func propertiesOfMQTT5() async throws {
    try await ScriptedBroker.running { broker in
      var client = broker.client.with("-V", "mqttv5")
      client.options += [
        "-D", "publish", "message-expiry-interval", "60", "-D", "publish",
        "payload-format-indicator", "1", "-D", "will", "will-delay-interval", "5", "--will-topic",
        "gone", "-D", "connect", "receive-maximum", "7", "-x", "3600",
      ]
      let result = try await client.publish("x", to: "a")
      #expect(result.status == .success, "\(result.errorText)")
      let message = try #require(broker.packets(.publish).first).properties
      #expect(message == [.messageExpiry: 60, .payloadFormat: 1])
      let connect = try #require(broker.packets(.connect).first).properties
      #expect(connect[.receiveMaximum] == 7 && connect[.sessionExpiry] == 3600)
      #expect(broker.malformed == [])
    }
  }

  @Test(arguments: [("mqttv311", 5), ("mqttv5", 0x87)] as [(String, UInt8)])
  func clientThatIsRefused(_ version: String, _ reason: UInt8) async throws {
    try await ScriptedBroker.running({ _ in [.reason(reason)] }) { broker in
      let result = try await broker.client.with("-V", version).publish("x", to: "a")
      #expect(result.status != .success)
      #expect(result.errorText.lowercased().contains("not authori"), "\(result.errorText)")
      #expect(broker.packets.map(\.kind) == [.connect] && broker.accepted == [])
    }
  }

  @Test(arguments: [MQTTAnswer.unknownVersion, [.close], [.reset]])
  func brokerThatDoesNotKnowMQTT5(_ refusal: [MQTTAnswer]) async throws {
    try await ScriptedBroker.running({ $0.version == 5 ? refusal : [.usual] }) { broker in
      let five = broker.client.with("-V", "mqttv5", "-E")
      let result = try await Program(
        "/usr/bin/mosquitto_sub", five.arguments + ["-W", "1", "-t", "a"]
      )
      .run()
      #expect(result.status != .success)
      #expect(broker.packets.allSatisfy { $0.kind == .connect })
      let other = try await broker.client.publish("x", to: "a")
      #expect(other.status == .success)
    }
  }

  @Test func clientThatGetsNoAnswer() async throws {
    for isDeaf in [false, true] {
      try await ScriptedBroker.running(isDeaf: isDeaf, { _ in [] }) { broker in
        try await publishing(to: broker) { client in
          try await broker.wait { isDeaf ? $0.openCount == 1 : $0.packets.count == 1 }
          #expect(client.status == nil)
          broker.close()
        }
        #expect(broker.accepted == [])
      }
    }
  }

  /// Has a client publish as long as `body` lasts, with QoS 1.
  private func publishing(
    to broker: ScriptedBroker, _ options: [String] = [],
    _ body: (RunningProgram) async throws -> Void
  ) async throws {
    try await Program(
      "stdbuf",
      ["-oL", "/usr/bin/mosquitto_pub"] + broker.client.arguments
        + ["-i", "one", "-t", "a", "-q", "1", "-l"] + options
    ).whileRunning { client in
      try await client.write("1\n2\n3\n")
      try await body(client)
    }
  }

  @Test func connectionThatEndsAtAMessage() async throws {
    let script: ScriptedBroker.Script = { packet in
      packet.kind == .publish && packet.connection == 1 && packet.ordinal == 2 ? [.close] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      try await publishing(to: broker) { _ in
        try await broker.wait { $0.accepted.count == 3 }
      }
      #expect(broker.connectionCount == 2)
      #expect(broker.accepted.map(\.text) == ["1", "2", "3"])
      #expect(broker.packets(.publish).contains { $0.isDuplicate && $0.connection == 2 })
    }
  }

  @Test func messagesThatAreRefused() async throws {
    let reasons: [UInt8] = [0x87, 0x97, 0x90]
    let script: ScriptedBroker.Script = { packet in
      packet.kind == .publish ? [.reason(reasons[(packet.ordinal - 1) % 3])] : [.usual]
    }
    for qos in [1, 2] {
      try await ScriptedBroker.running(script) { broker in
        try await publishing(to: broker, ["-V", "5", "-q", "\(qos)"]) { client in
          try await client.waitForError("Not authorized")
          try await client.waitForError("Quota exceeded")
          try await client.waitForError("Topic Name invalid")
        }
        // A message that was refused must not be released.
        #expect(broker.accepted == [] && broker.packets(.pubrel).isEmpty)
      }
    }
  }

  @Test func messageOfQoS2IsTakenOnce() async throws {
    let script: ScriptedBroker.Script = { packet in
      packet.kind == .publish && packet.connection == 1
        ? [.acknowledge(.pubrec), .close] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      try await publishing(to: broker, ["-q", "2", "-c"]) { _ in
        try await broker.wait { $0.accepted.count == 3 && $0.packets(.pubrel).count >= 3 }
      }
      #expect(broker.accepted.map(\.text) == ["1", "2", "3"])
      #expect(broker.connects.allSatisfy { !$0.isClean })
    }
  }

  /// As RabbitMQ does.
  @Test func acknowledgementOfAnotherQoS() async throws {
    let script: ScriptedBroker.Script = { packet in
      packet.message?.qos == 2 ? [.acknowledge(.puback)] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      try await publishing(to: broker, ["-q", "2"]) { _ in
        try await broker.wait { !$0.accepted.isEmpty && $0.openCount == 0 }
      }
      #expect(broker.packets(.pubrel).isEmpty)
    }
  }

  @Test func whatTheBrokerIsCapableOf() async throws {
    let limits: MQTTProperties = [
      .maximumQoS: 1, .retainAvailable: 0, .maximumPacketSize: 100, .receiveMaximum: 2,
    ]
    let script: ScriptedBroker.Script = { packet in
      switch packet.kind {
      case .connect: [.connack(properties: limits)]
      case .publish where packet.message?.text != "kept": []
      default: [.usual]
      }
    }
    try await ScriptedBroker.running(script) { broker in
      let client = broker.client.with("-V", "mqttv5")
      let twice = try await client.publish("x", to: "a", qos: 2)
      #expect(twice.errorText.contains("QoS"), "\(twice.errorText)")
      // The library drops the retain flag without an error.
      let kept = try await client.publish("kept", to: "a", retain: true)
      #expect(kept.status == .success, "\(kept.errorText)")
      #expect(broker.packets(.publish).map { $0.message?.isRetained } == [false])
      // The library drops a message that is too long without an error.
      try await client.publish(String(repeating: "x", count: 200), to: "a")
      try await publishing(to: broker, ["-V", "5"]) { _ in
        try await broker.wait { $0.packets(.publish).count == 3 }
      }
      #expect(broker.packets(.publish).map { $0.message?.text } == ["kept", "1", "2"])
    }
  }

  @Test(arguments: versions, [0, 1, 2])
  func messageToTheClient(_ version: String, _ qos: Int) async throws {
    let message = MQTTMessage(
      topic: "homeassistant/status", qos: qos, payload: Array("online".utf8))
    try await ScriptedBroker.running({ packet in
      packet.kind == .subscribe ? [.usual, .publish(message)] : [.usual]
    }) { broker in
      let client = broker.client.with("-V", version)
      try await client.subscribed(to: "homeassistant/+", qos: 2) { subscriber in
        try await subscriber.wait { $0 == [message] }
        broker.publish(message)
        try await subscriber.wait { $0 == [message, message] }
        let last: MQTTPacketKind = qos == 0 ? .subscribe : qos == 1 ? .puback : .pubcomp
        try await broker.wait { $0.packets.last?.kind == last }
        #expect(broker.packets(.subscribe).first?.filters == ["homeassistant/+"])
        #expect(broker.packets(.subscribe).first?.requestedQoS == [2])
        broker.endConnections()
        try await subscriber.wait { $0 == [message, message, message] }
      }
    }
  }

  @Test(arguments: [("mqttv311", 0x80), ("mqttv5", 0x87)] as [(String, UInt8)])
  func subscriptionThatIsRefused(_ version: String, _ reason: UInt8) async throws {
    try await ScriptedBroker.running({ $0.kind == .subscribe ? [.reason(reason)] : [.usual] }) {
      broker in
      await #expect(throws: ProgramFailure.self) {
        try await broker.client.with("-V", version).subscribed(to: "a") { _ in }
      }
      #expect(broker.malformed == [])
    }
  }

  @Test func connectionIsEndedByTheBroker() async throws {
    try await ScriptedBroker.running({ packet in
      packet.kind == .publish ? [.disconnect(0x8B)] : [.usual]
    }) { broker in
      try await publishing(to: broker, ["-V", "5", "-d"]) { client in
        try await client.waitForOutput("Received DISCONNECT (139)")
      }
    }
  }

  /// Packets byte by byte, in hexadecimal digits.
  @Test(arguments: [
    ("100c00044d5154540402003c0000e000", "20020000"),
    ("100d00044d5154540502003c000000e000", "2003000000"),
    ("100e00044d5154540502003c017f0000", ""),
    ("100c00044d5154540403003c0000", ""),
    ("c000", ""),
    ("100c00044d5154540402003c0000c000e000", "20020000d000"),
    ("100c00044d5154540402003c0000360500016100ffe000", "20020000"),
    ("100c00044d5154540402003c00003206000161000778e000", "2002000040020007"),
  ]) func bytes(_ sent: String, _ received: String) async throws {
    try await ScriptedBroker.running { broker in
      let answer = try await exchange(sent, with: broker)
      #expect(answer == received, "\(broker.malformed) \(broker.packets)")
    }
  }

  /// Sends bytes, in hexadecimal digits.
  /// - Returns: what comes back until the broker ends the connection.
  private func exchange(_ digits: String, with broker: ScriptedBroker) async throws -> String {
    let script = """
      exec 3<>/dev/tcp/127.0.0.1/$1
      printf "$(sed 's/../\\\\x&/g' <<< "$2")" >&3
      timeout 10 od -An -v -tx1 <&3
      """
    let result = try await Program.bash(script, ["\(broker.port)", digits]).run()
    return result.text.filter { !$0.isWhitespace }
  }

  @Test func sessionsAreKept() async throws {
    let goodbye = "e000"
    // Of the client "a": to keep it, and to begin without one.
    let keeping = "100d00044d5154540400003c000161" + goodbye
    let clean = "100d00044d5154540402003c000161" + goodbye
    try await ScriptedBroker.running { broker in
      var found: [String] = []
      for sent in [keeping, keeping, clean, keeping, clean] {
        found.append(try await exchange(sent, with: broker))
      }
      #expect(found == ["20020000", "20020100", "20020000", "20020000", "20020000"])
    }
  }

  @Test func portCanBeUsedAgain() async throws {
    let port = try await ScriptedBroker.running { broker in
      try await broker.client.publish("x", to: "a")
      return broker.port
    }
    try await ScriptedBroker.running(port: port) { broker in
      let result = try await broker.client.publish("x", to: "a")
      #expect(result.status == .success)
    }
  }
}
