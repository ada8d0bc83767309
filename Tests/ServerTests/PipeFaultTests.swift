import Foundation
import TestSupport
import Testing

/// A sink behind tee(1) beside another reader, either of which is paused or killed; and input that
/// ends in the middle of a record.
@Suite struct PipeFaultTests {
  // MARK: - Another reader beside a sink

  @Test(arguments: Receiver.Kind.allCases)
  func serverThatStandsStillDoesNotStallTheNeighbour(_ kind: Receiver.Kind) async throws {
    try await Receiver.with(kind, payload: "json", ["--timeout", "2"]) { receiver, sink in
      let records = try RecordFlow(rate: 400, padding: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        #expect(try await receiver.waitForRecord())
        receiver.server.pause()
        try await both.waitForError("; trying again", within: .seconds(20))
        try await records.pass(1500)
        let known = records.sent
        try await both.wait(for: "all records beside it, while the server stands still") {
          RecordFlow.numbers(in: $0.text).count >= known
        }
        receiver.server.resume()
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
        let tally = try await receiver.tally(of: sent)
        #expect(
          tally.isWholeInOrder,
          "\(tally); messages: \(result.errorText); \(receiver.server.process.log.suffix(5000))")
      }
    }
  }

  @Test(arguments: Receiver.Kind.allCases)
  func sinkThatIsKilledDoesNotCostTheNeighbourAnything(_ kind: Receiver.Kind) async throws {
    try await Receiver.with(kind) { receiver, sink in
      let records = try RecordFlow(rate: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        #expect(try await receiver.waitForRecord())
        let victim = try #require(
          both.processes(named: sink.program.executable).first)
        kill(victim, SIGKILL)
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(128 + SIGKILL))
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
      }
    }
  }

  /// The sink exits at once, so tee(1) gets EPIPE.
  @Test func sinkThatCannotStartDoesNotCostTheNeighbourAnything() async throws {
    try await SpoolingSink.withInfluxDB { _, sink in
      let records = try RecordFlow(rate: 1000)
      let script = "mkdir '\(sink.spool)'; exec 9>'\(sink.spool)/lock'; flock 9; "
      try await sink.beside(before: script).whileRunning(input: records.input) { both in
        try await both.waitForError("/spool: in use by another process;")
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(75))
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
      }
    }
  }

  /// The neighbour reads a little and exits; tee(1) continues for the sink.
  @Test func neighbourThatDiesCostsNothing() async throws {
    try await SpoolingSink.withMosquitto { _, sink, subscriber in
      let records = try RecordFlow(rate: 1000)
      try await sink.beside(">(head -n 10 >&2)").whileRunning(input: records.input) { both in
        try await both.waitForError("n=2\n", within: .seconds(60))
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let tally = try await subscriber.tally(of: sent)
        #expect(tally.isWholeInOrder && tally.duplicates == 0, "\(tally)")
      }
    }
  }

  /// A neighbour that never reads blocks the sink as well, but no record is lost: the rest arrives
  /// once the neighbour has exited.
  @Test func neighbourThatStandsStillCostsNothing() async throws {
    try await SpoolingSink.withMosquitto { _, sink, subscriber in
      let records = try RecordFlow(rate: 400, padding: 1000)
      try await sink.beside(">(exec sleep 300 >&2)").whileRunning(input: records.input) { both in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        // The pipes of the neighbour and of tee(1) are full.
        var before = -1
        let isStuck = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(500)) {
          defer { before = records.sent }
          return records.sent == before
        }
        #expect(isStuck)
        let neighbour = try #require(both.processes(named: "sleep").first)
        kill(neighbour, SIGKILL)
        try await records.pass(200)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let tally = try await subscriber.tally(of: sent)
        #expect(tally.isWholeInOrder, "\(tally)")
      }
    }
  }

  // MARK: - Incomplete records

  /// The process that continues after a kill or a stop reads the record from its beginning.
  @Test(arguments: Receiver.Kind.allCases, [SIGKILL, SIGTERM])
  func sinkThatEndsInTheMiddleOfARecordLeavesItInThePipe(
    _ kind: Receiver.Kind, _ signal: Int32
  ) async throws {
    try await Receiver.with(kind) { receiver, sink in
      let pipe = Pipe()
      let input = pipe.fileHandleForReading.fileDescriptor
      let output = pipe.fileHandleForWriting
      let second = RecordFlow.text(12)
      try await sink.program.whileRunning(input: input) { sink in
        try output.write(contentsOf: Data((RecordFlow.text(0) + second.prefix(34)).utf8))
        // Once the first record is delivered, the sink has seen the half of the second.
        #expect(try await receiver.waitForRecord())
        sink.send(signal: signal)
        _ = try await sink.waitForExit()
      }
      try output.write(contentsOf: Data(second.dropFirst(34).utf8))
      try output.close()
      let result = try await sink.program.whileRunning(input: input) { sink in
        try await sink.waitForExit(within: .seconds(60))
      }
      #expect(result.status == .success && !result.errorText.contains("rejected"))
      let hasArrived = try await Deadline(in: .seconds(10)).poll {
        try await receiver.numbers.contains(12)
      }
      #expect(hasArrived)
      #expect(try await Set(receiver.numbers) == [0, 12])
      if case .database(let database) = receiver {
        let rows = try await database.query("SELECT n FROM dsmr")
        #expect(rows.count == 2 && rows.last?["time"] == .integer(1_768_478_412_000_000_000))
      }
    }
  }

  /// At the end of the input the last record counts as complete.
  @Test(arguments: Receiver.Kind.allCases, ["", "\n", "\n\n"])
  func inputThatEndsInTheMiddleOfARecord(_ kind: Receiver.Kind, _ end: String) async throws {
    try await Receiver.with(kind) { receiver, sink in
      let text = RecordFlow.text(0) + "timestamp=\(noon(plus: 1))\nn=1" + end
      let result = try await sink.program.run(input: text)
      #expect(result.status == .success && result.errorText == "")
      let tally = try await receiver.tally(of: 2)
      #expect(tally.isWholeInOrder && tally.duplicates == 0, "\(tally)")
      #expect(try sink.segments == [])
    }
  }
}
