import Synchronization
import TestSupport
import Testing

/// `p1influx --settle`: servers that lose acknowledged records when they are killed.
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

  @Test func unsettledBatchesAreSentAgain() async throws {
    let (result, batches) = try await send(["--settle", "3"]) { $0 == 4 ? .close : .noContent }
    #expect(result.status == .success, "\(result.errorText)")
    // libcurl itself retries once if a kept connection turns out to be closed.
    #expect(
      batches == Self.batches[..<4] + Self.batches || batches == Self.batches[..<3] + Self.batches)
  }

  @Test func withoutSettleNothingIsSentAgain() async throws {
    let (result, batches) = try await send([]) { $0 == 4 ? .close : .noContent }
    #expect(result.status == .success, "\(result.errorText)")
    #expect(batches == Self.batches)
  }

  /// A server that closes each connection must not cause each batch to be sent again and again.
  @Test func serverThatClosesEachConnectionGetsEverything() async throws {
    let (result, batches) = try await send(["--settle", "2"]) { _ in
      .status(204, headers: ["Connection": "close"])
    }
    #expect(result.status == .success, "\(result.errorText)")
    // Batches were sent again after the first new connection, and at most once more.
    #expect(Array(batches.suffix(5)) == Self.batches && batches.count <= 15)
  }
}
