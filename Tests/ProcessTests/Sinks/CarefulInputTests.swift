import Foundation
import TestSupport
import Testing

/// With a spool, p1influx removes only those records from a pipe that it has spooled.
@Suite struct CarefulInputTests {
  /// p1influx with a spool in the directory, and a file or a named pipe as input.
  private func p1influx(
    _ server: HTTPServer, _ directory: TemporaryDirectory, reading path: String
  ) -> Program {
    .bash(
      "exec p1influx -q --stats 1 --url $1 --spool $2 --batch-age 0.01 <$3",
      ["http://127.0.0.1:\(server.port)", directory.path("spool"), path])
  }

  /// The numbers of the records that the server accepted, without duplicates.
  private func firstAccepted(_ server: HTTPServer) -> [Int] {
    var seen: Set<Int> = []
    return NumberedRecords.numbers(in: server.acceptedLines).filter { seen.insert($0).inserted }
  }

  @Test func killsLoseNothing() async throws {
    try await TemporaryDirectory.with { directory in
      let pipe = try NamedPipe(in: directory)
      try await HTTPServer.running({ _ in
        usleep(2000)
        return .noContent
      }) { server in
        let program = p1influx(server, directory, reading: pipe.path)
        let count = 2000
        let writing = Task {
          for number in stride(from: 0, to: count, by: 5) {
            try await pipe.write(NumberedRecords.text(number..<number + 5))
            try await Task.sleep(for: .milliseconds(4))
          }
        }
        defer { writing.cancel() }
        for _ in 0..<15 {
          // The end of this scope kills p1influx wherever it is.
          try await program.whileRunning { _ in
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...120)))
          }
        }
        try await program.whileRunning { sink in
          try await writing.value
          // A record that this process must read.
          try await pipe.write(NumberedRecords.text(count))
          try await server.wait { firstAccepted($0).count == count + 1 }
          sink.send(signal: SIGTERM)
          let result = try await sink.waitForExit()
          #expect(result.status == .success, "\(result.status), \(result.errorText)")
        }
        #expect(firstAccepted(server) == Array(0...count))
        for field in ["n", "m"] {
          #expect(
            Set(NumberedRecords.numbers(in: server.acceptedLines, field: field)) == Set(0...count))
        }
        #expect(pipe.count == 0)
      }
    }
  }

  @Test func halfARecordStaysForTheNextProcess() async throws {
    try await TemporaryDirectory.with { directory in
      let pipe = try NamedPipe(in: directory)
      try await HTTPServer.running { server in
        let program = p1influx(server, directory, reading: pipe.path)
        let record = NumberedRecords.text(1)
        let half = String(record.prefix(record.count / 2))
        try await pipe.write(NumberedRecords.text(0) + half)
        for _ in 0..<2 {
          try await program.whileRunning { sink in
            try await server.wait { $0.acceptedLines.count == 1 }
            try await sink.waitForError(" waiting=0 ", within: .seconds(30))
            // The pause is long enough for p1influx to take the half for a whole record, if it did
            // so.
            let isTaken = try await Deadline(in: .milliseconds(200)).poll {
              pipe.count < half.utf8.count
            }
            #expect(!isTaken)
            sink.send(signal: SIGTERM)
            let result = try await sink.waitForExit()
            #expect(result.status == .success, "\(result.status)")
            #expect(!result.errorText.contains("rejected:"), "\(result.errorText)")
          }
          #expect(pipe.count == half.utf8.count)
        }
        try await pipe.write(String(record.dropFirst(half.count)))
        try await program.whileRunning { sink in
          try await server.wait { $0.acceptedLines.count == 2 }
          sink.send(signal: SIGTERM)
          let result = try await sink.waitForExit()
          #expect(result.status == .success, "\(result.status)")
        }
        for field in ["n", "m"] {
          #expect(NumberedRecords.numbers(in: server.acceptedLines, field: field) == [0, 1])
        }
      }
    }
  }

  /// When p1influx is stopped with a full buffer, the rest of a file is left unread, and nothing is
  /// dropped.
  @Test func stopLeavesTheRestOfAFileWhereItIs() async throws {
    try await TemporaryDirectory.with { directory in
      let port = try ClosedPort()
      let file = try directory.write(NumberedRecords.text(0..<40_000), to: "records")
      let descriptor = open(file, O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      let program = Program(
        "p1influx",
        ["--port", "\(port.number)", "--spool", directory.path("spool"), "--spool-size", "1"]
          + ["--linger", "0"])
      try await program.whileRunning(input: descriptor) { sink in
        try await sink.waitForError("; trying again")
        // p1influx reads until its buffer is full.
        var place = Int64(-1)
        _ = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
          defer { place = Int64(lseek(descriptor, 0, SEEK_CUR)) }
          return place > 0 && place == Int64(lseek(descriptor, 0, SEEK_CUR))
        }
        sink.send(signal: SIGTERM)
        let result = try await sink.waitForExit(within: .seconds(30))
        #expect(result.status == .success, "\(result.errorText)")
        #expect(!result.errorText.contains("dropped") && !result.errorText.contains("rejected"))
        #expect(result.errorText.contains(" records kept for the next run"))
        #expect(Int64(lseek(descriptor, 0, SEEK_CUR)) == place)
      }
    }
  }

  @Test func restThatComesLateBelongsToTheRecord() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let program = Program(
          "p1influx",
          ["--url", "http://127.0.0.1:\(server.port)", "--spool", directory.path("spool")])
        try await program.whileRunning { sink in
          for number in 0..<3 {
            let record = NumberedRecords.text(number)
            try await sink.write(String(record.prefix(20 + 15 * number)))
            try await Task.sleep(for: .milliseconds(100))
            try await sink.write(String(record.dropFirst(20 + 15 * number)))
          }
          sink.closeInput()
          let result = try await sink.waitForExit()
          #expect(result.status == .success && result.errorText == "")
        }
        for field in ["n", "m"] {
          #expect(NumberedRecords.numbers(in: server.acceptedLines, field: field) == [0, 1, 2])
        }
      }
    }
  }

  /// A record whose lines are written slowly, one by one.
  @Test func recordOfManyPiecesIsOne() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let program = Program(
          "p1influx",
          ["--url", "http://127.0.0.1:\(server.port)", "--spool", directory.path("spool")])
        try await program.whileRunning { sink in
          try await sink.write("timestamp=2026-01-15T12:00:00Z\n")
          for number in 0..<100 {
            try await sink.write("n\(number)=\(number)\n")
            try await Task.sleep(for: .milliseconds(2))
          }
          try await sink.write("\n")
          try await server.wait { $0.acceptedLines.count == 1 }
          sink.closeInput()
          #expect(try await sink.waitForExit().status == .success)
        }
        let fields = (0..<100).map { "n\($0)=\($0)" }.joined(separator: ",")
        #expect(server.acceptedLines == ["dsmr \(fields) 1768478400000000000"])
      }
    }
  }

  /// A record longer than the read buffer is rejected, and the next one is not.
  @Test func recordThatIsTooLongStopsNothing() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let long = (0..<20).map { "text\($0)=" + String(repeating: "x", count: 5000) + "\n" }
        let program = Program(
          "p1influx",
          ["--url", "http://127.0.0.1:\(server.port)", "--spool", directory.path("spool")])
        let result = try await program.run(
          input: NumberedRecords.text(0) + NumberedRecords.text(1, between: long.joined())
            + NumberedRecords.text(2))
        #expect(result.status == .success)
        #expect(result.errorText.contains("rejected: line "))
        let numbers = NumberedRecords.numbers(in: server.acceptedLines)
        #expect(numbers == [0, 1, 2])
      }
    }
  }

  @Test(arguments: ["", "\n", "\n\n"])
  func lastRecordNeedsNoEmptyLine(_ end: String) async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let text = NumberedRecords.text(0..<3)
        let input = text.dropLast(2) + end
        let program = Program(
          "p1influx",
          ["--url", "http://127.0.0.1:\(server.port)", "--spool", directory.path("spool")])
        let result = try await program.run(input: String(input))
        #expect(result.status == .success && result.errorText == "")
        for field in ["n", "m"] {
          #expect(NumberedRecords.numbers(in: server.acceptedLines, field: field) == [0, 1, 2])
        }
      }
    }
  }

  @Test func fileIsReadToItsEnd() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let file = try directory.write(NumberedRecords.text(0..<5000), to: "records")
        let result = try await p1influx(server, directory, reading: file).run()
        #expect(result.status == .success && !result.errorText.contains("rejected:"))
        #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<5000))
      }
    }
  }
}
