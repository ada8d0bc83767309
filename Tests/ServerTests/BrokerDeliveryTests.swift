import Foundation
import TestSupport
import Testing

/// p1mqtt with real brokers: how values arrive, also after the broker was unreachable.
@Suite struct BrokerDeliveryTests {
  private let login = [
    "MQTT_BROKER": "127.0.0.1", "MQTT_USER": Login.standard.user,
    "MQTT_PASS": Login.standard.password,
  ]

  @Test(arguments: [0, 1, 2]) func valuesArriveInOrderAtEachQoS(_ qos: Int) async throws {
    let broker = try await Mosquitto.shared
    let prefix = "order/\(qos)"
    try await broker.client.subscribed(to: "\(prefix)/#", qos: 2) { subscriber in
      let records = (0..<1500).map { "n=\($0)\n\n" }.joined()
      let result = try await p1mqtt(broker, ["--prefix", prefix, "--qos", "\(qos)"])
        .run(input: records)
      #expect(result.status == .success && result.errorText == "")
      try await subscriber.wait(within: .seconds(20)) { $0.count >= 1500 }
      #expect(subscriber.messages.map(\.text) == (0..<1500).map(String.init))
      #expect(subscriber.messages.allSatisfy { $0.qos == qos && !$0.isRetained })
    }
  }

  @Test(arguments: [0, 1, 2]) func valuesReachRabbitMQAtEachQoS(_ qos: Int) async throws {
    let broker = try await RabbitMQ.shared
    let prefix = "rabbit/\(qos)"
    try await broker.client.subscribed(to: "\(prefix)/#", qos: 1) { subscriber in
      let records = (0..<200).map { "n=\($0)\n\n" }.joined()
      let result = try await p1mqtt(broker, ["--prefix", prefix, "--qos", "\(qos)"])
        .run(input: records)
      #expect(result.status == .success)
      // RabbitMQ acknowledges a message of QoS 2 like one of QoS 1, which ends the connection.
      #expect(result.errorText.contains("publishing with QoS 1") == (qos == 2))
      try await subscriber.wait { $0.last?.text == "199" }
      let values = subscriber.messages.compactMap { Int($0.text) }
      // After the reconnection only the newest value is sent.
      #expect(qos == 2 ? values.last == 199 : values == Array(0..<200))
      // RabbitMQ delivers with QoS 0 and 1 only.
      #expect(subscriber.messages.allSatisfy { $0.qos == min(qos, 1) })
    }
  }

