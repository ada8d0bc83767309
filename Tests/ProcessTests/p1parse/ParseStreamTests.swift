import Foundation
import TestSupport
import TestValues
import Testing

/// p1parse in a live pipe, and its exit.
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

  /// Telegrams that the pipe holds when the signal arrives are not lost.
  @Test func signalLosesNoTelegramOfThePipe() async throws {
    try await Program("p1parse").whileRunning { parser in
      // p1parse has started to read, so it catches signals.
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
    // The checksum is cut off, so the rest cannot be checked.
    let cut = try await Program("p1parse").run(input: String(telegram.utf8.dropLast(4)) ?? "")
    #expect(cut.status == .success && cut.output.isEmpty && cut.messages.count == 1)
  }

  // MARK: - Signals that end nothing

  @Test func signalAsksForTheCounters() async throws {
    let wrong = SampleTelegram.numbered(2).replacing("00.321", with: "00.322")
    let odd = SampleTelegram.with([
      "0-0:1.0.0(261123110900W)", "1-0:1.7.0(x*kW)", "1-0:200.1.0(1)", "0-0:96.7.21(4)",
    ])
    let input = "noise\r\n" + SampleTelegram.numbered(1) + wrong + odd + SampleTelegram.numbered(3)
    try await Program("p1parse", ["-q"]).whileRunning { parser in
      try await parser.write(input)
      try await parser.wait(for: "all records") { SeenRecord.all(in: $0.text).count == 5 }
      parser.send(signal: SIGUSR1)
      try await parser.waitForError("\n")
      #expect(
        parser.errorText == """
          p1parse: standard input: telegrams=3 records=5 bytes=\(input.utf8.count) noise_bytes=7 \
          dropped=1 unreadable_lines=1 unknown_lines=1 unknown_versions=0

          """)
      // The signal ends nothing.
      try await parser.write(SampleTelegram.numbered(4))
      try await parser.wait(for: "more records") { SeenRecord.all(in: $0.text).count == 7 }
      parser.closeInput()
      #expect(try await parser.waitForExit().status == .success)
    }
  }

  /// With and without arguments, at any time, one after the other.
  @Test(arguments: [[], ["--names", "obis"]])
  func hangupAndRequestEndNothing(_ options: [String]) async throws {
    try await Program("p1parse", options).whileRunning { parser in
      for minute in 1...10 {
        try await parser.write(SampleTelegram.numbered(minute))
        if minute == 1 { try await parser.wait(for: "records") { !$0.output.isEmpty } }
        parser.send(signal: SIGHUP)
        parser.send(signal: SIGUSR1)
      }
      parser.closeInput()
      let result = try await parser.waitForExit()
      #expect(result.status == .success)
      #expect(result.records.count == 20)
    }
  }

  // MARK: - Input without a telegram

  @Test(arguments: [
    ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0], "a file compressed by gzip; decompress it first"),
    ([0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, 0x4A, 0x46], "a JPEG image"),
    (
      [0x7E, 0xA0, 0x8B, 0xCE, 0xFF, 0x03, 0x13, 0xEE, 0xE1, 0xE6, 0xE7, 0, 0x0A],
      "DLMS frames; p1cat makes telegrams of the lists in them"
    ),
    (Array("Dear meter\n".utf8), "text"),
    (Array("timestamp=2026-11-23T10:00:00Z\na=1\n\n".utf8), "records, as p1parse writes them"),
  ])
  func inputWithoutATelegramIsSaid(_ input: [UInt8], _ kind: String) async throws {
    let result = try await Program("p1parse").run(input: input)
    #expect(result.status == .success && result.output.isEmpty)
    #expect(
      result.errorText == "p1parse: standard input: no telegram found; it looks like \(kind)\n")
    let strict = try await Program("p1parse", ["--strict"]).run(input: input)
    #expect(strict.status == .exited(65) && strict.output.isEmpty)
    #expect(strict.messages.count == 1 && strict.errorText.contains("; it looks like \(kind)\n"))
  }

  /// Many files contain bytes that look like the beginning of a telegram.
  @Test func inputWithoutAWholeTelegramIsSaid() async throws {
    let image = [0xFF, 0xD8, 0xFF, 0xE0] + Array("\n/ab5\n(\n".utf8) + [0, 1]
    let result = try await Program("p1parse").run(input: image)
    #expect(result.status == .success && result.output.isEmpty)
    #expect(
      result.messages.last
        == "p1parse: standard input: no telegram found; it looks like a JPEG image")
    #expect(result.messages.count == 2)
  }

  /// An empty input is not a wrong file: a pipe may end before its first telegram.
  @Test func emptyInputIsNotSaid() async throws {
    let result = try await Program("p1parse", ["--strict"]).run(input: "")
    #expect(result.status == .success && result.errorText == "")
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
