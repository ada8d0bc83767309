import Foundation
import TestSupport
import TestValues
import Testing

/// Sources other than a serial line.
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
    let strict = try await Program("p1cat", ["--strict"]).run()
    #expect(
      strict.status == .exited(65) && strict.errorText == "p1cat: standard input: it is empty\n")
  }

  /// The message about a file without telegrams says what the file looks like.
  @Test(
    arguments: [
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A], "; it looks like a JPEG image"),
      ([0x1F, 0x8B, 8, 0, 0, 0], "; it looks like a file compressed by gzip; decompress it first"),
      (
        Array("timestamp=2026-01-01T00:00:00Z\na=1\n\n".utf8),
        "; it looks like records, as p1parse writes them"
      ),
      (Array("Good morning.\n".utf8), "; it looks like text"),
      (Array(SampleTelegram.numbered().replacing("0.321", with: "0.322").utf8), ""),
      (
        Array(SampleTelegram.numbered().utf8.dropFirst(30)),
        "; it looks like lines of a telegram, without its first line"
      ),
    ] as [([UInt8], String)])
  func fileWithoutATelegramIsSaid(_ bytes: [UInt8], _ kind: String) async throws {
    let message = "p1cat: standard input: no telegram found\(kind)"
    for (options, status) in [([], 0), (["--strict"], 65)] as [([String], Int32)] {
      let result = try await Program("p1cat", options).run(input: bytes)
      #expect(result.status == .exited(status) && result.output.isEmpty)
      #expect(result.messages.last.map(String.init) == message)
      #expect(result.messages.count == (kind.isEmpty ? 2 : 1))
    }
    let set = try await Program("p1cat", environment: ["P1_STRICT": "yes"]).run(input: bytes)
    #expect(set.status == .exited(65))
  }

  @Test func strictReadingEndsWithAnErrorWhereATelegramIsDropped() async throws {
    let wrong = SampleTelegram.numbered(1).replacing("00.321", with: "00.322")
    let result = try await Program("p1cat", ["-q", "--strict"]).run(
      input: wrong + Self.telegrams + wrong)
    #expect(result.status == .exited(65) && result.text == Self.telegrams)
    #expect(result.errorText == "p1cat: standard input: 2 telegrams dropped\n")
    let right = try await Program("p1cat", ["--strict"]).run(input: Self.telegrams)
    #expect(right.status == .success && right.errorText == "")
  }

  @Test func lastLineEndMayBeMissing() async throws {
    let result = try await Program("p1cat").run(input: String(Self.telegrams.dropLast()))
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == Self.telegrams)
  }

  /// An editor replaced CR LF by LF: the checksum is that of the original bytes.
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
        $0.hasPrefix("p1cat: standard input: telegram dropped: wrong checksum: ")
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

  /// Each of the slashes could begin a telegram; searching for its end from each of them would
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
