import TestSupport
import TestValues
import Testing

/// `p1parse --every`: a record of each period.
@Suite struct ParsePeriodTests {
  /// Two meters in one stream, one of them with gas and the peak of the month.
  private static let telegrams = (0..<300).map { second in
    let (minute, rest) = second.quotientAndRemainder(dividingBy: 60)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "0-0:1.0.0(2611231\(1 + minute / 60)\(two(minute % 60))\(two(rest))W)"
    let gas = minute < 2 ? "261123105500W" : "261123110000W"
    return SampleTelegram.with([
      "0-0:96.1.4(50217)", time, "0-0:96.1.1(4530303031)", "1-0:1.8.1(001\(200 + second).567*kWh)",
      "1-0:1.7.0(0\(second % 11).\(100 + second)*kW)", "1-0:31.7.0(\(second % 12)*A)",
      "1-0:1.6.0(261103181500W)(05.068*kW)", "0-1:24.1.0(003)", "0-1:96.1.0(4730303033)",
      "0-1:24.2.1(\(gas))(03456.\(780 + minute)*m3)",
    ])
      + SampleTelegram.with([
        time, "0-0:96.1.1(4530303032)", "1-0:2.7.0(00.\(900 - second)*kW)", "0-0:96.14.0(0002)",
      ])
  }
  private static let input = telegrams.joined()

  private func run(_ script: String, input: String = input) async throws -> ProgramResult {
    let result = try await Program.bash(script).run(input: input)
    #expect(result.status == .success && result.errorText == "", "\(script): \(result.errorText)")
    return result
  }

  /// The periods of a sink and those of p1parse are the same.
  @Test(arguments: ["1", "7", "60", "3600", "60 --extremes"])
  func periodsAreThoseOfTheSinks(_ period: String) async throws {
    let bySink = try await run("p1parse | p1influx --dry-run --every \(period)")
    let byParser = try await run("p1parse --every \(period) | p1influx --dry-run")
    #expect(byParser.text == bySink.text && !bySink.text.isEmpty)
    #expect(byParser.lines.count < Self.telegrams.count * 3)
  }

  @Test(arguments: [1, 333, 5000])
  func chunksDoNotMatter(_ size: Int) async throws {
    let whole = try await run("p1parse --every 60")
    let input = Self.telegrams[..<150].joined()
    let expected = try await run("p1parse --every 60", input: input)
    let pieces = try await run("dd bs=\(size) status=none | p1parse --every 60", input: input)
    #expect(pieces.text == expected.text && whole.text != expected.text)
  }

  @Test func periodEndsWithALaterRecordOrTheInput() async throws {
    let records = try await run("p1parse --every 60 --format json | grep power_import_kw").lines
    try #require(records.count == 5)
    #expect(records[0].hasPrefix("{\"timestamp\":\"2026-11-23T10:00:59Z\",\"meter\":\"E0001\""))
  }

  /// The registers of the last month, which each telegram repeats.
  @Test func historyDoesNotEndAPeriod() async throws {
    let units =
      Array(repeating: "kWh", count: 6) + Array(repeating: "kvarh", count: 6)
      + ["kWh"] + Array(repeating: "kW", count: 6)
    let registers = units.map { "(1.000*\($0))" }.joined()
    let input = (0..<180).map { second in
      let (minute, rest) = (10 + second / 60, 10 + second % 60 / 2)
      return SampleTelegram.with([
        "0-0:1.0.0(26112311\(minute)\(rest)W)", "1-0:1.7.0(1.\(100 + second)*kW)",
        "0-0:98.1.0(261101000000W)\(registers)",
      ])
    }.joined()
    let plain = try await run("p1parse --every 60 --format json", input: input).lines
    let all = try await run("p1parse --every 60 --history --format json", input: input).lines
    let past = all.filter { $0.contains("\"timestamp\":\"2026-10-31T23:00:00Z\"") }
    #expect(plain.count == 3 && past.count == 3 && Set(past).count == 1)
    #expect(all.filter { !past.contains($0) } == plain)
  }

  /// P1_EVERY is for the sinks, as it has always been.
  @Test func settingHasANameOfItsOwn() async throws {
    let plain = try await run("p1parse")
    #expect(try await run("P1_EVERY=60 P1_EXTREMES=1 p1parse").text == plain.text)
    let every = try await run("p1parse --every 60 --extremes")
    #expect(try await run("P1_PARSE_EVERY=60 P1_PARSE_EXTREMES=1 p1parse").text == every.text)
    #expect(every.text.contains("power_import_max_kw="))
    #expect(
      try await run("P1_PARSE_EVERY=60 P1_PARSE_EXTREMES=1 p1parse --every 0").text
        == plain.text)
  }

  @Test func extremesNeedAPeriod() async throws {
    let result = try await Program("p1parse", ["--extremes"]).run(input: "")
    #expect(result.status == .exited(64))
    #expect(
      result.errorText
        == "p1parse: --extremes: it needs a period; set --every or P1_PARSE_EVERY\n")
  }

  /// What was read before the damage is in the periods.
  @Test func strictWritesThePeriodsBeforeTheDamage() async throws {
    let good = Self.telegrams[..<61].joined()
    let result = try await Program("p1parse", ["--every", "60", "--strict"])
      .run(input: good + "noise\n")
    #expect(result.status == .exited(65))
    #expect(result.text == (try await run("p1parse --every 60", input: good).text))
  }
}
