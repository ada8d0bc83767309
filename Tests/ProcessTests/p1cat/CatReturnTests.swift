import Foundation
import TestSupport
import TestValues
import Testing

/// A serial line whose adapter is unplugged and plugged in again.
@Suite struct CatReturnTests {
  @Test func lineThatComesBackIsReadOn() async throws {
    try await reading { path, line, reader in
      let first = SampleTelegram.numbered(1)
      let second = SampleTelegram.numbered(2)
      try await line.write(first + second.prefix(200))
      try await reader.waitForOutput(first)
      // The path disappears with the line and comes back with it.
      try Self.pullOut(line, path)
      try await reader.waitForError("p1cat: \(path): serial line disconnected; trying again\n")
      try await reader.waitForError("p1cat: \(path): No such file or directory; trying again\n")
      let next = try PseudoTerminal()
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: next.path)
      try await next.waitUntilRaw()
      // A telegram that was cut off before is not completed here.
      try await next.write(second.dropFirst(200) + second)
      try await reader.wait(for: "both telegrams") { $0.text == first + second }
      try await reader.waitForError("p1cat: \(path): receiving telegrams again after ")
      reader.send(signal: SIGUSR1)
      try await reader.waitForError(" resyncs=1 dropped=0 reconnects=1 ")
    }
  }

  /// The telegram may be cut off at the end of a line.
  @Test func halfATelegramOfDSMR22IsNone() async throws {
    let old = "/TST3\r\n\r\n1-0:1.8.1(00512.345*kWh)\r\n1-0:1.7.0(0000.43*kW)\r\n"
    try await reading { path, line, reader in
      try await line.write(old + "!\r\n" + old)
      try await reader.waitForOutput(old + "!\r\n")
      try Self.pullOut(line, path)
      try await reader.waitForError("telegram dropped: incomplete\n")
      #expect(reader.text == old + "!\r\n")
    }
  }

  /// A telegram completed by the end of the connection does not show that the line works again.
  @Test func lastTelegramIsNoReturn() async throws {
    let bare = SampleTelegram.numbered(1).replacing(/!.*/, with: "!")
    try await reading { path, line, reader in
      try await line.write(bare + bare)
      try await reader.waitForOutput(bare)
      try Self.pullOut(line, path)
      try await reader.waitForError("disconnected; trying again\n")
      try await reader.wait(for: "both") { $0.text == bare + bare }
      try await reader.waitForError("No such file or directory; trying again\n")
      #expect(!reader.errorText.contains("receiving telegrams again"))
    }
  }

  /// A telegram that only the next bytes would complete is written at the end.
  @Test func lastTelegramGoesOutAtTheEnd() async throws {
    let bare = SampleTelegram.numbered(1).replacing(/!.*/, with: "!")
    try await reading(["-q"]) { _, line, reader in
      try await line.write(bare)
      let isRead = try await Deadline(in: .seconds(10)).poll {
        reader.send(signal: SIGUSR1)
        return reader.errorText.contains(" bytes=\(bare.utf8.count) ")
      }
      #expect(isRead && reader.output.isEmpty)
      reader.send(signal: SIGTERM)
      let result = try await reader.waitForExit()
      #expect(result.status == .success && result.text == bare)
    }
    try await reading(["-n", "1", "-t", "4"]) { _, line, reader in
      try await line.write(bare)
      let result = try await reader.waitForExit(within: .seconds(60))
      #expect(result.status == .success && result.text == bare)
    }
  }

  @Test func lineThatIsInUseMeanwhileIsWaitedFor() async throws {
    try await reading { path, line, reader in
      try await Self.waitUntilReading(reader)
      try Self.pullOut(line, path)
      let next = try PseudoTerminal()
      try await Program("p1cat", [next.path]).whileRunning { other in
        try await next.waitUntilRaw()
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: next.path)
        try await reader.waitForError(
          "in use by another process; stop it, or read its output; trying again\n",
          within: .seconds(60))
        try await next.write(SampleTelegram.numbered(1))
        try await other.waitForOutput(SampleTelegram.numbered(1))
      }
      // On a slow machine p1cat has tried often by now, and its next attempt is late.
      let isRead = try await Deadline(in: .seconds(60)).poll {
        try? await next.write(SampleTelegram.numbered(2), within: .milliseconds(100))
        return reader.text.contains(SampleTelegram.numbered(2))
      }
      #expect(isRead)
      #expect(!reader.text.contains(SampleTelegram.numbered(1)))
    }
  }

  @Test func whatIsNoLineIsNotRead() async throws {
    try await reading { path, line, reader in
      try await Self.waitUntilReading(reader)
      try Self.pullOut(line, path)
      try SampleTelegram.numbered(1).write(toFile: path, atomically: false, encoding: .utf8)
      try await reader.waitForError("p1cat: \(path): not a serial line; trying again\n")
      #expect(reader.output.isEmpty)
    }
  }

  @Test(arguments: ["", String(SampleTelegram.numbered(2).prefix(60))])
  func onceIsOnce(_ rest: String) async throws {
    try await reading(["-q", "--once"]) { path, line, reader in
      try await line.write(SampleTelegram.numbered(1) + rest)
      try await reader.waitForOutput(SampleTelegram.numbered(1))
      try Self.pullOut(line, path)
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(74))
      #expect(result.text == SampleTelegram.numbered(1))
      #expect(result.errorText == "p1cat: \(path): serial line disconnected\n")
    }
  }

  @Test func lineThatIsAwayIsNotWaitedForLongerThanAsked() async throws {
    try await reading(["-t", "2"]) { path, line, reader in
      try await Self.waitUntilReading(reader)
      try Self.pullOut(line, path)
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(75))
      #expect(result.messages.last == "p1cat: \(path): no telegram for 2 s")
    }
  }

  @Test func signalEndsTheWait() async throws {
    try await reading { path, line, reader in
      try await Self.waitUntilReading(reader)
      try Self.pullOut(line, path)
      try await reader.waitForError("disconnected")
      reader.send(signal: SIGTERM)
      #expect(try await reader.waitForExit().status == .success)
    }
  }

  @Test func silenceIsSaidOnceAndItsEnd() async throws {
    try await reading(["--silence", "1"]) { path, line, reader in
      try await reader.waitForError("p1cat: \(path): nothing received for 1 s; check the cable")
      try await Task.sleep(for: .seconds(1.5))
      #expect(reader.errorText.matches(of: /nothing received/).count == 1)
      try await line.write(SampleTelegram.numbered())
      try await reader.waitForError("receiving telegrams again after")
    }
  }

  /// The path is removed first, as the kernel reuses the number of a closed pseudo-terminal.
  private static func pullOut(_ line: PseudoTerminal, _ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
    line.close()
  }

  /// Calls `body` once p1cat reads a line through a link to it.
  /// Waits until p1cat reads the line, which is raw a moment earlier. If the line is lost in between, p1cat exits.
  private static func waitUntilReading(_ reader: RunningProgram) async throws {
    reader.send(signal: SIGUSR1)
    try await reader.waitForError(" reconnects=0 ")
  }

  private func reading(
    _ options: [String] = [], _ body: (String, PseudoTerminal, RunningProgram) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      let line = try PseudoTerminal()
      let path = directory.path("meter")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: line.path)
      try await Program("p1cat", options + [path]).whileRunning { reader in
        try await line.waitUntilRaw()
        try await body(path, line, reader)
      }
    }
  }
}
