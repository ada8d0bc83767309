import Foundation
import TestSupport
import Testing

/// p1parse in the middle of a live pipe, and how it ends.
@Suite struct ParseStreamTests {
  @Test func recordIsThereBeforeTheNextTelegram() async throws {
    try await Program("p1parse").whileRunning { parser in
      for minute in 1...3 {
        try await parser.write(SampleTelegram.numbered(minute))
        try await parser.wait(for: "both records") { parser in
          SeenRecord.all(in: parser.text).count == 2 * minute && parser.text.hasSuffix("\n\n")
        }
        let records = SeenRecord.all(in: parser.text)
        #expect(records[2 * minute - 2]["timestamp"] == "2026-11-23T10:0\(minute):00Z")
      }
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signalWithHalfATelegramIn(_ signal: Int32) async throws {
    try await Program("p1parse").whileRunning { parser in
      let half = SampleTelegram.numbered(2).prefix(150)
      try await parser.write(SampleTelegram.numbered(1) + half)
      try await parser.waitForOutput("gas_m3=3456.789\n\n")
      parser.send(signal: signal)
      let result = try await parser.waitForExit()
      #expect(result.status == .success)
      #expect(result.records.count == 2)
      #expect(result.errorText == "")
    }
  }

  /// What the pipe holds when the signal comes is not lost.
  @Test func signalLosesNoTelegramOfThePipe() async throws {
    try await Program("p1parse").whileRunning { parser in
      // It has begun, and so catches signals.
      try await parser.write(SampleTelegram.numbered())
      try await parser.waitForOutput("gas_m3=3456.789\n\n")
      parser.send(signal: SIGSTOP)
      try await parser.write((1...20).map { SampleTelegram.numbered($0) }.joined())
      parser.send(signal: SIGTERM)
      parser.send(signal: SIGCONT)
      let result = try await parser.waitForExit()
      #expect(result.status == .success && result.errorText == "")
      #expect(result.records.count == 42)
    }
  }

  @Test func endWithoutALineEnd() async throws {
    let telegram = SampleTelegram.numbered()
    let whole = try await Program("p1parse").run(input: telegram)
    for missing in 1...2 {
      let result = try await Program("p1parse").run(
        input: String(telegram.utf8.dropLast(missing)) ?? "")
      #expect(result.status == .success && result.errorText == "")
      #expect(result.text == whole.text)
    }
    // The checksum itself is cut: nothing vouches for the rest.
    let cut = try await Program("p1parse").run(input: String(telegram.utf8.dropLast(4)) ?? "")
    #expect(cut.status == .success && cut.output.isEmpty && cut.messages.count == 1)
  }

  @Test func readerThatLeavesIsAQuietEnd() async throws {
    let result = try await Program.bash(
      "p1cat sim:rate=max | p1parse | head -n 1 >/dev/null; echo ${PIPESTATUS[@]}"
    ).run()
    #expect(result.text == "0 0 0\n")
    #expect(result.errorText == "")
  }

  @Test func fullDiskIsAnError() async throws {
    let result = try await Program.bash("exec p1parse >/dev/full").run(
      input: SampleTelegram.numbered())
    #expect(result.status == .exited(74))
    #expect(result.errorText == "p1parse: standard output: No space left on device\n")
  }

  @Test func inputThatCannotBeReadIsAnError() async throws {
    let result = try await Program.bash("exec p1parse </").run()
    #expect(result.status == .exited(74))
    #expect(result.errorText == "p1parse: standard input: Is a directory\n")
  }
}
