import Foundation
import TestSupport
import Testing

/// Pipes that end or stand still: in the middle of a record, or beside a reader of the same records.
@Suite struct PipeFaultTests {
  @Test func serverThatStandsStillDoesNotStallTheNeighbour() async throws {
    try await Spooling.withInfluxDB(["--timeout", "2"]) { database, sink in
      let records = try RecordFlow(rate: 400, padding: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        try await records.pass(100)
        database.pause()
        try await both.waitForError("; trying again", within: .seconds(20))
        try await records.pass(1500)
        let known = records.sent
        // It has them while the server still stands.
        try await both.wait(for: "all records beside it") {
          RecordFlow.numbers(in: $0.text).count >= known
        }
        database.resume()
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
        let tally = try await database.tally(of: sent)
        #expect(
          tally.isWhole, "\(tally); said: \(result.errorText); \(database.process.log.suffix(5000))"
        )
      }
    }
  }

  @Test func sinkThatIsKilledDoesNotCostTheNeighbourAnything() async throws {
    try await Spooling.withInfluxDB { _, sink in
      let records = try RecordFlow(rate: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        try await records.pass(500)
        let victim = try #require(both.processes.first { isProcess($0, "p1influx") })
        kill(victim, SIGKILL)
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(128 + SIGKILL))
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
      }
    }
  }

  /// One that does not even begin: who writes to it gets EPIPE.
  @Test func sinkThatRefusesToRunDoesNotCostTheNeighbourAnything() async throws {
    try await Spooling.withInfluxDB { _, sink in
      let records = try RecordFlow(rate: 1000)
      let script = "mkdir '\(sink.spool)'; exec 9>'\(sink.spool)/lock'; flock 9; "
      try await sink.beside(before: script).whileRunning(input: records.input) { both in
        try await both.waitForError("/spool: in use by another process\n")
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(75))
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
      }
    }
  }

  /// Who reads on after a kill, or a stop, finds a record from its beginning.
  @Test(arguments: [SIGKILL, SIGTERM])
  func sinkThatEndsInTheMiddleOfARecordLeavesItInThePipe(_ signal: Int32) async throws {
    try await Spooling.withInfluxDB { database, sink in
      let pipe = Pipe()
      let input = pipe.fileHandleForReading.fileDescriptor
      let output = pipe.fileHandleForWriting
      let second = RecordFlow.text(12)
      try await sink.program.whileRunning(input: input) { sink in
        try output.write(contentsOf: Data((RecordFlow.text(0) + second.prefix(34)).utf8))
        // Long since it has seen the half of it.
        let isThere = try await Deadline(in: .seconds(20)).poll {
          try await database.tally(of: 1).isWhole
        }
        #expect(isThere)
        sink.send(signal: signal)
        _ = try await sink.waitForExit()
      }
      try output.write(contentsOf: Data(second.dropFirst(34).utf8))
      try output.close()
      let result = try await sink.program.whileRunning(input: input) { sink in
        try await sink.waitForExit(within: .seconds(60))
      }
      #expect(result.status == .success && !result.errorText.contains("refused"))
      let rows = try await database.query("SELECT n FROM dsmr")
      #expect(rows.map { $0["n"]?.double } == [0, 12])
      #expect(rows.last?["time"] == .integer(1_768_478_412_000_000_000))
    }
  }

  /// What is there of a record when its writer has gone is not waited for.
  @Test(arguments: ["", "\n", "\n\n"])
  func inputThatEndsInTheMiddleOfARecord(_ end: String) async throws {
    try await Spooling.withInfluxDB { database, sink in
      let text = RecordFlow.text(0) + "timestamp=\(RecordFlow.time(1))\nn=1" + end
      let result = try await sink.program.run(input: text)
      #expect(result.status == .success && result.errorText == "")
      let tally = try await database.tally(of: 2)
      #expect(tally.isWhole, "\(tally)")
      #expect(try sink.segments == [])
    }
  }
}
