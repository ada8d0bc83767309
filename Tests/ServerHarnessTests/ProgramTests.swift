import Foundation
import TestSupport
import Testing

/// Running programs to their end, and talking to them while they run.
@Suite struct ProgramTests {
  @Test func outputErrorAndStatusAreKeptApart() async throws {
    let result = try await Program.bash("cat; echo oops >&2; exit 3").run(input: "in\n")
    #expect(result.status == .exited(3))
    #expect(result.text == "in\n")
    #expect(result.errorText == "oops\n")
  }

  @Test func environmentIsClean() async throws {
    let result = try await Program("env", environment: ["TZ": "Europe/Brussels"]).run()
    let names = Set(result.lines.compactMap { $0.split(separator: "=").first })
    #expect(names == ["PATH", "HOME", "TZ", "TEST_RUN_MARK"])
    #expect(result.lines.contains("TZ=Europe/Brussels"))
  }

  @Test func largeInputComesBackWhole() async throws {
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try await Program("cat").run(input: bytes).output == bytes)
  }

  @Test func inputThatIsNotReadIsNoError() async throws {
    let bytes = [UInt8](repeating: 65, count: 1_000_000)
    #expect(try await Program("true").run(input: bytes).status == .success)
  }

  /// The program is killed at the deadline.
  @Test func inputThatIsNotReadInTimeIsAnError() async {
    let bytes = [UInt8](repeating: 65, count: 1_000_000)
    await #expect(throws: ProgramFailure.self) {
      try await Program("sleep", ["60"]).run(input: bytes, within: .milliseconds(300))
    }
  }

  @Test func outputOfProcessSubstitutionIsAwaited() async throws {
    let script = "echo a | tee -p >(sleep 0.3; cat; echo b) >/dev/null"
    #expect(try await Program.bash(script).run().text == "a\nb\n")
  }

  @Test(arguments: ["/no/such/program", "no-such-program"])
  func missingProgramIsAnError(_ name: String) async {
    await #expect(throws: MissingProgram.self) { try await Program(name).run() }
  }

  @Test func deadlineKillsTheWholePipelineAndReports() async throws {
    try await TemporaryDirectory.with { directory in
      let program = Program.bash(
        "echo $$ > pid; echo seen >&2; (setsid sleep 987 &); sleep 987 | cat",
        directory: directory.path)
      let failure = await #expect(throws: ProgramFailure.self) {
        try await program.run(within: .milliseconds(500))
      }
      let report = try #require(failure).description
      for part in ["0.5 seconds", "sleep 987 | cat", directory.path, "killed", "seen"] {
        #expect(report.contains(part), "\(report)")
      }
      #expect(try await Program.bash("pgrep -f '^sleep 987'").run().text == "")
    }
  }

  @Test func signalReachesAChild() async throws {
    try await Program("sleep", ["60"]).whileRunning { sleeping in
      sleeping.send(signal: SIGTERM)
      let result = try await sleeping.waitForExit()
      #expect(result.status == .signalled(SIGTERM))
    }
  }

  @Test func conversation() async throws {
    let script = "trap 'echo hup; exit 4' HUP; while read -r line; do echo \"<$line>\"; done"
    try await Program.bash(script).whileRunning { shell in
      try await shell.write("one\n")
      try await shell.waitForOutput("<one>\n")
      try await shell.write("two\n")
      try await shell.wait(for: "two lines") { $0.text == "<one>\n<two>\n" }
      shell.send(signal: SIGHUP)
      let result = try await shell.waitForExit()
      #expect(result.status == .exited(4))
      #expect(result.text.hasSuffix("hup\n"))
    }
    try await Program("cat").whileRunning { cat in
      cat.closeInput()
      let result = try await cat.waitForExit()
      #expect(result.status == .success)
    }
  }

  @Test func waitingForWhatNeverComesFailsAtTheEndOfTheProgram() async throws {
    try await Program("echo", ["other"]).whileRunning { echo in
      let failure = await #expect(throws: ProgramFailure.self) {
        try await echo.waitForOutput("this", within: .seconds(20))
      }
      let report = try #require(failure).description
      #expect(report.contains("other"))
    }
  }

  @Test func openFileAsInput() async throws {
    try await TemporaryDirectory.with { directory in
      let file = try FileHandle(
        forReadingFrom: URL(fileURLWithPath: directory.write("from a file", to: "input")))
      try await Program("cat").whileRunning(input: file.fileDescriptor) { cat in
        let result = try await cat.waitForExit()
        #expect(result.text == "from a file")
      }
      try file.close()
    }
  }

  @Test func nothingIsLeftWhenTheScopeEnds() async throws {
    let program = Program.bash("(setsid sleep 986 &); echo up; sleep 985; :")
    let running = try await program.whileRunning { running in
      try await running.waitForOutput("up")
      try await running.wait(for: "three processes") { $0.processes.count == 3 }
      return running
    }
    #expect(running.processes.isEmpty)
    #expect(running.status == .signalled(SIGKILL))
    #expect(try await Program.bash("pgrep -f '^sleep 98[56]'").run().text == "")
  }

  @Test func temporaryDirectoryIsRemoved() async throws {
    let path = try await TemporaryDirectory.with { directory in
      try directory.write("x", to: "file")
      return directory.path
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func toolsAreLookedForBesideTheBundle() throws {
    if let given = ProcessInfo.processInfo.environment["P1_TOOLS"] {
      #expect(ToolPaths.directory == given)
    } else {
      let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).lastPathComponent
      #expect(try Program(bundle).path == ToolPaths.directory + "/" + bundle)
    }
  }
}