  /// A code of a specification file becomes a topic.
  @Test func aSpecificationFileLeadsToATopic() async throws {
    let broker = try await Mosquitto.shared
    let specification = #"""
      { "1-0:99.99.98": ["Number of Cotton Candies per Second (output)", "cotton_candies_produced", "^.*\((.*)\*CCs\)"],
      "1-0:99.99.99": ["Number of Cotton Candies per Second (input)", "cotton_candies_consumed", "^.*\((.*)\*CCs\)"] }
      """#
    try await TemporaryDirectory.with { directory in
      try directory.write(specification, to: "dsmr10.py")
      try await broker.client.subscribed(to: "dsmr/#") { subscriber in
        let script = """
          printf '/TST5\\r\\n\\r\\n1-3:0.2.8(10)\\r\\n1-0:99.99.99(10*CCs)\\r\\n!\\r\\n' |
          p1parse -q | p1mqtt
          """
        var environment = login
        environment["MQTT_PORT"] = "\(broker.port)"
        let result = try await Program.bash(
          script, environment: environment, directory: directory.path
        ).run()
        #expect(result.status == .success && result.errorText == "")
        try await subscriber.wait { $0.contains { $0.topic.contains("cotton") } }
        #expect(
          subscriber.messages.filter { $0.topic.contains("cotton") }.map {
            "\($0.topic) \($0.text)"
          } == ["dsmr/cotton_candies_consumed 10"])
      }
    }
  }

  /// Two gas meters never share a topic.
  @Test func aSecondMeterOfOneKindHasItsOwnTopic() async throws {
    let broker = try await Mosquitto.shared
    try await broker.client.subscribed(to: "kinds/#") { subscriber in
      let record = { (channel: Int) in "channel=\(channel)\ngas_m3=\(channel).5\n\n" }
      let result = try await p1mqtt(broker, ["--prefix", "kinds"])
        .run(input: record(1) + record(2) + record(1) + record(2))
      #expect(result.status == .success)
      try await subscriber.wait { $0.count == 4 }
      #expect(
        subscriber.messages.map { "\($0.topic) \($0.text)" } == [
          "kinds/gas_m3 1.5", "kinds/channel2/gas_m3 2.5", "kinds/gas_m3 1.5",
          "kinds/channel2/gas_m3 2.5",
        ])
    }
  }

  /// The monthly peak has its own time, which never replaces the time of the telegram.
  @Test func aPeakHasItsTimeBelowIt() async throws {
    let broker = try await Mosquitto.shared
    try await broker.client.subscribed(to: "peaks/#") { subscriber in
      let input = """
        timestamp=2026-11-23T10:00:00Z
        meter=E1
        power_import_kw=0.5

        timestamp=2026-11-03T17:15:00Z
        meter=E1
        power_import_month_peak_kw=5.068

        timestamp=2026-10-31T23:00:00Z
        meter=E1
        power_import_month_peak_kw=1.4
        power_export_month_peak_kw=1.5


        """
      let result = try await p1mqtt(broker, ["--prefix", "peaks"]).run(input: input)
      #expect(result.status == .success)
      try await subscriber.wait { $0.count == 7 }
      // An older peak, such as that of last month, does not replace the newer one.
      #expect(
        subscriber.messages.map { "\($0.topic) \($0.text)" } == [
          "peaks/timestamp 2026-11-23T10:00:00Z", "peaks/meter E1", "peaks/power_import_kw 0.5",
          "peaks/power_import_month_peak_kw/timestamp 2026-11-03T17:15:00Z",
          "peaks/power_import_month_peak_kw 5.068",
          "peaks/power_export_month_peak_kw/timestamp 2026-10-31T23:00:00Z",
          "peaks/power_export_month_peak_kw 1.5",
        ])
    }
  }

  @Test func retainedValuesWaitForThoseWhoComeLater() async throws {
    let broker = try await Mosquitto.shared
    let result = try await p1mqtt(broker, ["--prefix", "kept", "--retain"]).run(input: "n=1\n")
    #expect(result.status == .success)
    try await broker.client.subscribed(to: "kept/#") { subscriber in
      try await subscriber.wait { $0.count == 1 }
      #expect(subscriber.messages.first?.isRetained == true)
    }
  }

  @Test func theClientIDIsTheOneSet() async throws {
    try await Mosquitto.running(settings: ["log_dest stderr", "log_type all"]) { broker in
      var program = try p1mqtt(broker, [])
      program.environment["MQTT_CLIENT_UNIQ"] = "cupboard-1"
      try await program.run(input: "n=1\n")
      let isLogged = try await Deadline(in: .seconds(10)).poll {
        broker.process.log.contains("as cupboard-1 ")
      }
      #expect(isLogged, "\(broker.process.log)")
    }
  }

  @Test func wrongPasswordIsLoggedWithoutThePassword() async throws {
    let broker = try await Mosquitto.shared
    var program = try p1mqtt(broker, ["--linger", "1"])
    program.environment["MQTT_PASS"] = "wrong-password"
    try await program.whileRunning { sink in
      try await sink.write("n=1\n\n")
      try await sink.waitForError("Not authorized")
      sink.closeInput()
      let result = try await sink.waitForExit()
      #expect(result.status == .exited(69))
      #expect(result.errorText.contains("127.0.0.1:\(broker.port): "))
      #expect(result.errorText.contains("1 value could not be delivered"))
      #expect(!result.errorText.contains("wrong-password"))
    }
  }

  @Test func brokerThatStartsLaterGetsTheNewestOfEachTopic() async throws {
    try await Mosquitto.running { broker in
      try await broker.stop()
      try await p1mqtt(broker, ["--retain"]).whileRunning { sink in
        try await sink.waitForError("Connection refused")
        for number in 1...100 { try await sink.write("a=\(number)\nb=\(-number)\n\n") }
        try await broker.start()
        try await sink.waitForError("connected", within: .seconds(40))
        try await broker.client.subscribed(to: "dsmr/#") { subscriber in
          try await subscriber.wait { $0.count == 2 }
          // While the broker is connected, every value is sent.
          try await sink.write("a=101\n\na=102\n\n")
          try await subscriber.wait { $0.count == 4 }
          #expect(
            subscriber.messages.map { "\($0.topic) \($0.text)" } == [
              "dsmr/a 100", "dsmr/b -100", "dsmr/a 101", "dsmr/a 102",
            ])
        }
        sink.closeInput()
        #expect(try await sink.waitForExit().status == .success)
      }
    }
  }

  @Test(arguments: [0, 1, 2]) func restartedBrokerGetsTheNewestValues(
    _ qos: Int
  ) async throws {
    try await Mosquitto.running(settings: ["persistence true"]) { broker in
      try await p1mqtt(broker, ["--qos", "\(qos)", "--retain"]).whileRunning { sink in
        try await broker.client.subscribed(to: "dsmr/#") { subscriber in
          try await sink.write("a=1\n\n")
          try await subscriber.wait { $0.map(\.text) == ["1"] }
        }
        await broker.kill()
        try await sink.waitForError("trying again")
        for number in 2...50 { try await sink.write("a=\(number)\n\n") }
        try await broker.start()
        try await sink.waitForError(": connected", within: .seconds(40))
        try await broker.client.subscribed(to: "dsmr/#") { subscriber in
          try await subscriber.wait { $0.map(\.text) == ["50"] }
          try await sink.write("a=51\n\n")
          try await subscriber.wait { $0.map(\.text) == ["50", "51"] }
        }
        sink.send(signal: SIGTERM)
        #expect(try await sink.waitForExit().status == .success)
      }
    }
  }

  @Test func pausedBrokerNeverBlocksTheInput() async throws {
    try await Mosquitto.running { broker in
      try await p1mqtt(broker, ["--qos", "1"]).whileRunning { sink in
        try await sink.write("a=1\n\n")
        broker.pause()
        // More records than p1mqtt buffers for a broker that is merely slow.
        for _ in 0..<10 {
          try await sink.write(String(repeating: "a=1\nb=2\n\n", count: 3000), within: .seconds(20))
        }
        broker.resume()
        sink.closeInput()
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
      }
    }
  }

  private func p1mqtt(_ broker: some MQTTBroker, _ arguments: [String]) throws -> Program {
    Program(
      "p1mqtt", ["--port", "\(broker.port)", "--no-status"] + arguments, environment: login)
  }
}
