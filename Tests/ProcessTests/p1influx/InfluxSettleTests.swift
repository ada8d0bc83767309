import Synchronization
import TestSupport
import Testing

/// Servers that forget what they acknowledged, as one does that is killed: p1influx --settle.
@Suite struct InfluxSettleTests {
  private func send(
    _ arguments: [String], _ answer: @escaping @Sendable (Int) -> HTTPAnswer
  ) async throws -> (result: ProgramResult, batches: [[Int]]) {
    let count = Mutex(0)
    return try await HTTPServer.running({ _ in
      answer(
        count.withLock { count in
          count += 1
          return count
        })
    }) { server in
      let url = ["--url", "http://127.0.0.1:\(server.port)", "--batch-count", "10"]
      let result = try await Program("p1influx", url + arguments)
        .run(input: NumberedRecords.text(0..<50))
      let taken = server.exchanges.filter { $0.answer.isSuccess }
      return (result, taken.map { NumberedRecords.numbers(in: $0.request.lines) })
    }
  }

  private static let batches = (0..<5).map { Array(10 * $0..<10 * $0 + 10) }

  @Test func whatIsNotSettledIsSentAgain() async throws {
    let (result, batches) = try await send(["--settle", "3"]) { $0 == 4 ? .close : .noContent }
    #expect(result.status == .success, "\(result.errorText)")
    // libcurl tries once more by itself where a kept connection turns out to be closed.
    #expect(
      batches == Self.batches[..<4] + Self.batches || batches == Self.batches[..<3] + Self.batches)
  }

  @Test func withoutItTheServerIsBelieved() async throws {
    let (result, batches) = try await send([]) { $0 == 4 ? .close : .noContent }
    #expect(result.status == .success, "\(result.errorText)")
    #expect(batches == Self.batches)
  }

  /// Such a server is no reason to begin anew each time.
  @Test func serverThatKeepsNoConnectionGetsAllAllTheSame() async throws {
    let (result, batches) = try await send(["--settle", "2"]) { _ in
      .status(204, headers: ["Connection": "close"])
    }
    #expect(result.status == .success, "\(result.errorText)")
    // It began again at the first new connection, and once more at most.
    #expect(Array(batches.suffix(5)) == Self.batches && batches.count <= 15)
  }
}
