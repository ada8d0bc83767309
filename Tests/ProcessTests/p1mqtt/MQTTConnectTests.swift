import TestSupport
import Testing

/// How p1mqtt connects to a broker: its CONNECT packet, and the version of MQTT.
@Suite struct MQTTConnectTests {
  @Test func connectPacket() async throws {
    try await ScriptedBroker.running { broker in
      let result = try await broker.p1mqtt(["--keepalive", "77"]).run(input: "n=1\n")
      #expect(result.status == .success && result.errorText == "")
      let packet = try #require(broker.packets(.connect).first)
      let connect = try #require(packet.connect)
      #expect(packet.version == 5 && broker.connectionCount == 1)
      #expect(connect.clientID.hasPrefix("p1mqtt-") && connect.isClean && connect.keepAlive == 77)
      #expect(connect.user == nil && connect.password == nil)
      #expect(
        connect.will
          == MQTTMessage(
            topic: "dsmr/status", qos: 1, isRetained: true, payload: Array("offline".utf8)))
      #expect(packet.properties[.sessionExpiry] == nil)
      // Any client may publish to the topic that p1mqtt subscribes to.
      #expect(packet.properties[.maximumPacketSize] == 65_536)
      #expect(broker.packets.last?.kind == .disconnect && broker.packets.last?.reason == 0)
      #expect(broker.malformed == [])
    }
  }

  @Test func existingSettings() async throws {
    try await ScriptedBroker.running { broker in
      let environment = [
        "MQTT_ENABLED": "True", "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
        "MQTT_CLIENT_UNIQ": "mqtt-dsmr", "MQTT_TOPIC_PREFIX": "house", "MQTT_AUTH": "True",
        "MQTT_USER": "me", "MQTT_PASS": "hunter2hunter2", "MQTT_QOS": "1", "MQTT_RETAIN": "True",
      ]
      let record = "timestamp=2026-01-15T12:00:00Z\npower_import_kw=0.5\nmeter_model=a\\\\b\n"
      let result = try await Program("p1mqtt", environment: environment).run(input: record)
      #expect(result.status == .success && result.errorText == "")
      let connect = try #require(broker.connects.first)
      #expect(connect.clientID == "mqtt-dsmr")
      #expect(connect.user == "me" && connect.password == "hunter2hunter2")
      #expect(broker.accepted.allSatisfy { $0.qos == 1 && $0.isRetained })
      #expect(
        broker.lines == [
          "house/timestamp 2026-01-15T12:00:00Z", "house/power_import_kw 0.5",
          "house/meter_model a\\b",
        ])
    }
  }

  @Test func withoutAuthenticationThereIsNoUser() async throws {
    try await ScriptedBroker.running { broker in
      let environment = ["MQTT_AUTH": "False", "MQTT_USER": "me", "MQTT_PASS": "hunter2hunter2"]
      try await broker.p1mqtt([], environment).run(input: "n=1\n")
      let connect = try #require(broker.connects.first)
      #expect(connect.user == nil && connect.password == nil)
    }
  }

  @Test func aUserNeedsNoPassword() async throws {
    try await ScriptedBroker.running { broker in
      try await broker.p1mqtt(["--user", "me"]).run(input: "n=1\n")
      let connect = try #require(broker.connects.first)
      #expect(connect.user == "me" && connect.password == nil)
    }
  }

  /// The reason codes of MQTT 3.1.1 and MQTT 5.
  @Test(arguments: [
    ("3.1.1", 4, "bad user name or password; check MQTT_USER and MQTT_PASS"),
    ("3.1.1", 5, "not authorised; check MQTT_USER and MQTT_PASS"),
    ("3.1.1", 3, "broker unavailable"),
    ("5", 0x86, "Bad user name or password; check MQTT_USER and MQTT_PASS"),
    ("5", 0x87, "Not authorized; check MQTT_USER and MQTT_PASS"),
    ("5", 0x8A, "Banned"),
  ])
  func rejectedConnectionsAreLogged(_ version: String, _ code: UInt8, _ reason: String) async throws
  {
    let script: ScriptedBroker.Script = { $0.kind == .connect ? [.connack(code)] : [.usual] }
    try await ScriptedBroker.running(script) { broker in
      try await expectNoConnection(
        broker.p1mqtt(
          ["--protocol", version, "--user", "me"], ["MQTT_PASS": "hunter2hunter2"]),
        """
        p1mqtt: 127.0.0.1:\(broker.port): connection rejected: \(reason); trying again
        p1mqtt: 127.0.0.1:\(broker.port): 1 value could not be delivered

        """)
    }
  }

  // MARK: - Versions

  /// RabbitMQ of Debian closes the connection; an old mosquitto answers that the version is
  /// unknown.
  @Test(arguments: [
    [MQTTAnswer.close], MQTTAnswer.unknownVersion, [.connack(0x84)], [.connack(1)],
  ])
  func oldBrokerGetsMQTT311(_ answers: [MQTTAnswer]) async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .connect && $0.version == 5 ? answers : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt(["--no-status"]).run(input: "n=1\n\nn=2\n")
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.packets(.connect).map(\.version) == [5, 4])
      #expect(broker.lines == ["dsmr/n 1", "dsmr/n 2"])
    }
  }

  /// The version that works is kept, also through an outage.
  @Test func theVersionIsRemembered() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .connect && $0.version == 5 ? MQTTAnswer.unknownVersion : [.usual]
    }
    #expect(try await versionsThroughAnOutage(script) == [5, 4, 4])
  }

  /// A proxy in front of a broker that is still starting may also close the connection.
  @Test func mqtt5IsTriedAgainUnlessRejected() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .connect && $0.version == 5 && $0.connection == 1 ? [.close] : [.usual]
    }
    #expect(try await versionsThroughAnOutage(script) == [5, 4, 5])
  }

  /// The versions tried until a record is acknowledged, and after the connection was lost once.
  private func versionsThroughAnOutage(
    _ script: @escaping ScriptedBroker.Script
  ) async throws -> [Int] {
    try await ScriptedBroker.running(script) { broker in
      try await broker.p1mqtt(["--no-status"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await broker.wait { $0.lines.count == 1 }
        broker.endConnections()
        try await broker.wait { $0.connects.count == 3 }
        return broker.packets(.connect).map(\.version)
      }
    }
  }

  /// Both versions are tried in turn, and this is logged once.
  @Test func brokerThatClosesEveryConnection() async throws {
    try await ScriptedBroker.running({ _ in [.close] }) { broker in
      try await broker.p1mqtt(["--no-status", "--linger", "0"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await broker.wait { $0.connects.count >= 4 }
        #expect(broker.packets(.connect).prefix(4).map(\.version) == [5, 4, 5, 4])
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(69))
        let name = "p1mqtt: 127.0.0.1:\(broker.port): "
        let reason =
          "the broker closed the connection without an answer: its port may require TLS"
        #expect(result.errorText.hasPrefix("\(name)\(reason); trying again"))
        #expect(result.errorText.hasSuffix("\(name)1 value could not be delivered\n"))
      }
    }
  }

  /// Each pause is about twice as long as the one before: a message that was sent but not
  /// acknowledged does not reset the back-off.
  @Test func backoffIsNotResetByAConnectionAlone() async throws {
    try await ScriptedBroker.running({ $0.kind == .publish ? [.close] : [.usual] }) { broker in
      try await broker.p1mqtt(["--no-status"]).whileRunning { sink in
        let start = ContinuousClock.now
        for count in 1...4 {
          try await broker.wait { $0.connects.count == count }
          try await sink.write("n=\(count)\n\n")
        }
        #expect(.now - start >= .seconds(0.5 + 1 + 2))
      }
    }
  }

  @Test func configuredVersionIsTheOnlyOne() async throws {
    try await ScriptedBroker.running({ _ in [.close] }) { broker in
      try await broker.p1mqtt(["--no-status", "--protocol", "5"]).whileRunning { sink in
        try await broker.wait { $0.connects.count >= 2 }
        #expect(broker.packets(.connect).allSatisfy { $0.version == 5 })
        try await sink.waitForError(
          "the broker closed the connection without an answer: it may not support MQTT 5, or its port may require TLS"
        )
      }
    }
  }

  // MARK: - Keep-alive

  @Test func silentBrokerIsPinged() async throws {
    try await ScriptedBroker.running { broker in
      try await broker.p1mqtt(["--no-status", "--keepalive", "5"]).whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await broker.wait(within: .seconds(60)) { !$0.packets(.pingreq).isEmpty }
        #expect(broker.connects.map(\.keepAlive) == [5])
      }
    }
  }

  /// A broker may set a shorter keep-alive than the client asked for.
  @Test func brokerSetsTheKeepAlive() async throws {
    let script: ScriptedBroker.Script = {
      $0.kind == .connect ? [.connack(properties: [.serverKeepAlive: 3])] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      try await broker.p1mqtt(["--no-status", "--keepalive", "3600"]).whileRunning { _ in
        try await broker.wait(within: .seconds(60)) { $0.packets(.pingreq).count >= 2 }
        #expect(broker.connectionCount == 1)
      }
    }
  }

  /// The reason in the DISCONNECT of MQTT 5 is logged.
  @Test(arguments: [
    (0x8B, "Server shutting down"), (0x8E, "Session taken over"), (0x98, "Administrative action"),
  ])
  func reasonOfADisconnectIsLogged(_ reason: UInt8, _ text: String) async throws {
    let script: ScriptedBroker.Script = {
      $0.connection == 1 && $0.kind == .publish ? [.disconnect(reason)] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let result = try await broker.p1mqtt(["--no-status", "--qos", "1"]).run(input: "n=1\n")
      #expect(result.status == .success)
      #expect(broker.lines == ["dsmr/n 1"])
      let name = "p1mqtt: 127.0.0.1:\(broker.port): "
      #expect(
        result.errorText.lowercased().hasPrefix("\(name)\(text); trying again".lowercased()),
        "\(result.errorText)")
    }
  }

  /// p1mqtt exits although an attempt to connect is under way.
  @Test(arguments: ["mqtt", "mqtts"]) func exitDoesNotWaitForAConnection(_ scheme: String)
    async throws
  {
    try await ScriptedBroker.running({ _ in [.connack(0x8A)] }) { broker in
      for _ in 0..<20 {
        let result = try await Program(
          "p1mqtt", ["--broker", "\(scheme)://127.0.0.1:\(broker.port)", "--linger", "0"]
        ).run(input: "n=1\n")
        #expect(result.status == .exited(69), "\(result.errorText)")
      }
    }
  }

  @Test func brokerThatNeverAnswersIsGivenUp() async throws {
    try await ScriptedBroker.running(isDeaf: true) { broker in
      try await broker.p1mqtt(["--no-status", "--timeout", "1", "--linger", "0"]).whileRunning {
        sink in
        try await sink.write("n=1\n\n")
        try await sink.waitForError("\(broker.port): no answer for 1 s", within: .seconds(30))
        sink.closeInput()
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .exited(69))
      }
    }
  }
}
