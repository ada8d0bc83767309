import TestSupport
import TestValues
import Testing

/// Messages with -q and -v, and their levels in the journal.
@Suite struct MessageTests {
  /// A telegram with noise before it, then one with a wrong checksum.
  private static let input =
    "noise\r\n" + SampleTelegram.numbered() + "/TST5\\2BAD\r\n\r\n1-0:1.7.0(1*kW)\r\n!0000\r\n"
  private static let dropped =
    "p1cat: standard input: telegram dropped: wrong checksum: 0000 printed, F501 computed\n"

  @Test func warningsAreSaidUnlessAskedToBeQuiet() async throws {
    #expect(try await Program("p1cat").run(input: Self.input).errorText == Self.dropped)
    for option in ["-q", "--quiet"] {
      let quiet = try await Program("p1cat", [option]).run(input: Self.input)
      #expect(quiet.status == .success && quiet.errorText == "")
      #expect(quiet.text == SampleTelegram.numbered())
    }
  }

  @Test func verboseTellsMore() async throws {
    for option in ["-v", "--verbose"] {
      let verbose = try await Program("p1cat", [option]).run(input: Self.input)
      #expect(
        verbose.errorText == Self.dropped + "p1cat: standard input: 7 bytes outside telegrams\n")
    }
  }

  @Test func errorsAreSaidEvenWhenQuiet() async throws {
    let result = try await Program("p1cat", ["-q", "/no/such/file"]).run()
    #expect(result.errorText == "p1cat: /no/such/file: No such file or directory\n")
  }

  @Test(arguments: [2, 5])
  func repeatedWarningsAreWithheldAndCounted(_ count: Int) async throws {
    let input = String(repeating: Self.input, count: count)
    let messages = try await Program("p1cat").run(input: input).messages
    let end = count == 2 ? "" : " (and \(count - 2) more like it)"
    #expect(messages == [Self.dropped.dropLast(), Self.dropped.dropLast() + end[...]])
  }

  /// Lines begin with their level only if JOURNAL_STREAM names standard error.
  @Test func journalGetsLevels() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        exec 2>"$1"
        export JOURNAL_STREAM=$(stat -Lc %d:%i "$1")
        p1cat; p1cat /no/such/file; p1parse -v --spec-dir / <<<$'/TST5\\n\\n1-0:1.2.3(4)\\n!'
        JOURNAL_STREAM=1:1 p1cat /no/such/file
        true
        """
      let path = directory.path("log")
      let result = try await Program.bash(script, [path]).run(input: Self.input)
      #expect(result.status == .success && result.errorText == "")
      let log = try await Program("cat", [path]).run().text
      #expect(
        log == """
          <4>\(Self.dropped)\
          <3>p1cat: /no/such/file: No such file or directory
          <5>p1parse: standard input: no metric for code 1-0:1.2.3; use --all to include it, or see p1spec(5)
          <6>p1parse: standard input: 1 line ignored: no metric for the code; use --all to include \
          them
          p1cat: /no/such/file: No such file or directory

          """)
    }
  }
}
