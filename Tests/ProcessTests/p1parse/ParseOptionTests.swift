import Foundation
import TestSupport
import TestValues
import Testing

/// The options of p1parse.
@Suite struct ParseOptionTests {
  private static let belgian = SampleTelegram.with([
    "0-0:96.1.4(50217)", "0-0:1.0.0(261123110000W)", "1-0:1.6.0(261103181500W)(05.068*kW)",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(261001000000S)(260911181500S)(04.402*kW)"
      + "(261101000000W)(632525252525W)(00.000*kW)",
    "1-0:99.97.0(1)(0-0:96.7.19)(260102030405W)(5000000000*s)", "1-0:1.7.0(00.212*kW)",
    "1-0:2.7.0(00.700*kW)", "1-0:21.7.0(0050*W)", "1-0:22.7.0(00.000*kW)", "1-0:41.7.0(00.1*kW)",
    "1-0:200.1.0(00012.5*kWh)", "0-1:200.1.0(TXT)", "1-0:201.1.0(1)(2*kW)()", "1-0:202.1.0()",
  ])

  private func parse(_ options: String..., input: String = belgian) async throws -> ProgramResult {
    let result = try await Program("p1parse", options).run(input: input)
    #expect(result.status == .success)
    return result
  }

  // MARK: - Fields of records

  @Test func peakOfTheMonthHasARecordOfItsOwn() async throws {
    let records = try await parse().records
    #expect(records.map { $0["timestamp"] } == ["2026-11-23T10:00:00Z", "2026-11-03T17:15:00Z"])
    #expect(records.map { $0["power_import_month_peak_kw"] } == [nil, "5.068"])
    #expect(records.allSatisfy { $0["power_net_kw"] == nil && $0["1-0:200.1.0"] == nil })
  }

  @Test func historyAddsWhatIsPast() async throws {
    let past = try await parse("--history").records.dropFirst(2)
    #expect(past.map { $0["timestamp"] } == ["2026-09-11T16:15:00Z", "2026-01-02T02:04:05Z"])
    #expect(past.first?["power_import_month_peak_kw"] == "4.402")
    #expect(past.last?["power_failure_seconds"] == "5000000000")
  }

  @Test func netIsImportLessExport() async throws {
    let record = try #require(try await parse("--net").records.first)
    #expect(record["power_net_kw"] == "-0.488")
    #expect(record["power_net_l1_kw"] == "0.050")
    // Only phases with import and export have a net power.
    #expect(record["power_net_l2_kw"] == nil && record["power_net_l3_kw"] == nil)
    let byCode = try #require(try await parse("--net", "--names", "obis").records.first)
    #expect(byCode["1-0:16.7.0"] == "-0.488" && byCode["1-0:36.7.0"] == "0.050")
  }

  /// The net power that a meter prints itself is kept.
  @Test func netOfTheMeterComesFirst() async throws {
    let telegram = SampleTelegram.with([
      "0-0:1.0.0(261123110000W)", "1-0:1.7.0(1.000*kW)", "1-0:2.7.0(0.250*kW)",
      "1-0:16.7.0(0.749*kW)",
    ])
    #expect(try await parse("--net", input: telegram).records.first?["power_net_kw"] == "0.749")
  }

  @Test func headerIsAdded() async throws {
    let telegram = SampleTelegram.with(["1-0:1.7.0(1.000*kW)"])
    let records = try await parse("--header", input: telegram + telegram).records
    let header = #"TST5\\2TEST-METER"#
    #expect(records.map { $0["identification"] } == [header, header])
    #expect(try await parse("-q", input: telegram).records.first?["identification"] == nil)
  }

  @Test func allAddsCodesThatThereIsNoMetricFor() async throws {
    let result = try await parse("--all")
    let record = try #require(result.records.first)
    #expect(record["1-0:200.1.0"] == "12.5")
    #expect(record["0-1:200.1.0"] == "TXT")
    #expect(record["1-0:201.1.0"] == "(1)(2*kW)()")
    #expect(record["1-0:202.1.0"] == nil)
    #expect(result.errorText == "")
    #expect(result.records.count == 2)
  }

