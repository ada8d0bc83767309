import Foundation
import TestSupport
import Testing

/// Several receivers of groups of meters, at RabbitMQ, which has no shared subscriptions in version 3.10.
@Suite struct ReceiverGroupTests {
  /// Each group has two receivers with ids of their own: when one is killed, the database lacks nothing.
  @Test func eachGroupHasTwoReceivers() async throws {
    let broker = try await RabbitMQ.shared
    let groups = ["north", "south", "west"]
    try await TemporaryDirectory.with { directory in
      try await InfluxDB.running { database in
        func receiver(_ first: Int) -> Program {
          let filters = [first, (first + 1) % 3].map { "pairs/\(groups[$0])/+/record" }
          var environment = settings(broker)
          environment["MQTT_CLIENT_UNIQ"] = "pairs\(first)"
          environment["P1_BIN"] = ToolPaths.directory
          environment["STATE_DIRECTORY"] = directory.path("state\(first)")
          environment["INFLUXDB_URL"] = "http://127.0.0.1:\(database.port)"
          environment["INFLUXDB_DB"] = "test"
          return Program(
            Repository.path("scripts/p1receive"), filters, environment: environment,
            directory: directory.path)
        }
        /// Publishes each record in the group of its number.
        func send(_ numbers: Range<Int>) async throws {
          for (index, group) in groups.enumerated() {
            try await publish(
              numbers.filter { $0 % 3 == index }, to: broker, "pairs/\(group)")
          }
        }
        func expect(_ count: Int) async throws {
          _ = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(100)) {
            try await database.tally(of: count).isWhole
          }
          let tally = try await database.tally(of: count)
          // InfluxDB keeps one of two equal points.
          #expect(tally.isWhole && tally.duplicates == 0, "\(tally)")
        }
        try await receiver(0).whileRunning { first in
          try await receiver(1).whileRunning { second in
            try await receiver(2).whileRunning { third in
              // The subscriptions of two groups for each receiver.
              let haveSubscribed = try await Deadline(in: .seconds(60)).poll {
                try await bindings(of: broker).count { $0.contains("pairs.") } == 6
              }
              let errors = [first, second, third].map(\.errorText)
              try #require(haveSubscribed, "\(errors)")
              try await send(0..<300)
              first.sendToAll(signal: SIGKILL)
              try await send(300..<600)
              try await expect(600)
            }
          }
        }
      }
    }
  }

  /// Receivers on two hosts with one id take turns; when one is killed, the other goes on.
  @Test func twoReceiversTakeTurns() async throws {
    let broker = try await RabbitMQ.shared
    let receiver = Program(
      "p1mqtt", ["--receive", "--id", "turns", "turns/+/record"], environment: settings(broker))
    try await receiver.whileRunning { first in
      let isReady = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
        try await broker.client.publish("ready=1\n\n", to: "turns/E1/record")
        return first.text.contains("ready=1")
      }
      #expect(isReady)
      try await receiver.whileRunning { second in
        let text = { first.text + "\n" + second.text }
        var sent = 0
        func send(until condition: () -> Bool) async throws {
          let holds = try await Deadline(in: .seconds(60)).poll {
            try await publish(Array(sent..<sent + 20), to: broker, "turns")
            sent += 20
            return condition()
          }
          #expect(holds, "\(first.errorText) \(second.errorText)")
        }
        try await send {
          [first, second].allSatisfy { RecordFlow.numbers(in: $0.text).count >= 60 }
        }
        first.send(signal: SIGKILL)
        _ = try await first.waitForExit()
        let end = sent + 200
        try await send { sent >= end }
        _ = try await Deadline(in: .seconds(30)).poll {
          NumberedTally(RecordFlow.numbers(in: text()), of: sent).isWhole
        }
        let tally = NumberedTally(RecordFlow.numbers(in: text()), of: sent)
        #expect(tally.isWhole, "\(tally)")
      }
    }
  }

  private func settings(_ broker: some MQTTBroker) -> [String: String] {
    [
      "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)", "MQTT_PROTOCOL": "3.1.1",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
    ]
  }

  private func bindings(of broker: RabbitMQ) async throws -> [Substring] {
    try await Program(
      "rabbitmqctl", ["-q", "-n", broker.control["RABBITMQ_NODENAME"] ?? "", "list_bindings"],
      environment: broker.control
    ).run(within: .seconds(30)).lines
  }

  private func publish(_ numbers: [Int], to broker: some MQTTBroker, _ prefix: String) async throws
  {
    let records = numbers.map { RecordFlow.text($0, padding: "meter=E1\n") }
    let result = try await Program(
      "p1mqtt", ["--payload", "record", "--no-status", "--prefix", prefix],
      environment: settings(broker)
    ).run(input: records.joined())
    #expect(result.status == .success, "\(result.errorText)")
  }
}
