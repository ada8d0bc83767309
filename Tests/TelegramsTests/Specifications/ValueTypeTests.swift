import Metrics
import Records
import Telegrams
import TestValues
import Testing

/// The fourth element of an entry: the type of a value.
@Suite struct ValueTypeTests {
  /// The records of a line, by a file with a pattern and a type.
  private func parsed(
    _ line: String, _ type: String, pattern: String = #"\((.*)\)$"#, code: String? = nil,
    metric: String = "m"
  ) throws -> Parsed {
    let code = code ?? String(line.prefix { $0 != "(" })
    return try Parsed(
      telegram([line]).bytes,
      files: SpecificationFiles("{'\(code)': ['d', '\(metric)', r'\(pattern)', '\(type)']}"))
  }

  @Test(arguments: [
    ("1-0:1.8.1(001234.567*kWh)", "number kWh", "1234.567"),
    ("1-0:1.8.1(001234.567*kWh)", "kWh", "1234.567"),
    ("1-0:1.8.1(1234567*Wh)", "number kWh", "1234.567"),
    ("1-0:1.8.1(1234.567kWh)", "kwh", "1234.567"),
    ("1-0:1.8.1(001.5*kWh)", "number Wh", "1500"),
    ("1-0:1.8.1(001234.567)", "number kWh", "1234.567"),
    ("1-0:1.7.0(-00.321*kW)", "W", "-321"), ("1-0:1.7.0(00321*W)", "W", "321"),
    ("1-0:1.7.0(00321)", "W", "321"), ("1-0:1.7.0( 00321 * W )", "W", "321"),
    ("1-0:99.9.9(007 * CCs )", "number CCs", "7"), ("1-0:32.7.0(0.231*kV)", "V", "231"),
    ("1-0:32.7.0(231*V)", "number mV", "231000"), ("1-0:99.9.9(007*CCs)", "number CCs", "7"),
    ("1-0:99.9.9(007*ccs)", "number CCs", "7"), ("1-0:99.9.9(007)", "number CCs", "7"),
    ("1-0:99.9.9(21.5*\u{B0}C)", "number \u{B0}C", "21.5"), ("0-0:96.7.21(00004)", "number", "4"),
    ("0-0:96.7.21(0)", "number", "0"), ("0-0:96.14.0(0002)", "state", "2"),
    ("0-0:96.14.0(TARIFF 2)", "state", "2"), ("0-0:96.3.10(ON)", "state", "1"),
    ("0-0:96.13.0(4B38)", "hex", "K8"), ("0-0:96.13.0(4B38)", "text", "4B38"),
    ("0-0:96.13.0( hello )", "hex", "hello"), ("0-0:96.13.0(a(b)c)", "text", "a(b)c"),
    ("0-0:1.2.3(240630235959S)", "timestamp", "2024-06-30T21:59:59Z"),
    ("1-0:99.9.9(1)(2)", "number", "1"),
  ])
  func valueIsThatOfItsType(_ line: String, _ type: String, _ value: String) throws {
    let parsed = try parsed(line, type)
    #expect(parsed.records == "m=\(value)\n\n")
    #expect(parsed.findings == [])
  }

