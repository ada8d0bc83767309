import Foundation
import TestSupport
import Testing

/// The progress of a backfill, on a terminal.
@Suite struct ProgressTests {
  /// Writes a file of records to a slow server.
  ///
  /// - Parameters:
  ///   - tail: the end of the command line, in the shell's terms; `$3` is the terminal.
  ///   - terminal: where standard error goes, if it does.
  /// - Returns: what p1influx left, and what the terminal got.
  /// - Throws: what kept it from ending.
  private func backfill(
    _ tail: String, _ terminal: PseudoTerminal
  ) async throws -> (ProgramResult, String) {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running({ _ in
        usleep(60_000)
        return .noContent
      }) { server in
        let file = try directory.write(NumberedRecords.text(0..<4000), to: "records")
        let program = Program.bash(
          "exec p1influx --url $1 --batch-count 200 <$2 \(tail)",
          ["http://127.0.0.1:\(server.port)", file, terminal.path])
        return try await program.whileRunning { sink in
          // The terminal is kept open, as its contents are lost when the last process closes it.
          let device = open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
          defer { close(device) }
          let result = try await sink.waitForExit(within: .seconds(60))
          #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<4000))
          return (result, String(decoding: terminal.read(), as: UTF8.self))
        }
      }
    }
  }

  @Test func progressIsShownAndTakenAway() async throws {
    let terminal = try PseudoTerminal()
    let (result, shown) = try await backfill("2>$3", terminal)
    #expect(result.status == .success)
    let lines = shown.components(separatedBy: "\r\u{1B}[K")
    #expect(lines.first == "" && lines.last == "", "\(shown)")
    let updates = lines.dropFirst().dropLast()
    #expect(!updates.isEmpty)
    for line in updates {
      #expect(
        line.wholeMatch(
          of: /p1influx: (\d+) records, (\d+) per second, (\d+) %, (\d+) waiting/) != nil, "\(line)"
      )
    }
  }

  @Test func quietMeansNoProgress() async throws {
    let terminal = try PseudoTerminal()
    let (result, shown) = try await backfill("-q 2>$3", terminal)
    #expect(result.status == .success && shown == "")
  }

  @Test func nothingIsShownInAPipe() async throws {
    let (result, shown) = try await backfill("", try PseudoTerminal())
    #expect(result.status == .success && result.errorText == "" && shown == "")
  }
}