  /// In Finland, the same letters mean a time an hour earlier.
  @Test(arguments: [["--utc-offset", "2"], ["--utc-offset=+02:00"]])
  func lettersMayMeanAnotherZone(_ options: [String]) async throws {
    let finnish = try await Program("p1parse", options).run(input: Self.belgian)
    let records = finnish.records
    #expect(records.map { $0["timestamp"] } == ["2026-11-23T09:00:00Z", "2026-11-03T16:15:00Z"])
    let bySetting = try await Program(
      "p1parse", environment: ["P1_UTC_OFFSET": "02:00"]
    ).run(input: Self.belgian)
    #expect(bySetting.output == finnish.output)
    let west = try await Program("p1parse", ["--utc-offset", "-3:30"]).run(input: Self.belgian)
    #expect(west.records.first?["timestamp"] == "2026-11-23T14:30:00Z")
    let over = try await Program(
      "p1parse", ["--utc-offset", "+01:00"], environment: ["P1_UTC_OFFSET": "02:00"]
    ).run(input: Self.belgian)
    #expect(over.output == (try await parse().output))
  }

  @Test(arguments: [
    "", "x", "15", "-13", "2:60", "2:5", "+-2", "1:2:3", "02h", "999999999999999999999",
  ])
  func impossibleOffsetIsRejected(_ offset: String) async throws {
    let result = try await Program("p1parse", ["--utc-offset=\(offset)"]).run(input: Self.belgian)
    #expect(result.status == .exited(64) && result.text == "" && result.messages.count == 1)
    guard !offset.isEmpty else { return }
    let bySetting = try await Program(
      "p1parse", environment: ["P1_UTC_OFFSET": offset]
    ).run(input: Self.belgian)
    #expect(bySetting.status == .exited(78))
    #expect(
      bySetting.errorText
        == "p1parse: P1_UTC_OFFSET: \"\(offset)\" is not an offset such as +02:00\n")
  }

  // MARK: - Settings

  @Test(arguments: [
    ("P1_NAMES=esphome", "--names esphome"), ("P1_NAMES=DSMR_parser", "--names dsmr_parser"),
    ("P1_HEADER=True", "--header"), ("P1_NET=True", "--net"), ("P1_HISTORY=1", "--history"),
    ("P1_ALL=yes", "--all"), ("P1_PARSE_EVERY=60", "--every 60"),
    ("P1_PARSE_EVERY=60 P1_PARSE_EXTREMES=True", "--every 60 --extremes"),
    ("P1_STRICT=on", "--strict"), ("P1_SPEC=own.py", "--spec own.py"),
    ("P1_NET=False P1_ALL=no P1_HISTORY=0 P1_STRICT=off P1_NAMES=canonical", "-q"),
    ("P1_NET=1 P1_NAMES=obis P1_HISTORY=1", "--net --names obis --history"),
  ])
  func settingIsTheSameAsItsOption(_ settings: String, _ options: String) async throws {
    let file = #"{ "1-0:1.7.0": ["d", "power", "\((.*)\*kW\)"] }"#
    try await TemporaryDirectory.with { directory in
      try directory.write(file, to: "own.py")
      func run(_ command: String) async throws -> ProgramResult {
        try await Program.bash(command, directory: directory.path).run(
          input: Self.belgian + "noise\n")
      }
      let bySetting = try await run("\(settings) exec p1parse")
      let byOption = try await run("exec p1parse \(options)")
      #expect(bySetting.output == byOption.output && !byOption.output.isEmpty)
      #expect(bySetting.status == byOption.status)
      let usual = try await run("exec p1parse")
      #expect((usual.output == bySetting.output) == (options == "-q" || options == "--strict"))
      #expect(bySetting.status == (options == "--strict" ? .exited(65) : .success))
    }
  }

  @Test func optionComesBeforeTheSetting() async throws {
    let usual = try await parse()
    let result = try await Program(
      "p1parse", ["--names", "canonical"], environment: ["P1_NAMES": "esphome"]
    ).run(input: Self.belgian)
    #expect(result.text == usual.text)
    // --spec-dir takes the place of P1_SPEC.
    let folder = try await Program(
      "p1parse", ["--spec-dir", "."], environment: ["P1_SPEC": "nothing.py"]
    ).run(input: Self.belgian)
    #expect(folder.text == usual.text)
  }

  @Test(arguments: [
    ["--names", ""], ["--names", "latin"], ["--names", "obis,esphome"], ["--names", "\u{1B}[1m"],
    ["--time", ""], ["--time", "stamp"], ["--format", ""], ["--format", "xml"], ["--spec", ""],
    ["--every", ""], ["--every", "86401"], ["--every=-1"], ["--extremes=1"], ["--columns", ""],
    ["--spec-dir", ""], ["--print-spec", ""], ["--print-spec", "../50"], ["--summer-time=maybe"],
    ["--net=1"], ["--strict=1"], ["--all", "1"], ["--history", ""], ["--metrics-readings"],
    ["--columns", ",", "--format", "csv"],
  ])
  func wrongOptionIsRejected(_ options: [String]) async throws {
    let result = try await Program("p1parse", options).run(input: Self.belgian)
    #expect(result.status == .exited(64) && result.output.isEmpty)
    #expect(result.messages.count == 1, "\(result.errorText)")
    let name = options[0].prefix { $0 != "=" }
    #expect(result.errorText.contains(name) || options.count > 1, "\(result.errorText)")
  }

  @Test(arguments: [
    ("P1_NAMES", "latin"), ("P1_NAMES", "obis esphome"), ("P1_TIME", "stamp"), ("P1_TIME", "1"),
    ("P1_HEADER", "maybe"), ("P1_NET", "maybe"), ("P1_HISTORY", "2"), ("P1_ALL", "everything"),
    ("P1_STRICT", "-1"), ("P1_PARSE_EVERY", "minute"), ("P1_PARSE_EVERY", "86401"),
    ("P1_PARSE_EXTREMES", "perhaps"), ("P1_PARSE_EXTREMES", "True"),
    ("P1_SUMMER_TIME", "summer"), ("P1_SUMMER_TIME", " "), ("P1_SPEC", "./nothing.py"),
    ("P1_SPEC", "/"), ("P1_SPEC_DIR", "./nowhere"), ("P1_NAMES", "\u{1B}[1m\nobis"),
  ])
  func wrongSettingIsRejected(_ setting: String, _ value: String) async throws {
    for options in [[], ["-v"]] {
      let result = try await Program("p1parse", options, environment: [setting: value])
        .run(input: Self.belgian)
      #expect(result.status == .exited(78) && result.output.isEmpty)
      #expect(result.messages.count == 1, "\(result.errorText)")
      let subject = setting.hasPrefix("P1_SPEC") ? value : setting
      #expect(result.errorText.hasPrefix("p1parse: \(subject): "), "\(result.errorText)")
      #expect(!result.errorText.unicodeScalars.contains("\u{1B}"))
    }
  }

  // MARK: - Formats

  @Test func jsonIsAnObjectARecord() async throws {
    let lines = try await parse("--format", "json").lines
    #expect(lines.count == 2)
    for (line, record) in zip(lines, try await parse().records) {
      let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let object = try #require(json)
      #expect(Set(object.keys) == Set(record.fields.map(\.key)))
      for (key, value) in record.fields {
        let isText = key == "timestamp" || key == "meter"
        #expect(object[key] is String == isText, "\(key)")
        #expect(line.contains(isText ? "\"\(key)\":\"\(value)\"" : "\"\(key)\":\(value)"))
      }
    }
  }

  @Test func listHasEachMetricWithItsUnitAndCode() async throws {
    let result = try await Program("p1parse", ["--list"]).run()
    #expect(result.status == .success && result.errorText == "")
    let columns = result.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(columns.allSatisfy { $0.count > 3 })
    for row in [
      ["energy_import_tariff1_kwh", "kWh", "1-0:1.8.1"], ["tariff", "-", "0-0:96.14.0"],
      ["gas_m3", "m³", "0-n:24.2.3"], ["relay4_state", "-", "0-4:96.3.10"],
      ["power_import_month_peak_kw", "kW", "0-0:98.1.0"], ["heat_gj", "GJ", "0-n:24.2.1"],
    ] {
      #expect(columns.contains { $0.prefix(3).map(String.init) == row }, "\(row)")
    }
    // No metric has two units.
    let units = Dictionary(grouping: columns, by: { $0[0] }).mapValues { Set($0.map { $0[1] }) }
    #expect(units.allSatisfy { $0.value.count == 1 })
  }

  // MARK: - Damaged input

  private static let damaged = SampleTelegram.numbered(1).replacing("00.321", with: "00.322")

  @Test func checksumMayBeLeftAside() async throws {
    let result = try await Program("p1parse", ["--no-check"]).run(
      input: Self.damaged + SampleTelegram.numbered(2))
    #expect(result.status == .success && result.errorText == "")
    #expect(result.records.compactMap { $0["power_import_kw"] } == ["0.322", "0.321"])
    let checked = try await parse(input: Self.damaged + SampleTelegram.numbered(2))
    #expect(checked.records.compactMap { $0["power_import_kw"] } == ["0.321"])
  }

  @Test(arguments: [
    (damaged, "telegram dropped: wrong checksum: "),
    (String(SampleTelegram.numbered(1).prefix(100)), "telegram dropped: incomplete"),
    ("noise\r\n", "7 bytes outside telegrams"),
    (
      SampleTelegram.with(["0-0:1.0.0(261123110000W)", "1-0:1.7.0(x*kW)", "0-0:96.14.0(1)"]),
      "line dropped: 1-0:1.7.0(x*kW)"
    ),
  ])
  func strictEndsAtTheFirstDefect(_ defect: String, _ reason: String) async throws {
    let good = (1...2).map { SampleTelegram.numbered($0) }
    let result = try await Program("p1parse", ["--strict"]).run(
      input: good[0] + defect + good[1])
    #expect(result.status == .exited(65))
    #expect(result.errorText.hasPrefix("p1parse: standard input: \(reason)"))
    #expect(result.messages.count == 1)
    // The records before the damage are written, and nothing of the damaged telegram.
    #expect(result.text == (try await parse(input: good[0]).text))
    let lenient = try await parse(input: good[0] + defect + good[1])
    #expect(lenient.records.count >= 4)
  }

  /// A defect that an option ignores is not an error.
  @Test func strictLeavesChecksumsAsideToo() async throws {
    let result = try await Program("p1parse", ["--strict", "--no-check"]).run(input: Self.damaged)
    #expect(result.status == .success && result.errorText == "" && result.records.count == 2)
  }

  @Test func strictHasNothingAgainstWhatIsWhole() async throws {
    let stream =
      "#2026-11-23T10:00:00Z\r\n" + SampleTelegram.numbered(1) + "\r\n\0" + Self.belgian
    let result = try await Program("p1parse", ["--strict"]).run(input: stream)
    #expect(result.status == .success)
    #expect(result.records.count == 4)
  }

  @Test func telegramsWithoutATimeAreSaidOnce() async throws {
    let telegram = "/TST3\r\n\r\n1-0:1.7.0(0.5*kW)\r\n!\r\n"
    let result = try await parse(input: telegram + telegram + SampleTelegram.numbered() + telegram)
    #expect(
      result.errorText == """
        p1parse: standard input: telegrams have no time and no stamp, so records have no timestamp; \
        use p1cat --stamp

        """)
    #expect(result.records.map { $0["timestamp"] == nil } == [true, true, false, false, true])
    let stamped = try await parse(input: "#2026-11-23T10:00:00.5Z\n" + telegram)
    #expect(stamped.errorText == "")
    #expect(stamped.records.first?["timestamp"] == "2026-11-23T10:00:00.500Z")
  }
}