  /// In the hour that autumn has twice, the letter decides, also if the pattern leaves it out.
  @Test(arguments: [
    #"^.*\((.*)[SW]\)"#, #"\((\d{12})"#, #"\((\d+)(S|W)\)"#, #"\((.*)\)"#,
  ])
  func letterAfterATimeCounts(_ pattern: String) throws {
    for (code, metric, type) in [
      ("0-0:1.0.0", "timestamp", ""), ("0-0:1.0.0", "timestamp", "built-in"),
      ("0-0:1.0.0", "timestamp", "timestamp"), ("0-0:1.2.3", "m", "timestamp"),
    ] {
      let file = try SpecificationFiles(
        """
        {'\(code)': ['d', '\(metric)', r'\(pattern)', '\(type)'], '0-0:96.7.9': ['d', 'n', '(1)']}
        """)
      for (letter, hour) in [("S", "00"), ("W", "01")] {
        let stream = telegram(["\(code)(261025023000\(letter))", "0-0:96.7.9(1)"]).bytes
        #expect(
          try Parsed(stream, files: file).records
            == "\(metric)=2026-10-25T\(hour):30:00Z\nn=1\n\n")
      }
    }
  }

  @Test func letterAfterTheTimeOfAReadingCounts() throws {
    for (letter, hour) in [("S", "00"), ("W", "01")] {
      let instant = "2026-10-25T\(hour):30:00Z"
      let reading = try parsed(
        "0-1:24.2.1(261025023000\(letter))(00005.5*m3)", "timestamp", pattern: #"\((\d{12})"#,
        metric: "at")
      #expect(reading.records == "timestamp=\(instant)\nchannel=1\nat=\(instant)\n\n")
      let peak = try parsed(
        "1-0:1.6.0(05.5*kW)(261025023000\(letter))", "built-in",
        pattern: #"\((.*)[SW]\)"#, metric: "peak")
      #expect(peak.records == "timestamp=\(instant)\npeak=5.5\n\n")
    }
  }

  /// The unit counts even if the pattern leaves it out.
  @Test(arguments: ["kW", "W"])
  func unitAfterTheValueCounts(_ unit: String) throws {
    let parsed = try parsed("1-0:1.7.0(01500*\(unit))", "number kW", pattern: #"^.*\((.*)\*"#)
    #expect(parsed.records == (unit == "W" ? "m=1.500\n\n" : "m=1500\n\n"))
  }

  @Test(arguments: [
    ("1-0:1.7.0(0321*V)", "kW"), ("1-0:1.7.0(0321*CCs)", "kW"), ("1-0:1.7.0(x*kW)", "kW"),
    ("1-0:99.9.9(7*kg)", "number CCs"), ("1-0:99.9.9(7*kg)", "number"),
    ("1-0:99.9.9(seven)", "state"),
    ("0-0:1.2.3(noon)", "timestamp"), ("0-0:96.13.0(ER11)", "hex"), ("0-0:96.13.0(ER11)", "text"),
  ])
  func valueOfAnotherTypeIsAFinding(_ line: String, _ type: String) throws {
    let parsed = try parsed(line, type)
    #expect(parsed.records == "")
    #expect(parsed.findings == [.unreadable(line: line)])
  }

  @Test(arguments: [
    ("1-0:1.7.0()", "kW"), ("1-0:1.7.0()(1)", "kW"), ("0-0:96.13.0()", "text"),
    ("0-0:1.2.3(000101000000W)", "timestamp"), ("1-0:99.9.9()", "number CCs"),
  ])
  func absentValueIsLeftOut(_ line: String, _ type: String) throws {
    let parsed = try parsed(line, type)
    #expect(parsed.records == "")
    #expect(parsed.findings == [])
  }

  @Test func builtInTypeKeepsTheNameOfTheFile() throws {
    let reading = try parsed(
      "0-2:24.2.1(240630235502S)(00005.5*m3)", "built-in", code: "0-n:24.2.1", metric: "our_gas")
    #expect(
      reading.records == "timestamp=2024-06-30T21:55:02Z\nchannel=2\nour_gas=5.5\n\n")
    let own = try parsed(
      "0-2:24.2.1(240630235502S)(00005.5*m3)", "built-in", code: "0-2:24.2.1", metric: "submeter")
    #expect(own.records == "timestamp=2024-06-30T21:55:02Z\nchannel=2\ngas_m3=5.5\n\n")
    let peak = try parsed(
      "1-0:1.6.0(240630235502S)(05.5*kW)", "built-in", metric: "peak_kw")
    #expect(peak.records == "timestamp=2024-06-30T21:55:02Z\npeak_kw=5.5\n\n")
  }

  /// A code with a channel takes precedence over one for any channel. Each channel has its own record.
  @Test func codeMayBeOfAnyChannel() throws {
    let files = try SpecificationFiles(
      #"""
      {"0-n:24.2.1": ["d", "volume", r"\(([\d.]+)\*m3\)"], "0-3:24.2.1": ["d", "pool", r"\(([\d.]+)\*m3\)"],
       "0-n:99.1.0": ["d", "own", r"\((.*)\)"], "0-0:99.1.0": ["d", "of_the_meter", r"\((.*)\)"]}
      """#)
    let parsed = try Parsed(
      telegram([
        "0-1:24.2.1(240630235502S)(1*m3)", "0-2:24.2.1(240630235502S)(2*m3)", "0-2:99.1.0(7)",
        "0-3:24.2.1(240630235502S)(3*m3)", "0-0:99.1.0(8)",
      ]).bytes, files: files)
    let time = "timestamp=2024-06-30T21:55:02Z\n"
    #expect(
      parsed.records
        == "of_the_meter=8\n\n\(time)channel=1\nvolume=1\n\n\(time)channel=2\nvolume=2\nown=7\n\n\(time)channel=3\npool=3\n\n"
    )
  }

  /// Electricity on channel 1 has the entry of channel 0, unless it has its own.
  @Test func channelOneIsTheElectricityMeter() throws {
    let files = try SpecificationFiles(
      #"{"1-0:1.7.0": ["d", "power", r"\((.*)\*kW"], "1-0:99.9.9": ["d", "own", r"\((.*)\)"]}"#)
    let parsed = try Parsed(
      telegram(["1-1:1.7.0(1*kW)", "1-1:99.9.9(2)"]).bytes, files: files)
    #expect(parsed.records == "power=1\n\n")
  }

  @Test func canonicalNameBecomesThatOfTheSet() throws {
    let files = try SpecificationFiles(
      #"""
      {"1-0:1.7.0": ["d", "power_import_kw", r"\((.*)\*", "kW"], "1-0:2.7.0": ["d", "back", r"\((.*)\*"]}
      """#)
    let bytes = telegram(["1-0:1.7.0(01*kW)", "1-0:2.7.0(02*kW)"]).bytes
    #expect(
      try Parsed(bytes, .names(.dsmrReader), files: files).records
        == "electricity_currently_delivered=1\nback=02\n\n")
    #expect(
      try Parsed(bytes, .names(.obis), files: files).records == "1-0:1.7.0=1\n1-0:2.7.0=02\n\n")
  }

  /// Other names in the file stay; a canonical name becomes that of the chosen set of names.
  @Test func fileMayUseNamesOfTheSet() throws {
    let taken = try SpecificationFiles(
      #"""
      {"1-0:1.7.0": ["d", "power_import_kw", r"\((.*)\*"], "1-0:2.7.0": ["d", "power_consumed_kw", r"\((.*)\*"]}
      """#)
    let lines = telegram(["1-3:0.2.8(50)", "1-0:1.7.0(5*kW)", "1-0:2.7.0(6*kW)"]).bytes
    #expect(
      try Parsed(lines, .names(.classic), files: taken).records
        == "power_import_kw=5\npower_consumed_kw=6\n\n")
    let shared = try SpecificationFiles(
      #"""
      {"1-0:1.7.0": ["d", "power_import_kw", r"\((.*)\*"], "1-0:9.9.9": ["d", "power_import_kw", r"\((.*)\)"]}
      """#)
    for first in ["1-0:1.7.0(5*kW)", "1-0:9.9.9(5)"] {
      let lines = telegram(["1-3:0.2.8(50)", first, "1-0:1.7.0(6*kW)", "1-0:9.9.9(7)"]).bytes
      #expect(
        try Parsed(lines, .names(.classic), files: shared).records == "power_consumed_kw=5\n\n")
    }
  }

  @Test(arguments: [
    (NameSet.esphome, "gas_delivered"), (.dsmrParser, "MBUS_METER_READING"),
    (.classic, "consumed_gas"), (.canonical, "gas_m3"), (.obis, "0-1:24.2.1"),
  ])
  func readingOfAFileHasTheNameOfTheSet(_ names: NameSet, _ name: String) throws {
    for header in ["0-n:24.2.1", "0-1:24.2.1"] {
      for type in ["", ", 'number'"] {
        let files = try SpecificationFiles(
          #"{"\#(header)": ["d", "gas_m3", r"\(([\d.]+)\*m3\)"\#(type)]}"#)
        let parsed = try Parsed(
          telegram(["1-3:0.2.8(50)", "0-1:24.2.1(240630235502S)(7*m3)"]).bytes, .names(names),
          files: files)
        #expect(parsed.records.hasSuffix("\(name)=7\n\n"), "\(parsed.records)")
      }
    }
  }

  // MARK: - The built-in specification as a file

  @Test(arguments: KnownVersion.all.map(\.name))
  func printedSpecificationIsReadBack(_ name: String) throws {
    let version = try #require(KnownVersion(named: name))
    let text = version.specification
    let entries = try SpecificationReader.entries(of: text.bytes)
    #expect(Set(entries.map(\.code)).isSuperset(of: MetricTable.main.map(\.code)))
    #expect(text.hasPrefix("# dsmr\(name).py: "))
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count < 200 })
  }

  @Test(arguments: NameSet.allCases)
  func printedSpecificationMakesTheSameRecords(_ names: NameSet) throws {
    let version = try #require(KnownVersion(named: "50"))
    let files = try SpecificationFiles(version.specification)
    var options = TelegramParser.Options.names(names)
    options.includesHistory = true
    options.includesUnknown = true
    for bytes in GoldenFile.all {
      let builtIn = try Parsed(bytes, options, checksums: .ignored)
      let byFile = try Parsed(bytes, options, checksums: .ignored, files: files)
      #expect(byFile.records == builtIn.records)
    }
  }
}
