import Foundation
import TestSupport
import TestValues
import Testing

/// A serial line that does not exist when p1cat starts.
@Suite struct CatAbsentDeviceTests {
  /// A path below /dev where a test can make a link.
  private let path = "/dev/shm/p1-\(UUID().uuidString)"

  @Test func lineIsReadOnceItIsPluggedIn() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await Program("p1cat", [path]).whileRunning { reader in
      try await reader.waitForError("p1cat: \(path): No such file or directory; trying again\n")
      let line = try PseudoTerminal()
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: line.path)
      try await line.waitUntilRaw()
      try await line.write(SampleTelegram.numbered(1))
      try await reader.waitForOutput(SampleTelegram.numbered(1))
      try await reader.waitForError("receiving telegrams again after ")
      reader.send(signal: SIGTERM)
      #expect(try await reader.waitForExit().status == .success)
    }
  }

  /// A udev rule may set the group of a new device after p1cat has found it.
  @Test func anythingElseInItsPlaceIsTriedAgain() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await Program("p1cat", [path]).whileRunning { reader in
      try await reader.waitForError("trying again\n")
      try Data("text".utf8).write(to: URL(fileURLWithPath: path))
      reader.send(signal: SIGHUP)
      try await reader.waitForError("p1cat: \(path): not a serial line; trying again\n")
    }
  }

  @Test(arguments: [
    (["--once"], Int32(66), "No such file or directory\n"),
    (["-t", "1"], 75, "No such file or directory; trying again\n"),
  ])
  func waitingCanBeLimited(_ options: [String], _ status: Int32, _ reason: String) async throws {
    let result = try await Program("p1cat", options + [path]).run()
    #expect(result.status == .exited(status))
    #expect(result.errorText.hasPrefix("p1cat: \(path): \(reason)"))
  }

  @Test func nameOfALineGetsAdvice() async throws {
    let result = try await Program("p1cat", ["--once", "/dev/ttyUSB-none"]).run()
    #expect(result.status == .exited(66))
    #expect(result.errorText.contains("No such file or directory; plug in the cable"))
  }

  // MARK: - --check --connect

  @Test func checkReceivesATelegram() async throws {
    let line = try PseudoTerminal()
    let program = Program("p1cat", ["--check", "--connect", "--baudrate", "9600", line.path])
    try await program.whileRunning { check in
      try await line.waitUntilRaw()
      try await line.write(SampleTelegram.numbered(1))
      let result = try await check.waitForExit()
      #expect(result.status == .success)
      #expect(
        result.text.contains(
          "\np1cat: \(line.path): received a telegram of \(SampleTelegram.numbered(1).utf8.count) bytes"
        ))
    }
  }

  @Test func checkTellsWhatIsMissing() async throws {
    let missing = try await Program("p1cat", ["--check", "--connect", path]).run()
    #expect(missing.status == .exited(66))
    #expect(missing.errorText == "p1cat: \(path): No such file or directory\n")
    let line = try PseudoTerminal()
    let silent = try await Program("p1cat", ["--check", "--connect", "-t", "1", line.path]).run()
    #expect(silent.status == .exited(75))
    #expect(
      silent.errorText.hasPrefix("p1cat: \(line.path): nothing received for 1 s; check the cable"))
    // A line that was read before is raw already.
    let other = try PseudoTerminal()
    try await Program("p1cat", [other.path]).whileRunning { _ in
      try await other.waitUntilRaw()
      let used = try await Program("p1cat", ["--check", "--connect", other.path]).run()
      #expect(used.status == .exited(75))
      #expect(
        used.errorText
          == "p1cat: \(other.path): in use by another process; stop it, or read its output\n")
    }
  }
}
