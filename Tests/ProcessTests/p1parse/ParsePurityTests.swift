import TestSupport
import TestValues
import Testing

/// p1parse is a function of its input: nothing else changes a byte of the records.
@Suite struct ParsePurityTests {
  private static let telegrams = [
    SampleTelegram.numbered(1),
    "#2026-11-23T10:00:01.123Z\n/TST3\r\n\r\n1-0:1.7.0(0.5*kW)\r\n!\r\n",
    // The hour that occurs twice in autumn, without and with a letter.
    SampleTelegram.with(["0-0:1.0.0(261025023000)", "1-0:1.7.0(00.321*kW)"]),
    SampleTelegram.with(["0-0:1.0.0(261025023000W)", "1-0:1.7.0(00.321*kW)"]),
    SampleTelegram.numbered(2),
  ]
  private static let input = telegrams.joined()

  private static let expected = Shared {
    let result = try await Program("p1parse").run(input: input)
    try #require(result.status == .success && result.errorText == "")
    try #require(result.records.count == 7)
    return result.text
  }

  @Test(arguments: [
    ["TZ": "Asia/Tokyo"], ["TZ": "America/St_Johns"], ["TZ": ":/no/such/zone"],
    ["LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"], ["LC_NUMERIC": "nl_NL.UTF-8", "LC_ALL": "C"],
    ["SER_PORT": "/dev/null", "MQTT_ENABLED": "False"],
  ])
  func environment(_ environment: [String: String]) async throws {
    let result = try await Program("p1parse", environment: environment).run(input: Self.input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == (try await Self.expected.value))
  }

  @Test(arguments: [1, 2, 7, 64, 1000])
  func chunks(_ size: Int) async throws {
    let script = "dd bs=\(size) status=none | p1parse"
    let result = try await Program.bash(script).run(input: Self.input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == (try await Self.expected.value))
  }

  /// Each byte is sent when the byte before it was read.
  @Test func bytesOneByOne() async throws {
    try await Program("p1parse").whileRunning { parser in
      for byte in Self.telegrams[0].utf8 { try await parser.write([byte]) }
      let one = try await Program("p1parse").run(input: Self.telegrams[0]).text
      try await parser.wait(for: "the records") { $0.text == one }
    }
  }

  @Test func filesParsedApartGiveTheSameRecords() async throws {
    var apart = ""
    for telegram in Self.telegrams {
      apart += try await Program("p1parse").run(input: telegram).text
    }
    #expect(apart == (try await Self.expected.value))
  }

  @Test func filesParsedAtOnceGiveTheSameRecords() async throws {
    try await TemporaryDirectory.with { directory in
      for (number, telegram) in Self.telegrams.enumerated() {
        try directory.write(telegram, to: "\(number).p1")
      }
      let script = """
        ls *.p1 | xargs -P 4 -n 1 sh -c 'p1parse < "$1" > "$1.records"' sh && cat *.records
        """
      let result = try await Program.bash(script, directory: directory.path).run()
      #expect(result.status == .success && result.errorText == "")
      #expect(result.text == (try await Self.expected.value))
    }
  }

  @Test func noiseBetweenTelegramsChangesNothing() async throws {
    let noisy = Self.telegrams.map { "\u{0}\u{7F}\r\nnoise\r\n" + $0 }.joined()
    let result = try await Program("p1parse").run(input: noisy)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == (try await Self.expected.value))
  }

  @Test func readingThroughP1CatChangesNothing() async throws {
    let result = try await Program.bash("p1cat | p1parse").run(input: Self.input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == (try await Self.expected.value))
  }
}
