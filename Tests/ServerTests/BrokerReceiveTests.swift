import Foundation
import TestSupport
import Testing

/// Records from p1mqtt through a real broker to `p1mqtt --receive`, while any of them is killed.
@Suite struct BrokerReceiveTests {
  /// Runs receivers one after the other with one output pipe, and kills all but the last.
  @Test(arguments: ["5", "3.1.1"])
  func aReceiverThatIsKilledAgainAndAgainLosesNothing(_ version: String) async throws {
    try await killsCostNothing(try await Mosquitto.shared, version)
  }

  @Test func aReceiverOfRabbitMQThatIsKilledAgainAndAgainLosesNothing() async throws {
    try await killsCostNothing(try await RabbitMQ.shared, "3.1.1")
  }

  private func killsCostNothing(_ broker: some MQTTBroker, _ version: String) async throws {
    let settings = settings(broker, "kills/\(version)")
    let kills = """
      for run in {1..12}; do
        p1mqtt --receive --protocol \(version) & sleep 0.$((RANDOM % 5 + 3)); kill -9 $!; wait $!
      done 2> /dev/null
      exec p1mqtt --receive --protocol \(version)
      """
    try await Program.bash(kills, environment: settings).whileRunning { receiver in
      let records = try RecordFlow(rate: 300)
      try await sender(settings).whileRunning(input: records.input) { sender in
        try await records.pass(2500)
        let sent = try await records.finish()
        let result = try await sender.waitForExit(within: .seconds(60))
        #expect(result.status == .success && result.errorText == "")
        let numbers = try await numbers(receiver, from: sent)
        // The first receiver may have subscribed late.
        let tally = NumberedTally(numbers, of: sent)
        #expect(tally.lost.allSatisfy { $0 < (numbers.min() ?? 0) }, "\(tally)")
        #expect(tally.strange.isEmpty && tally.overtaken.isEmpty, "\(tally)")
      }
    }
  }

  @Test func aBrokerThatIsKilledLosesNothing() async throws {
    try await Mosquitto.running(settings: Mosquitto.durable) { broker in
      let settings = settings(broker, "killed")
      try await receiver(settings).whileRunning { receiver in
        try await waitUntilReceived(receiver, settings)
        for kill in 0..<3 {
          try await send(kill * 100..<kill * 100 + 100, settings)
          // The broker writes to its disk a second after each change.
          try await Task.sleep(for: .seconds(2))
          await broker.kill()
          try await broker.start()
        }
        let numbers = try await numbers(receiver, from: 300)
        #expect(NumberedTally(numbers, of: 300).isWholeInOrder)
      }
    }
  }

  @Test func twoReceiversWithOneIDLoseNothing() async throws {
    let settings = settings(try await Mosquitto.shared, "twins")
    try await receiver(settings).whileRunning { first in
      try await waitUntilReceived(first, settings)
      try await receiver(settings).whileRunning { second in
        for index in 0..<10 {
          try await send(index * 10..<index * 10 + 10, settings)
          try await Task.sleep(for: .milliseconds(300))
        }
        let isWhole = try await Deadline(in: .seconds(30)).poll {
          NumberedTally(RecordFlow.numbers(in: first.text + "\n" + second.text), of: 100).isWhole
        }
        #expect(isWhole)
      }
    }
  }

  /// A shared subscription. What mosquitto has given to a receiver that is killed waits for it.
  @Test func receiversShareTheWork() async throws {
    let settings = settings(try await Mosquitto.shared, "shared")
    func receiver(_ id: String) -> Program {
      Program(
        "p1mqtt", ["--receive", "--id", id, "$share/group/shared/+/record"], environment: settings)
    }
    try await receiver("share1").whileRunning { first in
      try await receiver("share2").whileRunning { second in
        let areReceiving = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
          try await sender(settings).run(input: "ready=1\n")
          return [first, second].allSatisfy { $0.text.contains("ready=1\n") }
        }
        #expect(areReceiving)
        try await send(0..<200, settings)
        first.send(signal: SIGKILL)
        _ = try await first.waitForExit()
        try await send(200..<400, settings)
        try await receiver("share1").whileRunning { third in
          let texts = { [first, second, third].map(\.text).joined(separator: "\n") }
          let isWhole = try await Deadline(in: .seconds(30)).poll {
            NumberedTally(RecordFlow.numbers(in: texts()), of: 400).isWhole
          }
          #expect(isWhole)
          let counts = [first, second, third].map { RecordFlow.numbers(in: $0.text).count }
          #expect(counts.allSatisfy { $0 > 20 }, "\(counts)")
        }
      }
    }
  }

  /// A retained message is received once, and not again after a reconnection.
  @Test func retainedMessages() async throws {
    try await Mosquitto.running(settings: Mosquitto.durable) { broker in
      let settings = settings(broker, "kept")
      try await broker.client.publish("n=1\n\n", to: "kept/E1/record", retain: true)
      try await receiver(settings).whileRunning { receiver in
        try await receiver.waitForOutput("n=1\n\n")
        try await broker.stop()
        try await broker.start()
        try await receiver.waitForError("connected\n", within: .seconds(30))
        try await broker.client.publish("n=2\n\n", to: "kept/E1/record")
        try await receiver.waitForOutput("n=2\n\n")
        #expect(RecordFlow.numbers(in: receiver.text) == [1, 2])
      }
    }
  }

  // MARK: - Helpers

  private func settings(_ broker: some MQTTBroker, _ prefix: String) -> [String: String] {
    [
      "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)", "MQTT_TOPIC_PREFIX": prefix,
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
    ]
  }

  private func receiver(_ settings: [String: String]) -> Program {
    Program("p1mqtt", ["--receive"], environment: settings)
  }

  private func sender(_ settings: [String: String]) -> Program {
    Program("p1mqtt", ["--payload", "record", "--no-status"], environment: settings)
  }

  private func send(_ numbers: Range<Int>, _ settings: [String: String]) async throws {
    let records = numbers.map { RecordFlow.text($0, padding: "meter=E1\n") }
    let result = try await sender(settings).run(input: records.joined())
    #expect(result.status == .success, "\(result.errorText)")
  }

  /// The broker keeps messages only after the first subscription.
  private func waitUntilReceived(
    _ receiver: RunningProgram, _ settings: [String: String]
  ) async throws {
    let isReceived = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
      try await sender(settings).run(input: "ready=1\n")
      return receiver.text.contains("ready=1\n")
    }
    #expect(isReceived)
  }

  /// The numbers of the records received, once the last record has arrived.
  private func numbers(_ receiver: RunningProgram, from sent: Int) async throws -> [Int] {
    _ = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(100)) {
      receiver.text.contains("\nn=\(sent - 1)\n")
    }
    return RecordFlow.numbers(in: receiver.text)
  }
}
