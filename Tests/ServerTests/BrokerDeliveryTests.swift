import Foundation
import TestSupport
import Testing

/// p1mqtt and real brokers: how values arrive, and what happens while a broker is away.
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

  @Test func valuesReachRabbitMQWithAPassword() async throws {
    let broker = try await RabbitMQ.shared
    try await broker.client.subscribed(to: "dsmr/#", qos: 1) { subscriber in
      let result = try await p1mqtt(broker, ["--qos", "1"])
        .run(input: "cotton_candies_consumed=10\n")
      #expect(result.status == .success && result.errorText == "")
      try await subscriber.wait { !$0.isEmpty }
      #expect(
        subscriber.messages == [
          MQTTMessage(topic: "dsmr/cotton_candies_consumed", qos: 1, payload: Array("10".utf8))
        ])
    }
  }

  /// A made-up code, from the telegram by its specification file to a topic.
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
          p1parse | p1mqtt
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

  @Test func aWrongPasswordIsSaidAndKeptSecret() async throws {
    let broker = try await Mosquitto.shared
    var program = try p1mqtt(broker, ["--linger", "1"])
    program.environment["MQTT_PASS"] = "wrong-password"
    let result = try await program.run(input: "n=1\n")
    #expect(result.status == .exited(69))
    #expect(result.errorText.contains("127.0.0.1:\(broker.port): "))
    #expect(result.errorText.contains("not authorised"))
    #expect(result.errorText.contains("1 value could not be delivered"))
    #expect(!result.errorText.contains("wrong-password"))
  }

  @Test func aBrokerThatIsNotThereYetGetsTheNewestOfEachTopic() async throws {
    try await Mosquitto.running { broker in
      try await broker.client.subscribed(to: "dsmr/#") { subscriber in
        try await broker.stop()
        try await p1mqtt(broker, []).whileRunning { sink in
          try await sink.waitUntilSaid("Connection refused")
          for number in 1...100 { try await sink.write("a=\(number)\nb=\(-number)\n\n") }
          try await broker.start()
          try await subscriber.waitUntilSubscribed(times: 2)
          try await subscriber.wait(within: .seconds(40)) { $0.count >= 2 }
          // Each one counts again.
          try await sink.write("a=101\n\na=102\n\n")
          try await subscriber.wait { $0.count >= 4 }
          sink.closeInput()
          #expect(try await sink.waitForExit().status == .success)
          #expect(
            subscriber.messages.map { "\($0.topic) \($0.text)" } == [
              "dsmr/a 100", "dsmr/b -100", "dsmr/a 101", "dsmr/a 102",
            ])
        }
      }
    }
  }

  @Test(arguments: [0, 1]) func aBrokerThatDiesAndComesBackGetsTheNewest(_ qos: Int) async throws {
    try await Mosquitto.running { broker in
      try await broker.client.subscribed(to: "dsmr/#", qos: 1) { subscriber in
        try await p1mqtt(broker, ["--qos", "\(qos)"]).whileRunning { sink in
          try await sink.write("a=1\n\n")
          try await subscriber.wait { $0.count == 1 }
          await broker.kill()
          try await sink.waitForError("trying again")
          for number in 2...50 { try await sink.write("a=\(number)\n\n") }
          try await broker.start()
          try await subscriber.waitUntilSubscribed(times: 2, within: .seconds(40))
          try await sink.waitForError("connected", within: .seconds(40))
          try await sink.write("a=51\n\n")
          try await subscriber.wait { $0.last?.text == "51" }
          sink.send(signal: SIGTERM)
          #expect(try await sink.waitForExit().status == .success)
          let values = subscriber.messages.map(\.text)
          #expect(values.first == "1" && values.suffix(1) == ["51"])
          // The newest of the outage came, unless the subscriber was later back than the sink.
          #expect(Set(values).isSubset(of: ["1", "50", "51"]), "\(values)")
        }
      }
    }
  }

  @Test func aBrokerThatStandsStillNeverStallsTheInput() async throws {
    try await Mosquitto.running { broker in
      try await p1mqtt(broker, ["--qos", "1"]).whileRunning { sink in
        try await sink.write("a=1\n\n")
        broker.pause()
        // At one record a second this would be hours.
        for _ in 0..<10 {
          try await sink.write(String(repeating: "a=1\nb=2\n\n", count: 300), within: .seconds(20))
        }
        broker.resume()
        sink.closeInput()
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
      }
    }
  }

  private func p1mqtt(_ broker: some MQTTBroker, _ arguments: [String]) throws -> Program {
    Program("p1mqtt", ["--port", "\(broker.port)"] + arguments, environment: login)
  }
}

extension RunningProgram {
  fileprivate func waitUntilSaid(_ text: String) async throws {
    try await waitForError(text, within: .seconds(10))
  }
}
