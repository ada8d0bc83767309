import Foundation
import TestSupport
import TestValues
import Testing

/// A pseudo-terminal in the place of the serial line of a meter.
@Suite struct CatSerialLineTests {
  @Test func telegramThatComesByteByByte() async throws {
    try await reading { line, reader in
      let telegram = SampleTelegram.numbered()
      for byte in telegram.utf8 { try await line.write([byte]) }
      try await reader.wait(for: "the telegram") { $0.text == telegram }
    }
  }

  @Test func telegramIsWrittenBeforeTheNextOneBegins() async throws {
    try await reading { line, reader in
      var sent = ""
      for minute in 0..<3 {
        sent += SampleTelegram.numbered(minute)
        try await line.write(SampleTelegram.numbered(minute))
        try await reader.wait(for: "all that was sent") { $0.text == sent }
      }
    }
  }

  @Test func lateAttachAndNoiseCostNoWholeTelegram() async throws {
    try await reading(["-v"]) { line, reader in
      let tail = SampleTelegram.numbered(1).utf8.dropFirst(100)
      try await line.write(Array(tail))
      try await line.write([0, 0xFF, 0x80] + Array("\r\n".utf8))
      try await line.write(SampleTelegram.numbered(2) + "..." + SampleTelegram.numbered(3))
      try await reader.waitForOutput(SampleTelegram.numbered(3))
      #expect(reader.text == SampleTelegram.numbered(2) + SampleTelegram.numbered(3))
      reader.send(signal: SIGTERM)
      let result = try await reader.waitForExit()
      let noise = tail.count + 5 + 3
      #expect(result.status == .success)
      #expect(result.messages.last == "p1cat: \(line.path): \(noise) bytes outside telegrams")
    }
  }

  /// Bytes that a terminal would take for signals, flow control, line ends or echo.
  @Test func bytesPassUnchanged() async throws {
    try await reading { line, reader in
      let text = SampleTelegram.with(["0-0:96.13.0(\u{3}\u{4}\u{11}\u{13}\u{1A}\u{1C}\u{7F}\t\r)"])
      try await line.write(text)
      try await reader.wait(for: "the telegram") { $0.text == text }
    }
  }

  @Test func secondReaderGetsNothingAndTheFirstLosesNothing() async throws {
    try await reading { line, reader in
      // The speed is found before the other process starts, so the search does not interfere.
      let first = SampleTelegram.numbered(1)
      try await line.write(first)
      try await reader.waitForOutput(first)
      let telegram = SampleTelegram.numbered(2)
      try await line.write(String(telegram.prefix(100)))
      let second = try await Program("p1cat", [line.path]).run()
      #expect(second.status == .exited(75))
      #expect(second.output.isEmpty)
      #expect(
        second.errorText
          == "p1cat: \(line.path): in use by another process; stop it, or read its output\n")
      try await line.write(String(telegram.dropFirst(100)))
      try await reader.wait(for: "the telegram") { $0.text == first + telegram }
      #expect(try line.settings().isRaw)
      // A user without privileges cannot open the line at all, not even after that.
      #expect(try await Self.exclusiveness(of: line) == "1\n")
      reader.send(signal: SIGTERM)
      _ = try await reader.waitForExit()
      #expect(try await Self.exclusiveness(of: line) == "0\n")
    }
  }

  /// Whether a line is opened exclusively (TIOCGEXCL).
  private static func exclusiveness(of line: PseudoTerminal) async throws -> String {
    let script = """
      import fcntl, os, struct, sys
      try:
        line = os.open(sys.argv[1], os.O_RDONLY | os.O_NOCTTY)
        print(struct.unpack("i", fcntl.ioctl(line, 0x80045440, bytes(4)))[0])
      except OSError: print(1)
      """
    return try await Program("python3", ["-c", script, line.path]).run().text
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signalIsAnOrdinaryEnd(_ signal: Int32) async throws {
    try await reading { line, reader in
      try await line.write(SampleTelegram.numbered(1) + "/TST5\\2HALF\r\n")
      try await reader.waitForOutput(SampleTelegram.numbered(1))
      reader.send(signal: signal)
      let result = try await reader.waitForExit()
      #expect(result.status == .success)
      #expect(result.text == SampleTelegram.numbered(1))
    }
  }

  @Test func environmentNamesTheLine() async throws {
    let line = try PseudoTerminal()
    let program = Program("p1cat", ["-n", "1"], environment: ["SER_PORT": line.path])
    try await program.whileRunning { reader in
      try await line.waitUntilRaw()
      try await line.write(SampleTelegram.numbered())
      let result = try await reader.waitForExit()
      #expect(result.status == .success && result.text == SampleTelegram.numbered())
    }
  }

  /// Calls `body` once p1cat reads the line.
  private func reading(
    _ options: [String] = [], _ body: (PseudoTerminal, RunningProgram) async throws -> Void
  ) async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", options + [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      try await body(line, reader)
    }
  }
}
