import Foundation
import TestSupport
import TestValues
import Testing

/// `-n COUNT` and `-t SECONDS`.
@Suite struct CatLimitTests {
  @Test func endsAfterSoManyTelegrams() async throws {
    let three = (1...3).map { SampleTelegram.numbered($0) }
    let result = try await Program("p1cat", ["-n", "2"]).run(input: three.joined())
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == three[0] + three[1])
  }

  @Test func doesNotWaitForTheEndOfTheSource() async throws {
    try await Program("p1cat", ["-n", "1"]).whileRunning { reader in
      try await reader.write(SampleTelegram.numbered() + "/TST5\\2NEXT\r\n")
      let result = try await reader.waitForExit()
      #expect(result.status == .success && result.text == SampleTelegram.numbered())
    }
  }

  @Test func fewerTelegramsThanAskedForIsNoError() async throws {
    let result = try await Program("p1cat", ["-n", "2"]).run(input: SampleTelegram.numbered())
    #expect(result.status == .success && result.text == SampleTelegram.numbered())
  }

  @Test func limitsASimulation() async throws {
    let result = try await Program("p1cat", ["-n", "3", "sim:rate=max"]).run()
    #expect(result.status == .success && result.errorText == "")
    #expect(result.lines.filter { $0.hasPrefix("/") }.count == 3)
  }

  @Test func givesUpAndWritesNoHalves() async throws {
    // The first half is written before p1cat starts, however slow the machine is.
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(
      contentsOf: Data(SampleTelegram.numbered().utf8.dropLast(8)))
    let input = pipe.fileHandleForReading.fileDescriptor
    try await Program("p1cat", ["-n", "1", "-t", "1"]).whileRunning(input: input) { reader in
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(75))
      #expect(result.output.isEmpty)
      #expect(result.errorText == "p1cat: standard input: no telegram for 1 s\n")
    }
    try pipe.fileHandleForWriting.close()
  }

  @Test func givesUpOnASerialLineThatOnlyHasNoise() async throws {
    let line = try PseudoTerminal()
    try await Program("p1cat", ["-t", "1", line.path]).whileRunning { reader in
      try await line.waitUntilRaw()
      try await line.write("noise\r\n!0000\r\n")
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(75))
      #expect(result.output.isEmpty)
      #expect(result.errorText == "p1cat: \(line.path): no telegram for 1 s\n")
    }
  }

  /// As cron runs it, on a line that never pauses: each run begins and ends within a telegram.
  @Test func thousandCapturesIntoOneFileAreWholeTelegrams() async throws {
    let script = """
      capture() {
        local status=0
        p1cat -q -n 1 -t 30 "$1" >> captures 2>/dev/null || status=$?
        echo "$status"
      }
      for run in {1..450}; do capture "$1"; done
      for run in {1..100}; do capture "$1" & done
      for run in {1..450}; do capture "$1"; done
      wait
      """
    let line = try PseudoTerminal()
    try await TemporaryDirectory.with { directory in
      let program = Program.bash(script, [line.path], directory: directory.path)
      try await program.whileRunning { captures in
        var number = 0
        while captures.status == nil {
          // The bytes that arrive between two runs are lost.
          try? await line.write(SampleTelegram.numbered(number % 60), within: .milliseconds(20))
          number += 1
        }
        let result = try await captures.waitForExit()
        let statuses = result.lines
        #expect(statuses.count == 1000 && Set(statuses).isSubset(of: ["0", "75"]))
        let taken = statuses.filter { $0 == "0" }.count
        #expect(taken >= 450)
        let file = try directory.text(of: "captures")
        let checked = try await Program("p1cat", ["-v"]).run(input: file)
        #expect(checked.text == file && checked.errorText == "")
        #expect(checked.lines.filter { $0.hasPrefix("/") }.count == taken)
      }
    }
  }
}
