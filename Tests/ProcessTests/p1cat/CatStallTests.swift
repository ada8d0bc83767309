import Foundation
import TestSupport
import TestValues
import Testing

/// A reader that pauses never stalls the meter.
@Suite struct CatStallTests {
  /// Passes the output of p1cat on once the file `open` exists.
  private static let script = """
    p1cat "$@" | { until [[ -e open ]]; do sleep 0.05; done; exec cat; }
    """

  /// Different telegrams, one after the other.
  private static let telegrams = Shared {
    let result = try await Program("p1cat", ["sim:count=4000,rate=max"]).run()
    return result.text.split(separator: "/SIM5").map { "/SIM5\($0)" }
  }

  /// The telegrams of an hour are far more than a pipe holds.
  @Test func hourOfAMeterIsKept() async throws {
    try await stalled { line, reader, directory in
      let sent = try await Self.send(3600, to: line)
      #expect(reader.output.isEmpty)
      try directory.write("", to: "open")
      try await reader.wait(for: "all of them") { $0.text == sent }
      #expect(!reader.errorText.contains("dropped"))
    }
  }

  @Test func beyondTheBoundTheOldestGo() async throws {
    try await stalled(["--buffer", "1"]) { line, reader, directory in
      let telegrams = try await Self.telegrams.value
      let count = telegrams.count
      _ = try await Self.send(count, to: line)
      try await reader.waitForError(
        "p1cat: standard output: the reader is too slow; dropping the oldest telegrams\n")
      try directory.write("", to: "open")
      try await reader.wait(for: "the last one", within: .seconds(30)) {
        $0.output.suffix(8000).contains(Array(telegrams[count - 1].utf8))
      }
      try await reader.waitForError(" dropped: the reader is too slow\n")
      // The output has whole telegrams in order: those of the pipe, and the newest.
      let numbers = Dictionary(uniqueKeysWithValues: zip(telegrams, 0...))
      let read = reader.text.split(separator: "/SIM5").map { numbers["/SIM5\($0)"] ?? -1 }
      let gap = try #require(read.indices.dropFirst().first { read[$0] != read[$0 - 1] + 1 })
      #expect(Array(read[..<gap]) == Array(0..<gap))
      #expect(Array(read[gap...]) == Array((count - read.count + gap)..<count))
      let message = try #require(
        reader.errorText.firstMatch(of: /(\d+) telegrams dropped: the reader/))
      #expect(Int(message.1) == count - read.count)
      // The queue has 1 MiB, and the pipe has as much if the system allows it.
      #expect((1000...2300).contains(read.count))
    }
  }

  @Test func signalEndsItAllTheSame() async throws {
    try await stalled(["--buffer", "1"]) { line, reader, _ in
      _ = try await Self.send(1500, to: line)
      let isCat = { (pid: pid_t) in isProcess(pid, "p1cat") }
      reader.processes.filter(isCat).forEach { kill($0, SIGTERM) }
      try await reader.waitForError(" telegrams not written: the reader does not read\n")
      let isEnded = try await Deadline(in: .seconds(10)).poll {
        !reader.processes.contains(where: isCat)
      }
      #expect(isEnded)
    }
  }

  /// After the last telegram p1cat waits for its reader, and others can use the line.
  @Test func endIsWaitedFor() async throws {
    try await stalled(["-n", "2000"]) { line, reader, directory in
      let sent = try await Self.send(2000, to: line)
      try await Program("p1cat", ["-n", "1", line.path]).whileRunning { other in
        let isRead = try await Deadline(in: .seconds(10)).poll {
          let telegram = try await Self.send(1, to: line)
          return other.text.hasPrefix(telegram)
        }
        #expect(isRead)
      }
      try directory.write("", to: "open")
      let result = try await reader.waitForExit()
      #expect(result.text == sent)
    }
  }

  @Test func givingUpIsNotWaitedFor() async throws {
    try await stalled(["-t", "6"]) { line, reader, _ in
      _ = try await Self.send(2000, to: line)
      try await reader.waitForError(
        "p1cat: \(line.path): no telegram for 6 s\n", within: .seconds(60))
      try await reader.waitForError(" telegrams not written: the reader does not read\n")
    }
  }

  @Test func hangUpLosesNothingThatIsRead() async throws {
    try await stalled(["--once"]) { line, reader, directory in
      let sent = try await Self.send(2000, to: line)
      let isRead = try await Deadline(in: .seconds(10)).poll {
        for process in reader.processes(named: "p1cat") { kill(process, SIGUSR1) }
        return reader.errorText.contains("telegrams=2000 ")
      }
      #expect(isRead)
      line.close()
      try directory.write("", to: "open")
      let result = try await reader.waitForExit()
      #expect(result.text == sent)
      #expect(result.messages.last == "p1cat: \(line.path): serial line disconnected")
    }
  }

  /// Nobody reads the messages, from the first one on.
  @Test func messagesStallNothing() async throws {
    let script = """
      dd if=/dev/zero of=messages bs=4096 count=16 oflag=nonblock status=none
      exec p1cat -v "$1" 2> messages
      """
    let telegrams = try await Self.telegrams.value
    try await TemporaryDirectory.with { directory in
      let line = try PseudoTerminal()
      try #require(mkfifo(directory.path("messages"), 0o600) == 0)
      let held = open(directory.path("messages"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      try #require(held >= 0)
      defer { close(held) }
      let program = Program.bash(script, [line.path], directory: directory.path)
      try await program.whileRunning { reader in
        try await line.waitUntilRaw()
        try await line.write(telegrams[0] + "noise\r\n/TST5\r\n" + telegrams[1])
        try await reader.wait(for: "both") { $0.text == telegrams[0] + telegrams[1] }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        #expect(read(held, &bytes, bytes.count) == bytes.count)
        reader.send(signal: SIGUSR1)
        var text = ""
        let isLogged = try await Deadline(in: .seconds(10)).poll {
          let count = read(held, &bytes, bytes.count)
          if count > 0 { text += String(decoding: bytes[..<count], as: UTF8.self) }
          return text.contains(" messages)\n")
        }
        #expect(isLogged, "\(text)")
      }
    }
  }

  /// The terminal of another user cannot be reopened, and a write to it may block.
  @Test func terminalOfAnotherUserStallsNothing() async throws {
    guard geteuid() == 0 else {
      print("not run, it needs root: another user")
      return
    }
    let telegrams = try await Self.telegrams.value
    let server = try TCPServer()
    let terminal = try PseudoTerminal()
    let script = """
      exec setpriv --reuid 65534 --clear-groups "$(type -P p1cat)" "tcp://127.0.0.1:$1" <> "$2" >&0
      """
    let program = Program.bash(script, ["\(server.port)", terminal.path])
    try await program.whileRunning { reader in
      let connection = try await server.accept()
      // Nobody reads the terminal.
      for _ in 0..<20 { try await connection.write(telegrams.prefix(100).joined()) }
      let isRead = try await Deadline(in: .seconds(20)).poll {
        reader.send(signal: SIGUSR1)
        return reader.errorText.contains("telegrams=2000 ")
      }
      #expect(isRead, "\(reader.errorText)")
      reader.send(signal: SIGTERM)
      #expect(try await reader.waitForExit().status == .success)
    }
  }

  /// The flags of the output affect every process that shares it.
  @Test func outputOfOthersStaysAsItIs() async throws {
    let line = try PseudoTerminal()
    let script = """
      p1cat -n 1 "$1" & while kill -0 $! 2>/dev/null; do
        grep -h ^flags /proc/self/fdinfo/1; sleep 0.05
      done
      """
    try await Program.bash(script, [line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      try await line.write(SampleTelegram.numbered())
      let result = try await reader.waitForExit()
      let flags = result.text.matches(of: /flags:\t(\d+)/).compactMap { Int($0.1, radix: 8) }
      #expect(!flags.isEmpty && flags.allSatisfy { $0 & Int(O_NONBLOCK) == 0 })
      #expect(result.text.replacing(/flags:.*\n/, with: "") == SampleTelegram.numbered())
    }
  }

  /// Sends the first telegrams down a line.
  private static func send(_ count: Int, to line: PseudoTerminal) async throws -> String {
    let text = try await telegrams.value.prefix(count).joined()
    try await line.write(text, within: .seconds(60))
    return text
  }

  /// Calls `body` once p1cat reads the line, while nobody reads its output.
  private func stalled(
    _ options: [String] = [],
    _ body: (PseudoTerminal, RunningProgram, TemporaryDirectory) async throws -> Void
  ) async throws {
    // Not while p1cat waits for them.
    _ = try await Self.telegrams.value
    try await TemporaryDirectory.with { directory in
      let line = try PseudoTerminal()
      let program = Program.bash(Self.script, options + [line.path], directory: directory.path)
      try await program.whileRunning { reader in
        try await line.waitUntilRaw()
        try await body(line, reader, directory)
      }
    }
  }
}
