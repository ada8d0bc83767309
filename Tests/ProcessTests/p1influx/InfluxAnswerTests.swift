import Foundation
import Synchronization
import TestSupport
import Testing

/// p1influx with every kind of answer from a server: no record is lost, and the order stays.
@Suite struct InfluxAnswerTests {
  private func p1influx(_ server: HTTPServer, _ arguments: [String] = []) -> Program {
    Program("p1influx", ["--url", "http://127.0.0.1:\(server.port)"] + arguments)
  }

  /// The beginning of a message about the server.
  private func subject(_ server: HTTPServer) -> String {
    "p1influx: http://127.0.0.1:\(server.port): "
  }

  @Test(arguments: [200, 204])
  func successfulAnswers(_ status: Int) async throws {
    try await HTTPServer.running({ _ in .status(status) }) { server in
      let result = try await p1influx(server, ["--batch-count", "100"])
        .run(input: NumberedRecords.text(0..<2500))
      #expect(result.status == .success && result.errorText == "")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<2500))
      #expect(server.requests.allSatisfy { $0.lines.count <= 100 })
    }
  }

  // MARK: - Rejected

  private static let conflict =
    #"partial write: field type conflict: input field \"bad\" is type float dropped=1"#

  /// Forty records, one of which has a field that the server rejects.
  private static let withOneBadField =
    (0..<40).map { NumberedRecords.text($0, between: $0 == 23 ? "bad=1\n" : "") }.joined()

