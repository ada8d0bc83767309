import Foundation
import TestSupport
import Testing

/// p1mqtt behind tee(1) and beside another reader, either of which may stand still or die; and input
/// that ends in the middle of a record.
@Suite struct BrokerPipeTests {
  @Test func brokerThatStandsStillDoesNotStallTheNeighbour() async throws {
    try await Spooling.withMosquitto("json", ["--timeout", "2"]) { broker, sink, subscriber in
      let records = try RecordFlow(rate: 400, padding: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        broker.pause()
        try await both.waitForError("; trying again", within: .seconds(20))
        try await records.pass(1500)
        let known = records.sent
        // It has them while the broker still stands.
        try await both.wait(for: "all records beside it") {
          RecordFlow.numbers(in: $0.text).count >= known
        }
        broker.resume()
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
        let tally = try await subscriber.tally(of: sent)
        #expect(tally.isWholeInOrder, "\(tally)")
      }
    }
  }

  @Test func sinkThatIsKilledDoesNotCostTheNeighbourAnything() async throws {
    try await Spooling.withMosquitto { _, sink, subscriber in
      let records = try RecordFlow(rate: 1000)
      try await sink.beside().whileRunning(input: records.input) { both in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        let victim = try #require(both.processes.first { isProcess($0, "p1mqtt") })
        kill(victim, SIGKILL)
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await both.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(128 + SIGKILL))
        #expect(RecordFlow.numbers(in: result.text) == Array(0..<sent))
      }
    }
  }

  /// One that reads a little and goes: tee(1) writes on for the other.
  @Test func neighbourThatDiesCostsNothing() async throws {
    try await Spooling.withMosquitto { _, sink, subscriber in
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

  /// Nothing helps where a neighbour never reads, but nothing is lost either: the rest comes once it
  /// has gone.
  @Test func neighbourThatStandsStillCostsNothing() async throws {
    try await Spooling.withMosquitto { _, sink, subscriber in
      let records = try RecordFlow(rate: 400, padding: 1000)
      try await sink.beside(">(exec sleep 300 >&2)").whileRunning(input: records.input) { both in
        try await subscriber.wait(within: .seconds(60)) { !$0.isEmpty }
        // Its pipe is full, and so is that of tee(1): nothing flows.
        var before = -1
        let isStuck = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(500)) {
          defer { before = records.sent }
          return records.sent == before
        }
        #expect(isStuck)
        let neighbour = try #require(both.processes.first { isProcess($0, "sleep") })
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

  /// Who reads on after a kill, or a stop, finds a record from its beginning.
  @Test(arguments: [SIGKILL, SIGTERM])
  func sinkThatEndsInTheMiddleOfARecordLeavesItInThePipe(_ signal: Int32) async throws {
    try await Spooling.withMosquitto { _, sink, subscriber in
      let pipe = Pipe()
      let input = pipe.fileHandleForReading.fileDescriptor
      let output = pipe.fileHandleForWriting
      let second = RecordFlow.text(12)
      try await sink.program.whileRunning(input: input) { sink in
        try output.write(contentsOf: Data((RecordFlow.text(0) + second.prefix(34)).utf8))
        // Long since it has seen the half of it.
        try await subscriber.wait(within: .seconds(60)) { $0.contains { $0.number == 0 } }
        sink.send(signal: signal)
        _ = try await sink.waitForExit()
      }
      try output.write(contentsOf: Data(second.dropFirst(34).utf8))
      try output.close()
      let result = try await sink.program.whileRunning(input: input) { sink in
        try await sink.waitForExit(within: .seconds(60))
      }
      #expect(result.status == .success && !result.errorText.contains("refused"))
      try await subscriber.wait { $0.contains { $0.number == 12 } }
      #expect(Set(subscriber.messages.compactMap(\.number)) == [0, 12])
    }
  }

  /// What is there of a record when its writer has gone is not waited for.
  @Test(arguments: ["", "\n", "\n\n"])
  func inputThatEndsInTheMiddleOfARecord(_ end: String) async throws {
    try await Spooling.withMosquitto { _, sink, subscriber in
      let text = RecordFlow.text(0) + "timestamp=\(RecordFlow.time(1))\nn=1" + end
      let result = try await sink.program.run(input: text)
      #expect(result.status == .success && result.errorText == "")
      let tally = try await subscriber.tally(of: 2)
      #expect(tally.isWholeInOrder && tally.duplicates == 0, "\(tally)")
      #expect(try sink.segments == [])
    }
  }
}
