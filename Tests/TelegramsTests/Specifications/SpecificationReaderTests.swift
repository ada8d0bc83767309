import Metrics
import PythonLiterals
import Records
import Telegrams
import TestValues
import Testing

/// The example of p1spec(5), to the letter.
private let example = #"""
  { "1-0:99.99.98": ["Number of Cotton Candies per Second (output)", "cotton_candies_produced", "^.*\((.*)\*CCs\)"],
  "1-0:99.99.99": ["Number of Cotton Candies per Second (input)", "cotton_candies_consumed", "^.*\((.*)\*CCs\)"] }

  """#

@Suite struct SpecificationFileTests {
  private func entries(_ text: String) throws -> [[String]] {
    try SpecificationReader.entries(of: text.bytes).map {
      [$0.code.description, $0.description, $0.metric, $0.expression]
    }
  }

  private func error(_ text: String) -> String? {
    do {
      _ = try SpecificationReader.entries(of: text.bytes)
      return nil
    } catch {
      return "\(error.line):\(error.column): \(error.reason)"
    }
  }

  @Test func exampleOfTheDesignIsRead() throws {
    #expect(
      try entries(example) == [
        [
          "1-0:99.99.98", "Number of Cotton Candies per Second (output)",
          "cotton_candies_produced", #"^.*\((.*)\*CCs\)"#,
        ],
        [
          "1-0:99.99.99", "Number of Cotton Candies per Second (input)",
          "cotton_candies_consumed", #"^.*\((.*)\*CCs\)"#,
        ],
      ])
    #expect(try entries(example.replacing("\n", with: "\r\n")).count == 2)
    #expect(try entries("\u{FEFF}" + example).count == 2)
  }

  @Test(arguments: [
    #"{"1-0:1.8.1":["d","m","(x)"]}"#, #"{'1-0:1.8.1':['d','m','(x)']}"#,
    #"{ '1-0:1.8.1' : ( "d" , 'm' , "(x)" ) , }"#, #"{"1-0:1.8.1":["d","m","(x)",],}"#,
    "# a comment\n{ # one\n'1-0:1.8.1' # two\n:['d',\n\n'm','(x)'\t]}# the end",
    #"{"1-0:1.8.1": ["""d""", '''m''', r"(x)"]}"#,
    #"{"1-0" ':1.8.1': ["d" "", "" 'm', "(" 'x' ")"]}"#,
    "{'1-0:1.8.1': ['d', 'm',\n  '('\n  'x)']}\n", #"{u"1-0:1.8.1": [u"d", U"m", R"(x)"]}"#,
    "{\r\n\"1-0:1.8.1\":\r\n[\"d\",\"m\",\"(x)\"]\r\n}\r\n",
    #"{"1-0:1.8.1":["d","\x6D","(\x78)"]}"#,
    "{\"1-0:1.8.1\":[\"d\",\"m\",\"(\\\nx)\"]}",
  ])
  func pythonWritesItInManyWays(_ text: String) throws {
    #expect(try entries(text) == [["1-0:1.8.1", "d", "m", "(x)"]])
  }

  @Test func emptyDictionaryHasNoEntries() throws {
    #expect(try entries("{}") == [])
    #expect(try entries(" \n{ # nothing\n}\n") == [])
  }

  @Test(arguments: [
    (#"'a\\b(x)'"#, #"a\b(x)"#), (#"r'a\\b(x)'"#, #"a\\b(x)"#), (#"'\d(x)'"#, #"\d(x)"#),
    (#"R'\n(x)'"#, #"\n(x)"#), (#"'\n(x)'"#, "\n(x)"), (#"'\t\r(x)'"#, "\t\r(x)"),
    (#"'it\'s(x)'"#, "it's(x)"), (#""it's(x)""#, "it's(x)"), (#"r'\'(x)'"#, #"\'(x)"#),
    (#"'\x2E(x)'"#, ".(x)"), ("'''a\nb'(x)'''", "a\nb'(x)"), (#"'(x)#'"#, "(x)#"),
    (#"'\((.*)\*m3\)'"#, #"\((.*)\*m3\)"#),
  ])
  func escapesAreThoseOfPython(_ literal: String, _ pattern: String) throws {
    #expect(
      try entries("{'1-0:1.8.1': ['d', 'm', \(literal)]}") == [
        ["1-0:1.8.1", "d", "m", pattern]
      ])
  }

  @Test(arguments: [
    ("", "1:1: expected {, found the end"), ("  \n # x\n", "3:1: expected {, found the end"),
    ("[]", "1:1: expected {, found ["),
    ("{", "1:2: expected a code such as \"1-0:1.8.1\", found the end"),
    ("{} x", "1:4: expected the end of the file, found x"),
    ("{\n 1: []}", "2:2: expected a code such as \"1-0:1.8.1\", found 1"),
    ("{'1-0:1.8': ['d','m','(x)']}", "1:2: \"1-0:1.8\" is not an OBIS code such as 1-0:1.8.1"),
    ("{'1-0:1.8.1' ['d','m','(x)']}", "1:14: expected :, found ["),
    ("{'1-0:1.8.1': 'd'}", "1:15: expected [, found '"),
    ("{'1-0:1.8.1': []}", "1:16: expected a description in quotes, found ]"),
    ("{'1-0:1.8.1': ['d']}", "1:19: expected a comma and a metric, found ]"),
    ("{'1-0:1.8.1': ['d', None]}", "1:21: expected a metric in quotes, found N"),
    ("{'1-0:1.8.1': ['d','m']}", "1:23: expected a comma and a regular expression, found ]"),
    (
      "{'1-0:1.8.1': ['d','m','(x)','y']}",
      "1:30: unknown type \"y\": use number, state, text, hex, timestamp, built-in or a unit, such as kWh"
    ),
    ("{'1-0:1.8.1': ['d','m','(x)')}", "1:29: expected a comma or ], found )"),
    ("{'1-0:1.8.1': ('d','m','(x)']}", "1:29: expected a comma or ), found ]"),
    ("{'1-0:1.8.1': ['d','m','(x)'] '1-0:1.8.2'}", "1:31: expected a comma or }, found '"),
    (
      "{'1-0:1.8.1': ['d','m m','(x)']}",
      "1:20: invalid metric \"m m\": use 1 to 128 letters, digits and _ . : -"
    ),
    (
      "{'1-0:1.8.1': ['d','channel','(x)']}",
      "1:20: \"channel\" is reserved for the channel of a sub-meter"
    ),
    (
      "{'1-0:1.8.1': ['d','','(x)']}",
      "1:20: invalid metric \"\": use 1 to 128 letters, digits and _ . : -"
    ),
    (
      "{'1-0:1.8.1': ['d','m',\n'(x']}",
      "2:1: unsupported regular expression \"(x\": unmatched (, at character 1"
    ),
    ("{'1-0:1.8.1': ['d','m','x']}", "1:24: \"x\" has no group ( ) that captures the value"),
    (
      "{'1-0:1.8.1': ['d','m',r'\\(x\\)[(](?:y)z']}",
      "1:24: \"\\(x\\)[(](?:y)z\" has no group ( ) that captures the value"
    ),
    ("{'1-0:1.8.1': ['d', 'm", "1:21: this string has no closing quote"),
    ("{'1-0:1.8.1': ['d\n', 'm", "1:16: this string has no closing quote"),
    ("{'1-0:1.8.1': ['d', '''m\n\n", "1:21: this string has no closing quote"),
    (
      "{'1-0:1.8.1':['d','m','(x)'],\n '1-0:1:8.1':['d','n','(x)']}",
      "2:2: 1-0:1.8.1 is defined twice"
    ),
    ("{\r\n\r\n 'x'}", "3:2: \"x\" is not an OBIS code such as 1-0:1.8.1"),
    ("{,}", "1:2: expected a code such as \"1-0:1.8.1\", found ,"),
  ])
  func everyErrorHasItsPosition(_ text: String, _ expected: String) {
    #expect(error(text) == expected)
  }

  @Test func fileThatIsNotUTF8IsRejected() {
    #expect(throws: PythonLiteralError.self) { try SpecificationReader.entries(of: [0x7B, 0xFF]) }
  }

  /// Random bytes are read or rejected; an error names a place in the file.
  @Test func randomBytesAreReadOrRejected() throws {
    var generator = SeededGenerator(seed: 50)
    for _ in 0..<500 {
      var changed = example.bytes
      changed[Int.random(in: changed.indices, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      let files = [
        generator.bytes(0...100),
        generator.bytes(0...60, from: "{}[]():,'\"\"\"rb\\x4#\n1-0.8 ".bytes), changed,
      ]
      for file in files {
        do {
          let entries = try SpecificationReader.entries(of: file)
          #expect(entries.allSatisfy { !$0.metric.isEmpty }, "\(file.text)")
        } catch {
          let lineEnds = file.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
          #expect((1...lineEnds + 1).contains(error.line), "\(file.text)")
          #expect((1...file.count + 1).contains(error.column), "\(file.text)")
        }
      }
    }
  }
}

/// Records by a specification file.
@Suite struct SpecificationTests {
  private func parsed(
    _ file: String, _ lines: [String], names: NameSet = .canonical
  ) throws -> Parsed {
    try Parsed(
      telegram(["1-3:0.2.8(10)"] + lines).bytes, .names(names),
      files: SpecificationFiles(file, version: "10"))
  }

  @Test func cottonCandiesAreConsumed() throws {
    let candies = try parsed(example, ["1-0:99.99.99(10*CCs)", "1-0:99.99.98(007.50*CCs)"])
    #expect(candies.records == "cotton_candies_consumed=10\ncotton_candies_produced=007.50\n\n")
    let byCode = try parsed(example, ["1-0:99.99.99(10*CCs)"], names: .obis)
    #expect(byCode.records == "1-0:99.99.99=10\n\n")
  }

  @Test func headersMatchWithAnySeparators() throws {
    for header in ["1-0:99:99:99", "1:0:99:99.99", "1-0:99.99.99.255", "1.0.99.99.99"] {
      #expect(
        try parsed(example, ["\(header)(10*CCs)"]).records == "cotton_candies_consumed=10\n\n")
      let file = example.replacing("1-0:99.99.99", with: header)
      #expect(
        try parsed(file, ["1-0:99.99.99(10*CCs)"]).records == "cotton_candies_consumed=10\n\n")
    }
  }

  @Test func fileReplacesTheBuiltInSpecification() throws {
    let parsed = try parsed(
      example,
      [
        "0-0:1.0.0(240630235959S)", "0-0:96.1.1(4142)", "1-0:1.8.1(1*kWh)", "1-0:99.99.99(1*CCs)",
        "1-0:99.99.97(2*CCs)",
      ])
    #expect(
      parsed.records
        == "timestamp=2024-06-30T21:59:59Z\nmeter=AB\ncotton_candies_consumed=1\n\n")
    #expect(parsed.findings == [.unknown(OBISCode(1, 0, 99, 99, 97))])
  }

  @Test func lineThatThePatternDoesNotMatchIsAFinding() throws {
    let parsed = try parsed(example, ["1-0:99.99.99(10*kg)", "1-0:99.99.98(1*CCs)"])
    #expect(parsed.records == "cotton_candies_produced=1\n\n")
    #expect(parsed.findings == [.unreadable(line: "1-0:99.99.99(10*kg)")])
  }

  @Test(arguments: [
    (#"^.*?\((.*?)\*"#, "001.50"), (#"\((\d+)"#, "001"), (#"\*(k)(W)"#, "k"),
    (#"\((?P<value>\d+\.\d+)"#, "001.50"),
    (#"(?:x|\()([\d.]+)"#, "001.50"), (#"(?i)\*(KW)"#, "kW"), (#"^(1-0:1\.7\.0)\("#, "1-0:1.7.0"),
    (#"(.*)"#, "1-0:1.7.0(001.50*kW)(\u{E9})"), (#"(\xE9)"#, "\u{E9}"),
  ])
  func firstGroupIsTheValueAsPrinted(_ pattern: String, _ value: String) throws {
    let files = try SpecificationFiles("{'1-0:1.7.0': ['d', 'm', r'''\(pattern)''']}")
    let bytes = telegram(["1-3:0.2.8(10)", "1-0:1.7.0(001.50*kW)(~)"]).bytes
      .map { $0 == UInt8(ascii: "~") ? 0xE9 : $0 }
    let parsed = try Parsed(bytes, files: files)
    #expect(parsed.records == "m=\(value)\n\n")
  }

  @Test func unmatchedGroupIsNoValue() throws {
    let file = #"{'1-0:1.7.0': ['d', 'm', r'(x)?1-0']}"#
    let parsed = try parsed(file, ["1-0:1.7.0(1*kW)"])
    #expect(parsed.records == "")
    #expect(parsed.findings == [])
  }

  @Test func patternMatchesAWrappedLine() throws {
    let file = #"{'0-1:24.3.0': ['d', 'gas', r'\(m3\)\((.*)\)$']}"#
    let parsed = try parsed(
      file, ["0-1:24.3.0(110315140000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00821.417)"])
    #expect(parsed.records == "timestamp=2011-03-15T13:00:00Z\nchannel=1\ngas=00821.417\n\n")
  }

  /// A value that continues on the next line does not contain the line end.
  @Test(arguments: ["", ", 'text'"])
  func patternFindsAWrappedValue(_ type: String) throws {
    let parsed = try parsed(
      #"{'0-0:96.13.0': ['d', 'm', r'\((.*)\)'\#(type)]}"#,
      ["0-0:96.13.0(one,", "two and", "three)"])
    #expect(parsed.records == "m=one,two andthree\n\n")
  }

  @Test func timestampAndMeterHaveTheirForm() throws {
    let file = #"""
      {'1-0:0.9.1': ['time', 'timestamp', r'\((.*)\)'], '0-0:96.1.9': ['number', 'meter', r'\((.*)\)'],
       '1-0:1.7.0': ['power', 'power', r'\((.*)\*']}
      """#
    for names in NameSet.allCases where names != .esphome {
      let power = names == .obis ? "1-0:1.7.0" : "power"
      for printed in ["240630235959S", "2024-06-30T21:59:59Z"] {
        let parsed = try parsed(
          file, ["1-0:0.9.1(\(printed))", "0-0:96.1.9(4142)", "1-0:1.7.0(1*kW)"], names: names)
        #expect(
          parsed.records == "timestamp=2024-06-30T21:59:59Z\nmeter=AB\n\(power)=1\n\n")
      }
    }
    let unreadable = try parsed(file, ["1-0:0.9.1(soon)", "1-0:1.7.0(1*kW)"])
    #expect(unreadable.records == "power=1\n\n")
    #expect(unreadable.findings == [.unreadable(line: "1-0:0.9.1(soon)")])
  }

  @Test func submeterCodesGoToItsRecord() throws {
    let file = #"""
      {'0-2:24.2.1': ['gas', 'gas', r'\(([\d.]+)\*m3\)'], '0-2:24.4.0': ['valve', 'valve', r'\((.)\)'],
       '1-0:1.7.0': ['power', 'power', r'\((.*)\*']}
      """#
    let parsed = try parsed(
      file,
      [
        "0-2:96.1.0(4732)", "0-2:24.2.1(240630235502S)(00005.5*m3)", "0-2:24.4.0(1)",
        "0-1:24.2.1(240630235502S)(00006.5*m3)", "1-0:1.7.0(1*kW)",
      ])
    #expect(
      parsed.records == """
        power=1

        timestamp=2024-06-30T21:55:02Z
        meter=G2
        channel=2
        gas=00005.5
        valve=1


        """)
  }
}
