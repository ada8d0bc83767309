import Foundation
import TestSupport
import Testing

/// What p1cat reads from, other than a serial line, and what it makes of it.
@Suite struct CatSourceTests {
  private static let telegrams = SampleTelegram.numbered(1) + SampleTelegram.numbered(2)

  @Test func fileComesOutUnchanged() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write(Self.telegrams, to: "telegrams.p1")
      for program in [
        Program("p1cat", [path]), Program("p1cat", environment: ["SER_PORT": path]),
        Program("p1cat", ["telegrams.p1"], directory: directory.path),
        // The argument comes before the environment.
        Program("p1cat", [path], environment: ["SER_PORT": "/no/such/file"]),
      ] {
        let result = try await program.run()
        #expect(result.status == .success && result.errorText == "")
        #expect(result.text == Self.telegrams)
      }
    }
  }

  @Test func standardInputComesOutUnchanged() async throws {
    for program in [
      Program("p1cat"), Program("p1cat", ["-"]), Program("p1cat", environment: ["SER_PORT": ""]),
      Program("p1cat", ["-"], environment: ["SER_PORT": "/no/such/file"]),
    ] {
      let result = try await program.run(input: Self.telegrams)
      #expect(result.status == .success && result.errorText == "")
      #expect(result.text == Self.telegrams)
    }
  }

  @Test func emptyInputIsNoError() async throws {
    let result = try await Program("p1cat").run()
    #expect(result.status == .success && result.output.isEmpty && result.errorText == "")
  }

  @Test func lastLineEndMayBeMissing() async throws {
    let result = try await Program("p1cat").run(input: String(Self.telegrams.dropLast()))
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == Self.telegrams)
  }

  /// An editor made LF of CR LF: the checksum is that of the bytes before.
  @Test func lineFeedsAloneAreKept() async throws {
    let edited = Self.telegrams.replacing("\r\n", with: "\n")
    let result = try await Program("p1cat").run(input: edited)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == edited)
  }

  @Test func wrongChecksumIsDroppedAndSaid() async throws {
    let wrong = SampleTelegram.numbered(1).replacing("00.321", with: "00.322")
    let result = try await Program("p1cat").run(
      input: wrong + SampleTelegram.numbered(2) + wrong)
    #expect(result.status == .success)
    #expect(result.text == SampleTelegram.numbered(2))
    #expect(result.messages.count == 2)
    #expect(
      result.messages.allSatisfy {
        $0.hasPrefix("p1cat: standard input: telegram dropped: its checksum is ")
      })
  }

  @Test func noiseAndHalvesAreDropped() async throws {
    let half = SampleTelegram.numbered(1).dropFirst(60)
    let start = SampleTelegram.numbered(1).prefix(80)
    let result = try await Program("p1cat").run(
      input: half + "\u{0}\u{1}garbage\r\n" + Self.telegrams + "/" + start + Self.telegrams)
    #expect(result.status == .success)
    #expect(result.text == Self.telegrams + Self.telegrams)
  }

  /// Each of the slashes could begin a telegram; to look for its end anew every time would
  /// take hours.
  @Test(arguments: ["/", "x", "/TST5", "\n"])
  func telegramBehindALongLineOfNoiseIsFound(_ noise: String) async throws {
    let input = String(repeating: noise, count: 20_000 / noise.count) + Self.telegrams
    let result = try await Program("p1cat", ["-q"]).run(input: input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == Self.telegrams)
  }

  @Test func missingFile() async throws {
    let result = try await Program("p1cat", ["/no/such/file"]).run()
    #expect(result.status == .exited(66))
    #expect(result.errorText == "p1cat: /no/such/file: No such file or directory\n")
  }

  @Test func directory() async throws {
    let result = try await Program("p1cat", ["/"]).run()
    #expect(result.status == .exited(66))
    #expect(result.errorText == "p1cat: /: Is a directory\n")
  }

  @Test func fileThatMayNotBeRead() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write(Self.telegrams, to: "secret.p1")
      #expect(chmod(path, 0) == 0)
      // Root reads everything, unless it has lost the capability to.
      let program =
        geteuid() == 0
        ? Program("setpriv", ["--bounding-set=-dac_override,-dac_read_search", "p1cat", path])
        : Program("p1cat", [path])
      let result = try await program.run()
      #expect(result.status == .exited(77))
      #expect(result.errorText == "p1cat: \(path): Permission denied\n")
    }
  }
}
