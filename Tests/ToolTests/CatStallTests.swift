import Foundation
import TestSupport
import Testing

/// A reader of the output that takes nothing for a while never stalls the meter.
@Suite struct CatStallTests {
  /// Passes on what p1cat writes, but only once the file `open` is there.
  private static let script = """
    p1cat "$@" | { until [[ -e open ]]; do sleep 0.05; done; exec cat; }
    """

  private static func telegram(_ number: Int) -> String {
    SampleTelegram.with([
      "1-3:0.2.8(50)", "1-0:1.8.1(\(number)*kWh)",
      "0-0:96.13.0(\(String(repeating: "30", count: 450)))",
    ])
  }

  /// As many as come in a minute, and far more than a pipe holds unless it is enlarged.
  @Test func minuteOfAMeterIsKept() async throws {
    try await stalled { line, reader, directory in
      var sent = ""
      for number in 0..<60 {
        let telegram = Self.telegram(number)
        try await line.write(telegram)
        sent += telegram
      }
      #expect(reader.output.isEmpty)
      try directory.write("", to: "open")
      try await reader.wait(for: "all of them") { $0.text == sent }
      #expect(!reader.errorText.contains("dropped"))
    }
  }

  @Test func beyondTheBoundTheOldestGo() async throws {
    try await stalled(["--buffer", "1"]) { line, reader, directory in
      let count = 4000
      for number in 0..<count { try await line.write(Self.telegram(number), within: .seconds(60)) }
      try await reader.waitForError(
        "p1cat: standard output: not read: the oldest telegrams are dropped\n")
      try directory.write("", to: "open")
      try await reader.wait(for: "the last one", within: .seconds(30)) {
        $0.output.suffix(8000).contains(Array(Self.telegram(count - 1).utf8))
      }
      try await reader.waitForError(" dropped\n")
      // Whole ones alone, in order: those that were in the pipe, and the newest.
      let numbers = reader.text.matches(of: /1\.8\.1\((\d+)\*/).compactMap { Int($0.1) }
      #expect(reader.text == numbers.map(Self.telegram).joined())
      let gap = try #require(
        numbers.indices.dropFirst().first { numbers[$0] != numbers[$0 - 1] + 1 })
      #expect(Array(numbers[..<gap]) == Array(0..<gap))
      #expect(Array(numbers[gap...]) == Array((count - numbers.count + gap)..<count))
      let said = try #require(reader.errorText.firstMatch(of: /too long: (\d+) telegrams dropped/))
      #expect(Int(said.1) == count - numbers.count)
      // A pipe and a queue of one MiB each.
      #expect((1800...2300).contains(numbers.count))
    }
  }

  @Test func signalEndsItAllTheSame() async throws {
    try await stalled(["--buffer", "1"]) { line, reader, _ in
      for number in 0..<1500 { try await line.write(Self.telegram(number), within: .seconds(60)) }
      let isCat = { (pid: pid_t) in isProcess(pid, "p1cat") }
      reader.processes.filter(isCat).forEach { kill($0, SIGTERM) }
      try await reader.waitForError(" telegrams left unwritten\n")
      let isEnded = try await Deadline(in: .seconds(10)).poll {
        !reader.processes.contains(where: isCat)
      }
      #expect(isEnded)
    }
  }

  /// What is set on the output holds for everybody who shares it.
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

  /// Calls `body` once p1cat reads the line, and nobody what it writes.
  private func stalled(
    _ options: [String] = [],
    _ body: (PseudoTerminal, RunningProgram, TemporaryDirectory) async throws -> Void
  ) async throws {
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
