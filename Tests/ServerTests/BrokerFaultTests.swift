import Foundation
import TestSupport
import Testing

/// p1mqtt with a spool loses no record while p1mqtt, the broker or both are stopped, killed and
/// restarted. Numbered records flow through a pipe, and in the end a subscriber has each of them,
/// the first deliveries in order. scripts/fault does the same for longer.
@Suite struct BrokerFaultTests {
  // MARK: - The sink

  @Test(arguments: [("json", 500, false), ("record", 500, false), ("record", 10, true)])
  func sinkThatIsKilledAgainAndAgainLosesNothing(
    _ payload: String, _ rate: Int, _ isSourceLost: Bool
  ) async throws {
    try await SpoolingSink.withMosquitto(payload) { _, sink, subscriber in
      let records = try RecordFlow(rate: rate, isSourceLost: isSourceLost)
      try await killsCostNothing(sink, records, within: rate * 3 / 5, subscriber)
    }
  }

  @Test func sinkOfRabbitMQThatIsKilledAgainAndAgainLosesNothing() async throws {
    let broker = try await RabbitMQ.shared
    try await TemporaryDirectory.with { directory in
      let sink = SpoolingSink(to: broker, "json", in: directory)
      try await broker.client.subscribed(to: "fault/#", identifier: "kills") { subscriber in
        let records = try RecordFlow(rate: 300)
        try await killsCostNothing(sink, records, within: 200, subscriber)
      }
    }
  }

  private func killsCostNothing(
    _ sink: SpoolingSink, _ records: RecordFlow, within count: Int, _ subscriber: MQTTSubscriber
  ) async throws {
    for _ in 0..<15 { try await sink.runAndKill(on: records, within: count) }
    let sent = try await records.finish()
    let result = try await sink.run(on: records)
    #expect(result.status == .success, "\(result.errorText)")
    let tally = try await subscriber.tally(of: sent)
    #expect(tally.isWholeInOrder, "\(tally)")
    #expect(try sink.segments == [])
  }

  @Test func aSpoolHasOneSink() async throws {
    try await SpoolingSink.withMosquitto("record") { _, sink, subscriber in
      let records = try RecordFlow(rate: 200)
      try await sink.program.whileRunning(input: records.input) { running in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        let other = try await sink.program.run(input: RecordFlow.text(1_000_000))
        #expect(other.status == .exited(75))
        #expect(other.errorText.contains("/spool: in use by another process;"))
        let sent = try await records.finish()
        let result = try await running.waitForExit(within: .seconds(60))
        #expect(result.status == .success)
        let tally = try await subscriber.tally(of: sent)
        #expect(tally.isWholeInOrder, "\(tally)")
        #expect(tally.duplicates == 0)
      }
    }
  }

  // MARK: - The broker

  @Test func pausedBrokerCostsNoRecordAndBlocksNoInput() async throws {
    // This rate fills a pipe in less time than the broker is paused.
    let records = try RecordFlow(rate: 400, padding: 1000)
    try await SpoolingSink.withMosquitto("json", ["--timeout", "2"]) { broker, sink, subscriber in
      try await everythingArrives(records, sink, subscriber) { sink in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        try await records.pass(200)
        broker.pause()
        try await sink.waitForError("no answer for 2 s; trying again", within: .seconds(20))
        try await records.pass(2000)
        broker.resume()
      }
    }
  }

  /// With the settings of `Mosquitto.durable`, mosquitto (2.0.11) writes each message to the disk
  /// right after its acknowledgement. A kill in between loses that message if the subscriber does
  /// not have it yet.
  @Test func killsOfMosquittoCostOneEachAtMost() async throws {
    try await SpoolingSink.withMosquitto("json", settings: Mosquitto.durable) {
      broker, sink, subscriber in
      let kills = 4
      let records = try RecordFlow(rate: 50)
      try await sink.program.whileRunning(input: records.input) { running in
        for kill in 1...kills {
          try await records.pass(.random(in: 10...70))
          await broker.kill()
          try await records.pass(20)
          try await broker.start()
          try await subscriber.waitUntilSubscribed(times: kill + 1, within: .seconds(60))
        }
        _ = try await records.finish()
        let result = try await running.waitForExit(within: .seconds(90))
        #expect(result.status == .success, "\(result.errorText)")
      }
      try await sink.drain()
      #expect(try sink.segments == [])
      try await subscriber.wait(within: .seconds(60)) {
        $0.last { $0.number != nil }?.number == records.sent - 1
      }
      let tally = try await subscriber.tally(of: records.sent, within: .seconds(1))
      #expect(tally.lost.count <= kills && tally.strange == [], "\(tally)")
      #expect(tally.overtaken == [])
    }
  }

  /// RabbitMQ writes a message for a persistent session to the disk before it acknowledges it.
  @Test func killsOfRabbitMQCostNothing() async throws {
    try await TemporaryDirectory.with { directory in
      try await RabbitMQ.running { broker in
        let sink = SpoolingSink(to: broker, "json", in: directory)
        try await broker.client.subscribed(to: "fault/#", identifier: "kills") { subscriber in
          let records = try RecordFlow(rate: 200)
          try await everythingArrives(records, sink, subscriber) { _ in
            for _ in 0..<2 {
              try await records.pass(.random(in: 200...600))
              await broker.kill()
              try await records.pass(100)
              try await broker.start()
            }
          }
        }
      }
    }
  }

  /// Expects that a subscriber gets all records of a sink, whatever `body` does meanwhile.
  private func everythingArrives(
    _ records: RecordFlow, _ sink: SpoolingSink, _ subscriber: MQTTSubscriber,
    although body: (RunningProgram) async throws -> Void
  ) async throws {
    try await sink.program.whileRunning(input: records.input) { running in
      try await body(running)
      _ = try await records.finish()
      // The sink may exit before its next retry.
      let result = try await running.waitForExit(within: .seconds(90))
      #expect(result.status == .success, "\(result.errorText)")
    }
    try await sink.drain()
    let tally = try await subscriber.tally(of: records.sent)
    #expect(tally.isWholeInOrder, "\(tally)")
  }
}
