import Foundation
import TestSupport
import Testing

/// A sink with a spool, mostly p1influx, whose server or process fails: numbered records flow through a
/// pipe, and in the end the receiver has each of them. scripts/fault does the same for longer.
@Suite struct FaultTests {
  @Test(arguments: [(500, false), (10, true)])
  func sinkThatIsKilledAgainAndAgainLosesNothing(_ rate: Int, _ isSourceLost: Bool) async throws {
    try await SpoolingSink.withInfluxDB { database, sink in
      let records = try RecordFlow(rate: rate, isSourceLost: isSourceLost)
      for _ in 0..<15 {
        try await sink.runAndKill(on: records, within: rate * 3 / 5)
      }
      let sent = try await records.finish()
      let result = try await sink.run(on: records)
      #expect(result.status == .success, "\(result.errorText)")
      let tally = try await database.tally(of: sent)
      #expect(tally.isWhole, "\(tally)")
      #expect(try sink.segments == [])
    }
  }

  /// No record is delivered, so the spool has all of them.
  @Test(arguments: Receiver.Kind.allCases)
  func sinkThatIsKilledInAnOutageLosesNothing(_ kind: Receiver.Kind) async throws {
    try await Receiver.with(kind, payload: "json") { receiver, sink in
      await receiver.server.kill()
      let records = try RecordFlow(rate: 1000, padding: 500)
      for _ in 0..<10 { try await sink.runAndKill(on: records, within: 500) }
      let sent = try await records.finish()
      try await receiver.restart()
      let result = try await sink.run(on: records)
      #expect(result.status == .success, "\(result.errorText)")
      let tally = try await receiver.tally(of: sent)
      #expect(tally.isWholeInOrder, "\(tally)")
      #expect(try sink.segments == [])
    }
  }

  @Test(arguments: Receiver.Kind.allCases)
  func stopInAnOutageKeepsAllForTheNextTime(_ kind: Receiver.Kind) async throws {
    try await Receiver.with(kind) { receiver, sink in
      await receiver.server.kill()
      let records = try RecordFlow(rate: 200)
      let stopped = try await sink.runAndStopInAnOutage(on: records)
      #expect(stopped.status == .success)
      #expect(stopped.errorText.hasSuffix(" records kept for the next run\n"))
      let sent = try await records.finish()
      try await receiver.restart()
      let result = try await sink.run(on: records)
      #expect(result.status == .success)
      #expect(result.errorText.contains(" records left from an earlier run\n"))
      let tally = try await receiver.tally(of: sent)
      #expect(tally.isWholeInOrder, "\(tally)")
      #expect(try sink.segments == [])
    }
  }

  @Test func serverThatIsKilledAgainAndAgainLacksNothing() async throws {
    let records = try RecordFlow(rate: 200)
    try await everythingArrives(records) { database, _ in
      for _ in 0..<4 {
        try await records.pass(.random(in: 50...300))
        await database.kill()
        try await records.pass(100)
        try await database.start()
      }
    }
  }

  /// VictoriaMetrics (1.79) keeps acknowledged points only in memory for up to ten seconds and
  /// loses them when it is killed; with --settle they are sent again.
  @Test func killsOfVictoriaMetricsCostNothing() async throws {
    try await TemporaryDirectory.with { directory in
      try await VictoriaMetrics.running { database in
        let sink = SpoolingSink(
          to: "http://127.0.0.1:\(database.port)", in: directory, ["--settle", "15"])
        let rate = 100
        let records = try RecordFlow(rate: rate)
        try await sink.program.whileRunning(input: records.input) { sink in
          for _ in 0..<3 {
            try await records.pass(2 * rate)
            await database.kill()
            try await records.pass(rate / 2)
            try await database.start()
          }
          try await records.pass(rate)
          _ = try await records.finish()
          let result = try await sink.waitForExit(within: .seconds(90))
          #expect(result.status == .success, "\(result.errorText)")
        }
        try await sink.drain()
        let values = try await database.export("dsmr_n").flatMap(\.values)
        let tally = NumberedTally(values.map { Int($0) }, of: records.sent)
        #expect(tally.isWhole, "\(tally)")
      }
    }
  }

  @Test func pausedServerCostsNoRecordAndBlocksNoInput() async throws {
    // This rate fills a pipe in less time than the server is paused.
    let records = try RecordFlow(rate: 400, padding: 1000)
    try await everythingArrives(records, ["--timeout", "2"]) { database, sink in
      try await records.pass(200)
      database.pause()
      try await sink.waitForError("; trying again", within: .seconds(20))
      try await records.pass(2000)
      database.resume()
    }
  }

  /// Expects that the database gets all records of a sink, whatever `body` does meanwhile.
  private func everythingArrives(
    _ records: RecordFlow, _ options: [String] = [],
    although body: (InfluxDB, RunningProgram) async throws -> Void
  ) async throws {
    try await SpoolingSink.withInfluxDB(options) { database, sink in
      try await sink.program.whileRunning(input: records.input) { running in
        try await body(database, running)
        _ = try await records.finish()
        // The sink may exit before its next retry.
        let result = try await running.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
      }
      try await sink.drain()
      let tally = try await database.tally(of: records.sent)
      #expect(tally.isWhole, "\(tally)")
    }
  }
}
