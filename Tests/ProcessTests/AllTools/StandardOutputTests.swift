import TestSupport
import TestValues
import Testing

/// Standard output that is closed or full is an error.
@Suite struct StandardOutputTests {
  private static let telegrams = (0..<3).map { SampleTelegram.numbered($0) }.joined()

  /// Commands that write to standard output; each gets the telegrams on standard input.
  private static let writers = [
    "p1cat", "p1cat telegrams.p1", "p1cat --stamp telegrams.p1", "p1cat sim:rate=max",
    "p1cat sim:count=1", "p1parse", "p1parse --format json", "p1parse --list",
    "p1parse --print-spec 50", "p1parse > records; p1influx --dry-run < records",
  ]

  @Test(arguments: writers)
  func closedOutputIsAnError(_ script: String) async throws {
    try await expectFailure(script, ">&-", "Bad file descriptor")
  }

  @Test(arguments: writers)
  func fullOutputIsAnError(_ script: String) async throws {
    try await expectFailure(script, "> /dev/full", "No space left on device")
  }

  /// As with `1< file`.
  @Test func outputThatIsOpenForReadingIsAnError() async throws {
    try await expectFailure("p1cat sim:rate=max", "1< telegrams.p1", "Bad file descriptor")
    try await expectFailure("p1cat sim:rate=max", "1< /dev/null", "Bad file descriptor")
  }

  @Test(arguments: HelpTests.tools, ["--help", "--version"])
  func helpThatNobodyCanReadIsAnError(_ tool: String, _ option: String) async throws {
    try await expectFailure("\(tool) \(option)", ">&-", "Bad file descriptor")
    try await expectFailure("\(tool) \(option)", "> /dev/full", "No space left on device")
  }

  /// If standard output is closed, a file that p1cat opens must not become standard output.
  @Test func fileThatIsReadIsNotWritten() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write(Self.telegrams, to: "telegrams.p1")
      let result = try await Program.bash(
        "p1cat \"$1\" >&- <&- 2> errors; cat errors \"$1\"", [path]
      )
      .run()
      #expect(result.text == "p1cat: standard output: Bad file descriptor\n" + Self.telegrams)
    }
  }

  /// A sink writes nothing to standard output, and a systemd unit may close it. The sink may know
  /// that there is no broker before the input ends.
  @Test(arguments: ["p1mqtt -q --port 1 --linger 0", "p1influx --port 1"])
  func sinkNeedsNoOutput(_ tool: String) async throws {
    let result = try await Program.bash("\(tool) >&- < /dev/null").run()
    #expect(result.status == .success && result.errorText == "")
  }

  @Test func captureNeedsNoOutput() async throws {
    try await TemporaryDirectory.with { directory in
      let capture = "\(Repository.directory)/scripts/p1capture"
      for closed in [">&-", "> /dev/full", "<&- >&- 2>&-"] {
        let script = "\"$1\" -d . sim:start=2026-01-01T10:00:00Z \(closed)"
        let result = try await Program.bash(script, [capture], directory: directory.path).run()
        #expect(result.status == .success && result.errorText == "")
      }
      let count = try await Program.bash("grep -c ^/ telegrams-*.p1", directory: directory.path)
        .run()
      #expect(count.text == "3\n")
      let help = try await Program.bash("\"$1\" --help >&-", [capture]).run()
      #expect(help.status == .exited(74))
      // If the message cannot be written, the exit status is still that of the fault.
      let wrong = try await Program.bash("\"$1\" -x 2>&-", [capture]).run()
      #expect(wrong.status == .exited(64))
      let missing = try await Program.bash(
        "\"$1\" -d . /dev/p1-none 2>&-", [capture], directory: directory.path
      ).run()
      #expect(missing.status == .exited(66))
    }
  }

  private func expectFailure(
    _ script: String, _ redirection: String, _ reason: String
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write(Self.telegrams, to: "telegrams.p1")
      let program = Program.bash(
        "\(script) \(redirection) 2> errors; echo $? >&2; cat errors >&2", directory: directory.path
      )
      let result = try await program.run(input: Self.telegrams)
      let tool = script.contains("p1influx") ? "p1influx" : script.prefix { $0 != " " }
      #expect(
        result.errorText == "74\n\(tool): standard output: \(reason)\n", "\(script) \(redirection)")
    }
  }
}