  @Test(arguments: [400, 422], [true, false])
  func oneBadFieldCostsNothingElse(_ status: Int, _ isKept: Bool) async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ request in
        request.text.contains("bad=") ? .error(status, Self.conflict) : .noContent
      }) { server in
        let spool = directory.path("spool")
        let result = try await p1influx(server, isKept ? ["--spool", spool] : [])
          .run(input: Self.withOneBadField)
        #expect(result.status == (isKept ? .success : .exited(65)))
        let reason = #"HTTP \#(status): {"error":"\#(Self.conflict)"}"#
        let end = "\(subject(server))1 record rejected and not kept; --spool keeps them in bad/\n"
        #expect(
          result.errorText == "\(subject(server))record rejected: \(reason)\n"
            + (isKept ? "" : end))
        for field in ["n", "m"] {
          #expect(
            NumberedRecords.numbers(in: server.acceptedLines, field: field) == Array(0..<40))
        }
        guard isKept else { return }
        #expect(
          try directory.badRecords
            == "# \(reason)\ntimestamp=2026-01-15T12:00:23Z\nmeter=E1\nbad=1\n\n")
      }
    }
  }

  @Test func severalBadFieldsAreOneMessageWithACount() async throws {
    try await HTTPServer.running({ request in
      request.text.contains("bad=") ? .error(400, "no") : .noContent
    }) { server in
      let records = (0..<30).map {
        NumberedRecords.text($0, between: $0 % 10 == 3 ? "bad=1\n" : "")
      }
      let result = try await p1influx(server, ["--batch-count", "10"]).run(input: records.joined())
      #expect(result.status == .exited(65))
      let message = subject(server) + #"record rejected: HTTP 400: {"error":"no"}"#
      let end = "\(subject(server))3 records rejected and not kept; --spool keeps them in bad/"
      #expect(result.errorText == "\(message)\n\(message) (and 1 more like it)\n\(end)\n")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<30))
    }
  }

  /// If the error names a field, p1influx removes that field instead of halving the batch.
  @Test(arguments: ["wide", "metric"])
  func fieldOfAnotherTypeCostsThreeRequests(_ layout: String) async throws {
    let (field, measurement) = layout == "wide" ? ("n", "dsmr") : ("value", "n")
    let isBad: @Sendable (Substring) -> Bool = { line in
      layout == "wide" ? line.contains(/[ ,]n=/) : line.hasPrefix("n,")
    }
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ request in
        let dropped = request.lines.count(where: isBad)
        let text =
          #"partial write: field type conflict: input field \"\#(field)\" on measurement "#
          + #"\"\#(measurement)\" is type float, already exists as type string dropped=\#(dropped)"#
        return dropped == 0 ? .noContent : .error(400, text)
      }) { server in
        let gas = (0..<50).map { NumberedRecords.text($0).replacing("n=", with: "gas=") }
        let records = NumberedRecords.text(0..<500) + gas.joined()
        let file = try directory.write(records, to: "records")
        let sink = Program.bash(
          "exec p1influx --layout $1 --url $2 --spool $3 <$4",
          [layout, "http://127.0.0.1:\(server.port)", directory.path("spool"), file])
        let result = try await sink.run()
        #expect(result.status == .success)
        #expect(server.exchanges.count <= 6, "\(server.exchanges.count)")
        let explanation = result.messages.filter {
          $0.contains("already has values of type string")
        }
        #expect(explanation.count == 1)
        #expect(
          explanation.first?.hasPrefix(
            "\(subject(server))field \"\(field)\" of measurement \"\(measurement)\" ") == true)
        let kept = try directory.badRecords
        #expect(kept.matches(of: /\nn=\d+\n/).count == 500)
        #expect(!kept.contains("m=") && !kept.contains("gas="))
        #expect(server.acceptedLines.filter { $0.contains("gas") }.count == 50)
        #expect(!server.acceptedLines.contains(where: isBad))
        #expect(server.acceptedLines.count == (layout == "wide" ? 550 : 600))
      }
    }
  }

  /// A field `time` would be sent as `time_value`; a field that really has that name is found all
  /// the same.
  @Test func fieldOfAnotherTypeCostsNothingElse() async throws {
    try await HTTPServer.running({ request in
      let dropped = request.lines.count { $0.contains("time_value=") }
      let text =
        #"partial write: field type conflict: input field \"time_value\" on measurement "#
        + #"\"dsmr\" is type float, already exists as type string dropped=\#(dropped)"#
      return dropped == 0 ? .noContent : .error(400, text)
    }) { server in
      let records = (0..<20).map { NumberedRecords.text($0, between: "time_value=1\n") }
      let result = try await p1influx(server).run(input: records.joined())
      #expect(result.status == .exited(65))
      for field in ["n", "m"] {
        let numbers = NumberedRecords.numbers(in: server.acceptedLines, field: field)
        #expect(numbers == Array(0..<20))
      }
    }
  }

  @Test func tooOldBatchIsNotHalved() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ request in
        .error(
          400, "partial write: points beyond retention policy dropped=\(request.lines.count)")
      }) { server in
        let spool = directory.path("spool")
        let result = try await p1influx(server, ["--spool", spool])
          .run(input: NumberedRecords.text(0..<50))
        #expect(result.status == .success)
        // The first record may be sent alone, as it arrives first.
        #expect(server.requests.count <= 2)
        #expect(result.errorText.contains("record rejected: HTTP 400: {\"error\":\"partial write:"))
        #expect(result.messages.count <= 2)
        let kept = try directory.badRecords
        #expect(kept.matches(of: /\nn=\d+\n/).count == 50)
      }
    }
  }

  @Test func tooOldPointsCostNoOthers() async throws {
    try await HTTPServer.running({ request in
      let old = NumberedRecords.numbers(in: request.lines).count { $0 < 3 }
      return old == 0
        ? .noContent : .error(400, "partial write: points beyond retention policy dropped=\(old)")
    }) { server in
      let result = try await p1influx(server).run(input: NumberedRecords.text(0..<50))
      #expect(result.status == .exited(65))
      #expect(result.messages.last?.contains("3 records rejected and not kept") == true)
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(3..<50))
    }
  }

  // MARK: - Retried

  @Test(arguments: [301, 401, 403, 404, 405, 408, 429, 500, 502, 503])
  func otherStatusesAreRetried(_ status: Int) async throws {
    let count = Mutex(0)
    try await HTTPServer.running({ _ in
      let number = count.withLock { count -> Int in
        count += 1
        return count
      }
      return number == 1 ? .error(status, "not now") : .noContent
    }) { server in
      let result = try await p1influx(server, ["--batch-count", "40"])
        .run(input: NumberedRecords.text(0..<100))
      #expect(result.status == .success)
      let remedy = [401, 403].contains(status) ? "; check the user and password, or the token" : ""
      #expect(
        result.errorText == """
          \(subject(server))HTTP \(status): {"error":"not now"}\(remedy); trying again
          \(subject(server))writing again

          """)
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<100))
    }
  }

  @Test(arguments: [429, 503])
  func retryAfterIsKept(_ status: Int) async throws {
    let count = Mutex(0)
    try await HTTPServer.running({ _ in
      let number = count.withLock { count -> Int in
        count += 1
        return count
      }
      return number == 1 ? .error(status, "busy", headers: ["Retry-After": "2"]) : .noContent
    }) { server in
      let result = try await p1influx(server).run(input: NumberedRecords.text(0..<100))
      #expect(result.status == .success)
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<100))
      let requests = server.requests
      try #require(requests.count >= 2)
      #expect(requests[1].time - requests[0].time >= .milliseconds(1990))
      // The repeated batch is the same, or the same with more records.
      #expect(requests[0].lines == requests[1].lines)
    }
  }

  /// The answer to another request in flight does not shorten the pause.
  @Test func retryAfterIsKeptDespiteOtherAnswers() async throws {
    let count = Mutex(0)
    try await HTTPServer.running({ _ in
      let number = count.withLock { count -> Int in
        count += 1
        return count
      }
      if number == 1 { return .error(429, "busy", headers: ["Retry-After": "2"]) }
      usleep(200_000)
      return .noContent
    }) { server in
      let records = (0..<80).map { NumberedRecords.text($0, meter: "E\($0 % 8)") }.joined()
      let result = try await p1influx(server, ["--parallel", "4"]).run(input: records)
      #expect(result.status == .success)
      #expect(
        result.errorText == """
          \(subject(server))HTTP 429: {"error":"busy"}; trying again
          \(subject(server))writing again

          """)
      #expect(NumberedRecords.numbers(in: server.acceptedLines).sorted() == Array(0..<80))
      let first = try #require(server.exchanges.first { !$0.answer.isSuccess })
      let again = try #require(
        server.exchanges.first { $0.answer.isSuccess && $0.request.lines == first.request.lines })
      #expect(again.request.time - first.request.time >= .milliseconds(1990))
    }
  }

  @Test func serverThatNeverAcceptsARecordIsAnError() async throws {
    try await HTTPServer.running({ _ in .error(503, "no") }) { server in
      let result = try await p1influx(server, ["--linger", "1"])
        .run(input: NumberedRecords.text(0..<3))
      #expect(result.status == .exited(69))
      #expect(result.messages.last == "\(subject(server))3 records could not be delivered")
    }
  }

  @Test func undeliveredRecordsAreKeptForTheNextRun() async throws {
    try await TemporaryDirectory.with { directory in
      let isOpen = Mutex(false)
      try await HTTPServer.running({ _ in
        isOpen.withLock { $0 } ? .noContent : .error(503, "no")
      }) { server in
        let program = p1influx(server, ["--linger", "1", "--spool", directory.path("spool")])
        let first = try await program.run(input: NumberedRecords.text(0..<30))
        #expect(first.status == .success)
        #expect(first.errorText.contains("30 records kept for the next run\n"))
        isOpen.withLock { $0 = true }
        let second = try await program.run(input: NumberedRecords.text(30..<40))
        #expect(second.status == .success)
        #expect(second.errorText.contains("30 records left from an earlier run\n"))
        #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<40))
      }
    }
  }

  /// With `--hold`, or a file as input, nothing is dropped when the buffer is full.
  @Test(arguments: [true, false])
  func fullBufferStopsReadingWithHoldOrAFile(_ isFile: Bool) async throws {
    try await TemporaryDirectory.with { directory in
      let isOpen = Mutex(false)
      try await HTTPServer.running({ _ in
        isOpen.withLock { $0 } ? .noContent : .error(503, "no")
      }) { server in
        let long = "text=" + String(repeating: "x", count: 2000) + "\n"
        let records = (0..<2000).map { NumberedRecords.text($0, between: long) }.joined()
        let file = try directory.write(records, to: "records")
        let url = "http://127.0.0.1:\(server.port)"
        let program =
          isFile
          ? Program.bash("exec p1influx --buffer 1 --url $1 <$2", [url, file])
          : Program("p1influx", ["--buffer", "1", "--hold", "--url", url])
        try await program.whileRunning { sink in
          async let writing: Void = isFile ? () : sink.write(records, within: .seconds(60))
          try await server.wait { $0.exchanges.count >= 2 }
          isOpen.withLock { $0 = true }
          try await writing
          sink.closeInput()
          let result = try await sink.waitForExit(within: .seconds(60))
          #expect(result.status == .success && result.messages.count == 2, "\(result.errorText)")
          #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<2000))
        }
      }
    }
  }

  // MARK: - Too large

  @Test(arguments: ["wide", "metric"])
  func tooLargeBatchIsHalved(_ layout: String) async throws {
    try await HTTPServer.running({ request in
      request.body.count > 3000 ? .error(413, "too large") : .noContent
    }) { server in
      let meter = String(repeating: "E", count: 100)
      let result = try await p1influx(
        server, ["--batch-count", "200", "--layout", layout]
      ).run(input: NumberedRecords.text(0..<2000, meter: meter))
      #expect(result.status == .success && result.errorText == "")
      let lines = server.acceptedLines
      #expect(lines.count == (layout == "wide" ? 2000 : 4000))
      // The records stay in the order of their times.
      let times = lines.map { $0.split(separator: " ").last ?? "" }
      #expect(times == times.sorted())
      // After the first batches p1influx knows the size that the server accepts.
      let rejected = server.exchanges.indices.filter { !server.exchanges[$0].answer.isSuccess }
      #expect(rejected.count < 12, "\(rejected)")
      #expect((rejected.last ?? 0) < server.exchanges.count / 2, "\(rejected)")
    }
  }

  @Test func tooLargeValueIsRejected() async throws {
    try await HTTPServer.running({ request in
      request.body.count > 2000 ? .error(413, "too large") : .noContent
    }) { server in
      let long = "text=" + String(repeating: "x", count: 5000) + "\n"
      let records = (0..<10).map { NumberedRecords.text($0, between: $0 == 4 ? long : "") }
      let result = try await p1influx(server).run(input: records.joined())
      #expect(result.status == .exited(65))
      #expect(
        result.errorText == subject(server)
          + #"record rejected: HTTP 413: {"error":"too large"}"# + "\n" + subject(server)
          + "1 record rejected and not kept; --spool keeps them in bad/\n")
      for field in ["n", "m"] {
        #expect(NumberedRecords.numbers(in: server.acceptedLines, field: field) == Array(0..<10))
      }
    }
  }

  /// The records dropped when the buffer is full may be in flight or prepared already.
  @Test(arguments: [true, false])
  func everyRecordIsDeliveredOrCountedAsDropped(_ isSpooled: Bool) async throws {
    let isAvailable = Mutex(false)
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ _ in
        isAvailable.withLock { $0 } ? .noContent : .error(503, "busy")
      }) { server in
        let spool = ["--spool", directory.path("spool"), "--spool-size", "1"]
        let options = ["--batch-count", "100"] + (isSpooled ? spool : ["--buffer", "1"])
        try await p1influx(server, options).whileRunning { sink in
          for part in 0..<10 {
            let records = NumberedRecords.text(2000 * part..<2000 * part + 2000)
            try await sink.write(records, within: .seconds(60))
          }
          try await sink.waitForError("dropped so far", within: .seconds(60))
          isAvailable.withLock { $0 = true }
          sink.closeInput()
          let result = try await sink.waitForExit(within: .seconds(60))
          #expect(result.status == .exited(69))
          let dropped = try #require(
            result.errorText.firstMatch(of: /: (\d+) records could not be delivered/))
          let lost = try #require(Int(dropped.1))
          let numbers = NumberedRecords.numbers(in: server.acceptedLines)
          #expect(lost > 0 && Set(numbers).count == 20_000 - lost, "\(result.errorText)")
          #expect(numbers == numbers.sorted() && numbers.last == 19_999)
        }
      }
    }
  }

  /// A reading that a meter repeats, such as gas, is sent again if its first record was dropped.
  @Test(arguments: [[], ["--every", "1"], ["--spool-size", "1"]])
  func repeatedReadingIsSentIfTheFirstWasDropped(_ arguments: [String]) async throws {
    let gas = "timestamp=2026-01-15T11:00:00Z\nmeter=G1\nchannel=1\ngas_m3=3456.789\n\n"
    let isAvailable = Mutex(false)
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ _ in
        isAvailable.withLock { $0 } ? .noContent : .error(503, "busy")
      }) { server in
        let spool = arguments.first == "--spool-size" ? ["--spool", directory.path("spool")] : []
        try await p1influx(server, ["--buffer", "1"] + arguments + spool).whileRunning { sink in
          try await sink.write(gas)
          try await server.wait { !$0.exchanges.isEmpty || arguments.first == "--every" }
          for part in 0..<10 {
            let records = NumberedRecords.text(2000 * part..<2000 * part + 2000)
            try await sink.write(gas + records, within: .seconds(60))
          }
          try await sink.waitForError("dropped so far", within: .seconds(60))
          isAvailable.withLock { $0 = true }
          try await sink.write(gas)
          sink.closeInput()
          _ = try await sink.waitForExit(within: .seconds(60))
          let readings = server.acceptedLines.filter { $0.contains("gas_m3=3456.789") }
          // Once for each record that may have been dropped.
          #expect((1...11).contains(readings.count), "\(readings.count)")
        }
      }
    }
  }

  /// An HTML page does not come from a database, so it is not a rejection.
  @Test func htmlPageIsNoRejection() async throws {
    try await HTTPServer.running({ _ in
      .status(400, body: "<html>The plain HTTP request was sent to HTTPS port</html>")
    }) { server in
      let result = try await p1influx(server, ["--linger", "1"])
        .run(input: NumberedRecords.text(0..<3))
      #expect(result.status == .exited(69))
      #expect(result.messages.last == "\(subject(server))3 records could not be delivered")
    }
  }

  // MARK: - No answer

  @Test(arguments: [
    HTTPAnswer.silence, .close, .half(200, body: "all is well, or would be"),
    .half(500, body: "nothing is well, nor would be"),
  ])
  func incompleteAnswerIsRetried(_ answer: HTTPAnswer) async throws {
    let count = Mutex(0)
    try await HTTPServer.running({ _ in
      let number = count.withLock { count -> Int in
        count += 1
        return count
      }
      return number == 1 ? answer : .noContent
    }) { server in
      let result = try await p1influx(server, ["--batch-count", "50", "--timeout", "1"])
        .run(input: NumberedRecords.text(0..<200))
      #expect(result.status == .success)
      #expect(result.messages.count == 2, "\(result.errorText)")
      #expect(result.messages.first?.hasPrefix(subject(server)) == true)
      #expect(result.messages.first?.hasSuffix("; trying again") == true)
      #expect(result.messages.last == "\(subject(server))writing again")
      #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<200))
    }
  }

  @Test func serverThatReadsNothingIsGivenUp() async throws {
    try await HTTPServer.running(isDeaf: true) { server in
      let long = "text=" + String(repeating: "x", count: 60_000) + "\n"
      let records = (0..<100).map { NumberedRecords.text($0, between: long) }
      try await p1influx(server, ["--linger", "0", "--timeout", "1"]).whileRunning { sink in
        try await sink.write(records.joined(), within: .seconds(60))
        try await sink.waitForError("Timeout was reached; trying again\n", within: .seconds(40))
        sink.closeInput()
        let result = try await sink.waitForExit()
        #expect(result.status == .exited(69))
        #expect(result.messages.count == 2, "\(result.errorText)")
        #expect(result.messages.last == "\(subject(server))100 records could not be delivered")
      }
    }
  }

  /// However p1influx ends, the buffered records are spooled or counted as lost.
  @Test(arguments: [true, false])
  func bufferedRecordsAreKeptOrCountedAtEveryExit(_ isSpooled: Bool) async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ _ in .error(503, "no") }) { server in
        let spool = directory.path("spool")
        try await p1influx(server, isSpooled ? ["--spool", spool] : []).whileRunning { sink in
          try await sink.write(NumberedRecords.text(0..<3))
          try await sink.waitForError("503")
          try await sink.waitForCounters("records=3 delivered=0 waiting=3")
          // With so few file descriptors poll(2) fails, which ends p1influx with an error.
          let limit = ["--pid", "\(sink.processIdentifier)", "--nofile=1:1"]
          #expect(try await Program("prlimit", limit).run().status == .success)
          // Without that limit p1influx waits for the next retry.
          sink.send(signal: SIGUSR1)
          let result = try await sink.waitForExit(within: .seconds(60))
          #expect(result.status == .exited(74), "\(result.errorText)")
          #expect(result.messages.last?.hasPrefix("p1influx: libcurl: ") == true)
          let end =
            isSpooled ? "3 records kept for the next run" : "3 records could not be delivered"
          #expect(result.messages.contains { $0.hasSuffix(end) }, "\(result.errorText)")
        }
      }
    }
  }

  @Test func countersAreLoggedPeriodically() async throws {
    try await HTTPServer.running({ request in
      request.text.contains("bad=") ? .error(400, "no") : .noContent
    }) { server in
      try await p1influx(server, ["-q", "--stats", "1"]).whileRunning { sink in
        try await sink.write(
          NumberedRecords.text(0..<3) + NumberedRecords.text(3, between: "bad=1\n"))
        try await sink.waitForError(
          subject(server) + "records=4 delivered=3 waiting=0 rejected=1 dropped=0 oldest_age_s=none"
        )
        try await sink.wait(for: "two reports") {
          $0.errorText.matches(of: /records=4/).count >= 2
        }
      }
    }
  }

  @Test func countersAreLoggedInAnOutage() async throws {
    try await HTTPServer.running({ _ in .error(503, "no") }) { server in
      try await p1influx(server, ["-q"]).whileRunning { sink in
        try await sink.write(NumberedRecords.text(0..<3))
        try await server.wait { !$0.exchanges.isEmpty }
        try await sink.waitForCounters(
          "records=3 delivered=0 waiting=3 rejected=0 dropped=0 oldest_age_s=")
      }
    }
  }
}
