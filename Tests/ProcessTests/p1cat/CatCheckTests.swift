import TestSupport
import TestValues
import Testing

/// `--no-check` accepts telegrams with a wrong checksum; `--check` checks the settings.
@Suite struct CatCheckTests {
  private static let whole = SampleTelegram.numbered(1)
  private static let wrong = SampleTelegram.numbered(2).replacing("00.321", with: "00.322")
  private static let unreadable = SampleTelegram.numbered(3).replacing(/!.*/, with: "!XY")
  private static let endless = SampleTelegram.numbered(4).replacing(/!.*\r\n/, with: "")

  @Test func telegramsWithAWrongChecksumComeOutUnchanged() async throws {
    let input = Self.wrong + Self.whole + Self.unreadable + Self.endless + Self.wrong + Self.endless
    let result = try await Program("p1cat", ["--no-check"]).run(input: input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == input)
    let checked = try await Program("p1cat", ["-q"]).run(input: input)
    #expect(checked.status == .success && checked.text == Self.whole)
  }

  @Test func halvesAreDroppedAllTheSame() async throws {
    let half = Self.whole.prefix(80)
    let result = try await Program("p1cat", ["--no-check"]).run(
      input: half.dropFirst(10) + "\r\n" + half + Self.wrong + half + Self.whole)
    #expect(result.status == .success)
    #expect(result.text == Self.wrong + Self.whole)
    #expect(result.messages.count == 2)
    #expect(
      result.messages.allSatisfy {
        $0.hasPrefix("p1cat: standard input: telegram dropped: incomplete")
      })
  }

  /// If a telegram should have a checksum, only the next bytes show whether it was lost.
  @Test func checksumThatWasTornOffIsDamage() async throws {
    let bare = Self.whole.replacing(/!.*/, with: "!")
    let torn = bare + "95D\r\n"
    let result = try await Program("p1cat").run(input: bare + torn + Self.whole + bare)
    #expect(result.status == .success)
    #expect(result.text == bare + Self.whole + bare)
    #expect(
      result.errorText
        == "p1cat: standard input: telegram dropped: unreadable checksum\n")
  }

  // MARK: - --check

  /// The device does not exist, and standard input is not read.
  @Test func settingsAreCheckedWithoutTheSource() async throws {
    let set = try await Program(
      "p1cat", ["--check", "-n", "1", "--stamp"],
      environment: ["SER_PORT": "/dev/nowhere", "SER_PARITY": "E"]
    ).run()
    #expect(set.status == .success && set.errorText == "")
    #expect(
      set.text == """
        p1cat: /dev/nowhere
        SER_PORT = '/dev/nowhere'  # environment
        P1_STAMP = 'True'  # --stamp
        SER_PARITY = 'E'  # environment

        """)
    let plain = try await Program("p1cat", ["--check"]).run()
    #expect(plain.status == .success && plain.text == "p1cat: -\n")
    let wrong = try await Program(
      "p1cat", ["--check"], environment: ["SER_PORT": "sim:speed=1"]
    ).run()
    #expect(wrong.status == .exited(78) && wrong.text == "")
    #expect(wrong.errorText.hasPrefix("p1cat: SER_PORT: \"sim:speed=1\": unknown option"))
  }
}
