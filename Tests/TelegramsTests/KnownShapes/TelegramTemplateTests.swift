import Metrics
import TestValues
import Testing

@testable import Records
@testable import Telegrams

/// Known shapes: the fast path makes the same records as the slow path.
@Suite struct TelegramTemplateTests {
  /// The records and findings of a telegram.
  private struct Result: Equatable {
    var records: [UInt8]
    var findings: [TelegramParser.Finding] = []
    var unknownVersion: String?
  }

  /// A parser that keeps templates, and one that does not.
  private struct Both {
    var short: TelegramParser
    var long: TelegramParser
    private(set) var fastCount = 0
    private(set) var count = 0

    private let format: RecordFormat

    init(
      _ options: TelegramParser.Options, _ format: RecordFormat = .lines,
      files: SpecificationFiles = SpecificationFiles()
    ) {
      self.format = format
      short = TelegramParser(options, files: files)
      long = short
      long.templates = PredictiveCache(capacity: 0)
    }

    /// The result of both for a telegram. A difference is an issue of the test.
    @discardableResult
    mutating func parse(_ telegram: [UInt8], receivedAt: Timestamp?) -> [UInt8] {
      var templates = short.templates
      count += 1
      let isFast = templates.first { template in
        template.fill(with: telegram.span, receivedAt: receivedAt) ? true : nil
      }
      if isFast ?? false { fastCount += 1 }
      let one = Both.parse(telegram, receivedAt, format, by: &short)
      let other = Both.parse(telegram, receivedAt, format, by: &long)
      if one != other { Issue.record("\(telegram.latin1)\n\(one)\n\(other)") }
      return one.records
    }

    private static func parse(
      _ telegram: [UInt8], _ receivedAt: Timestamp?, _ format: RecordFormat,
      by parser: inout TelegramParser
    ) -> Result {
      var writer = RecordWriter(format)
      do {
        try parser.parse(telegram.span, receivedAt: receivedAt, into: &writer)
        return Result(records: writer.text, findings: parser.findings)
      } catch {
        return Result(records: writer.text, unknownVersion: error.version)
      }
    }
  }

  /// The complete telegrams of the golden files.
  private static let telegrams: [[UInt8]] = GoldenFile.all.flatMap { file in
    var framer = Framer(checksums: .ignored)
    framer.take(file)
    var telegrams: [[UInt8]] = []
    while let event = framer.next(atEnd: true) {
      if case .telegram(let telegram) = event {
        telegrams.append([UInt8](framer.bytes[telegram.range]))
      }
    }
    return telegrams
  }

  private static let options: [TelegramParser.Options] = [
    .init(), .names(.obis), .names(.esphome), .names(.dsmrReader), .names(.dsmrParser),
    .with { $0.includesHistory = true },
    .with { $0.includesUnknown = true }, .with { $0.addsNetPower = true },
    .with { $0.winterOffset = 19_800 }, .with { $0.timeSource = .receipt },
    .with { $0.hasSummerTime = false },
  ]

  /// Specification files for telegrams of any version: with and without types, patterns that distinguish
  /// digits, patterns for both matchers, and values that are a timestamp or meter.
  private static let files = [
    #"""
    {
      "1-0:1.7.0": ["d", "power", r"^1-0:1\.7\.0\((\d+\.\d+)\*kW\)"],
      "0-0:1.0.0": ["d", "timestamp", r"\((.*)\)"],
      "0-1:24.2.1": ["d", "gas", r"\((\d+\.\d+)\*m3\)"],
      "1-3:0.2.8": ["d", "version", r"\((.*)\)"],
    }
    """#,
    #"""
    {
      "1-0:1.8.1": ["d", "low", "^.*\((.*)\*kWh\)", "kWh"], "1-0:1.8.2": ["d", "normal", "^.*\((.*)\)", "number Wh"],
      "1-0:1.7.0": ["d", "power", r"^.*?\((.*?)\)", "number W"], "1-0:2.7.0": ["d", "back", r"\((\d+)\."],
      "1-0:21.7.0": ["d", "l1", r"\(0*(\d.*)\*"], "1-0:22.7.0": ["d", "l1_back", r"([1-9]\d*)\*"],
      "0-0:1.0.0": ["d", "time", r"\((.*)\)"], "0-0:96.1.1": ["d", "serial", r"\((.*)\)"],
      "0-n:24.2.1": ["d", "reading", r"\((.*)\*m3\)", "number"], "0-n:24.1.0": ["d", "kind", r"\((.*)\)"],
      "0-0:96.7.21": ["d", "failures", r"\((.*)\)", "number"], "0-0:96.14.0": ["d", "tariff", r"(\d)\)$", "state"],
      "0-0:96.13.0": ["d", "message", r"\((.*)\)", "hex"],
    }
    """#,
    #"""
    {
      "0-0:1.0.0": ["d", "last", r"\((\d{12}[SW])\)", "timestamp"], "1-0:1.7.0": ["d", "power", r"\((?:0|1)*(.*)\*"],
      "0-n:24.2.1": ["d", "at", r"\((\d+[SW])\)", "timestamp"], "1-0:2.7.0": ["d", "meter", r"\((.*)\*"],
      "1-0:1.8.1": ["d", "message", r"\((.*)\*"], "1-0:2.8.1": ["d", "both", r"(.*\..*)"],
      "1-0:32.7.0": ["d", "volts", r"\((2\d\d\.\d)\*V"], "1-0:31.7.0": ["d", "amps", r"\((0*)(\d+)\*"],
    }
    """#,
    // The letter after a time counts although the pattern leaves it out.
    #"""
    {
      "0-0:1.0.0": ["d", "timestamp", "^.*\((.*)[SW]\)"], "0-n:24.2.1": ["d", "at", r"\((\d{12})", "timestamp"],
      "1-0:1.7.0": ["d", "power", r"\((.*)\*"], "1-0:1.8.1": ["d", "low", r"\((.*)\)", "kWh"],
    }
    """#,
  ]

  @Test(arguments: options.indices, RecordFormat.allCases)
  func bothWaysMakeTheSameRecordsOfOtherDigits(_ index: Int, _ format: RecordFormat) {
    var generator = SeededGenerator(seed: 80 + UInt64(index))
    var both = Both(Self.options[index], format)
    for _ in 0..<120 { follow(&both, by: &generator) }
    // With net power, other digits more often make a number of another length.
    let share = Self.options[index].addsNetPower ? 8 : 4
    #expect(both.fastCount > both.count / share, "\(both.fastCount)")
  }

  @Test(arguments: files.indices, RecordFormat.allCases)
  func bothWaysMakeTheSameRecordsByAFile(_ index: Int, _ format: RecordFormat) throws {
    for (seed, names) in NameSet.allCases.enumerated() {
      var generator = SeededGenerator(seed: 90 + UInt64(seed))
      var both = Both(.names(names), format, files: try SpecificationFiles(Self.files[index]))
      for _ in 0..<40 { follow(&both, by: &generator) }
      #expect(both.fastCount > both.count / 8, "\(both.fastCount)")
    }
  }

  /// The built-in specification as a file.
  @Test(arguments: RecordFormat.allCases)
  func printedSpecificationLeavesTemplates(_ format: RecordFormat) throws {
    var generator = SeededGenerator(seed: 97)
    let text = (try #require(KnownVersion(named: "50"))).specification
    for names in [NameSet.canonical, .dsmrParser] {
      var both = Both(.names(names), format, files: try SpecificationFiles(text))
      for _ in 0..<120 { follow(&both, by: &generator) }
      #expect(both.fastCount > both.count / 4, "\(both.fastCount)")
    }
  }

  @Test func bothWaysMakeTheSameRecordsWithAndWithoutAFile() throws {
    var generator = SeededGenerator(seed: 91)
    var files = SpecificationFiles()
    for version in ["2", "40", "42", "50217", "SE"] {
      files[version] = try SpecificationReader.entries(of: Self.files[0].bytes)
    }
    var both = Both(.init(), files: files)
    for _ in 0..<120 { follow(&both, by: &generator) }
    #expect(both.fastCount > both.count / 8)
  }

  /// Feeds successive telegrams of a meter, each with other changes.
  private func follow(_ both: inout Both, by generator: inout SeededGenerator) {
    var telegram = Self.telegrams.randomElement(using: &generator) ?? []
    for _ in 0..<12 {
      var next = telegram
      switch Int.random(in: 0..<10, using: &generator) {
      case 0...5: next.changeLastDigits(by: &generator)
      case 6:
        next.changeDigits(outOf: [2, 5, 40].randomElement(using: &generator) ?? 2, by: &generator)
      case 7: next.damage(by: &generator)
      case 8: next = Self.telegrams.randomElement(using: &generator) ?? []
      default: break
      }
      if Bool.random(using: &generator) { telegram = next }
      let second = Int64.random(in: 1_700_000_000...1_700_000_100, using: &generator)
      let receivedAt = Timestamp(
        seconds: second, nanoseconds: Bool.random(using: &generator) ? 0 : 123_000_000)
      both.parse(next, receivedAt: Int.random(in: 0..<4, using: &generator) == 0 ? nil : receivedAt)
    }
  }

  // MARK: - Single changes

  /// Parses one telegram and then another.
  ///
  /// - Returns: the records of the second, and whether they were made on the fast path.
  private func second(
    _ first: [String], _ second: [String]
  ) -> (records: String, isFast: Bool) {
    var both = Both(.init())
    both.parse(telegram(first).bytes, receivedAt: nil)
    let records = both.parse(telegram(second).bytes, receivedAt: nil)
    return (records.text, both.fastCount == 1)
  }

  @Test(arguments: [
    ("1-0:1.7.0(00.997*kW)", "1-0:1.7.0(01.014*kW)", "1.014"),
    ("1-0:1.7.0(-00.997*kW)", "1-0:1.7.0(-00.004*kW)", "-0.004"),
    ("1-0:1.7.0(00997*W)", "1-0:1.7.0(01014*W)", "1.014"),
    ("1-0:1.7.0(12.997*kW)", "1-0:1.7.0(10.000*kW)", "10.000"),
    ("1-0:1.7.0(.997*kW)", "1-0:1.7.0(.998*kW)", "0.998"),
    ("1-0:1.7.0(0.0*kW)", "1-0:1.7.0(9.9*kW)", "9.9"),
    ("1-0:1.8.0(12.5*MWh)", "1-0:1.8.0(13.6*MWh)", "13600"),
    ("1-0:1.7.0(7*W)", "1-0:1.7.0(0*W)", "0.000"),
  ])
  func changedDigitsOfANumberAreCopied(_ first: String, _ next: String, _ value: String) {
    let found = second([first], [next])
    #expect(
      found.records.hasSuffix("_kw=\(value)\n\n") || found.records.hasSuffix("_kwh=\(value)\n\n"))
    #expect(found.isFast)
  }

  @Test(arguments: [
    ("1-0:1.7.0(09.997*kW)", "1-0:1.7.0(10.014*kW)", "10.014"),
    ("1-0:1.7.0(10.997*kW)", "1-0:1.7.0(09.014*kW)", "9.014"),
    ("1-0:1.7.0(00.997*kW)", "1-0:1.7.0(0x.997*kW)", ""),
    ("1-0:1.7.0(00.997*kW)", "1-0:1.7.0(00.997*W)", "0.000997"),
  ])
  func otherLengthOrFormTakesTheSlowPath(_ first: String, _ next: String, _ value: String) {
    let found = second([first], [next])
    #expect(found.records == (value.isEmpty ? "" : "power_import_kw=\(value)\n\n"))
    #expect(!found.isFast)
  }

  @Test func invalidTimeTakesTheSlowPath() {
    let power = "1-0:1.7.0(00.997*kW)"
    let found = second(
      ["0-0:1.0.0(240630235959S)", power], ["0-0:1.0.0(241330235959S)", power])
    #expect(found.records == "power_import_kw=0.997\n\n")
    #expect(!found.isFast)
    let next = second(["0-0:1.0.0(240630235959S)", power], ["0-0:1.0.0(240701000000S)", power])
    #expect(next.records == "timestamp=2024-06-30T22:00:00Z\npower_import_kw=0.997\n\n")
    #expect(next.isFast)
  }

  @Test func digitsThatDecideAreFixed() {
    let reading = "0-1:24.2.1(240630230000S)(00012.345*m3)"
    let pairs = [
      // The type of a sub-meter decides the key of its reading; the number, the meter.
      ("0-1:24.1.0(003)", "0-1:24.1.0(007)"), ("0-0:96.1.1(4B31)", "0-0:96.1.1(4B32)"),
      // Text after a line feed may be another line.
      ("1-0:99.99.99(x\r\n1-0:1.8.300(1*kWh))", "1-0:99.99.99(x\r\n1-0:1.8.001(1*kWh))"),
    ]
    for (first, next) in pairs { #expect(!second([first, reading], [next, reading]).isFast) }
  }

  @Test func textWithOtherDigitsTakesTheSlowPath() {
    var both = Both(.with { $0.includesUnknown = true })
    both.parse(telegram(["1-0:99.99.9(abc12)", "1-0:99.99.8(12)"]).bytes, receivedAt: nil)
    for (text, number) in [("abc34", "12"), ("abc34", "34")] {
      let next = telegram(["1-0:99.99.9(\(text))", "1-0:99.99.8(\(number))"]).bytes
      let records = both.parse(next, receivedAt: nil)
      #expect(records.text == "1-0:99.99.9=\(text)\n1-0:99.99.8=\(number)\n\n")
    }
    #expect(both.fastCount == 1)
  }

  /// A template must not hide that the next version has no specification.
  @Test func versionIsAlwaysRead() throws {
    let files = try SpecificationFiles(Self.files[1], version: "42")
    for options in Self.options {
      var both = Both(options, files: files)
      for version in ["42", "98", "41", "50"] {
        both.parse(
          telegram(["1-3:0.2.8(\(version))", "1-0:1.7.0(00.322*kW)"]).bytes, receivedAt: nil)
      }
      #expect(both.fastCount == 0)
    }
  }

  /// A carriage return is left out of a value, so the bytes after it have another place in the record.
  @Test func valueAroundALineEndTakesTheSlowPath() throws {
    var both = Both(
      .init(), files: try SpecificationFiles(#"{"1-0:1.8.1": ["d", "m", "\((.*)\)"]}"#))
    for text in ["12\r34x56", "12\r35x57", "12\r\n34x56", "12\r\n35x57"] {
      let records = both.parse(telegram(["1-0:1.8.1(\(text))"]).bytes, receivedAt: nil)
      let value = text.filter { !$0.isNewline }
      #expect(records.text == "m=\(value)\n\n")
    }
    #expect(both.fastCount == 0)
  }

  @Test func parserIgnoresTheChecksum() {
    var both = Both(.init())
    for power in ["00.322", "01.918"] {
      both.parse(checkedTelegram(["1-0:1.7.0(\(power)*kW)"]).bytes, receivedAt: nil)
    }
    #expect(both.fastCount == 1)
  }

  /// With checksums ignored, an unknown version is a finding only if the checksum is right.
  @Test func damagedTelegramLeavesNoTemplate() {
    var parser = TelegramParser()
    let telegram = telegram(["1-3:0.2.8(98)", "1-0:1.7.0(00.322*kW)"]).bytes
    var writer = RecordWriter()
    #expect(throws: Never.self) {
      try parser.parse(telegram.span, receivedAt: nil, isDamaged: true, into: &writer)
    }
    #expect(throws: TelegramParser.UnknownVersion.self) {
      try parser.parse(telegram.span, receivedAt: nil, into: &writer)
    }
  }
}

extension [UInt8] {
  /// The places of the digits between parentheses.
  private var digitPlaces: [Int] {
    var isInside = false
    return indices.filter { index in
      switch self[index] {
      case UInt8(ascii: "("): isInside = true
      case UInt8(ascii: ")"), UInt8(ascii: "\n"): isInside = false
      default: return isInside && self[index].decimalDigit != nil
      }
      return false
    }
  }

  /// Changes the last digits of times and of numbers with a unit.
  fileprivate mutating func changeLastDigits(by generator: inout SeededGenerator) {
    for place in digitPlaces
    where place + 1 < count && "*SW".utf8.contains(self[place + 1])
      && Bool.random(using: &generator)
    {
      self[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &generator)
    }
  }

  /// Changes about one of `count` digits.
  fileprivate mutating func changeDigits(outOf count: Int, by generator: inout SeededGenerator) {
    for place in digitPlaces where Int.random(in: 0..<count, using: &generator) == 0 {
      self[place] =
        [0x30, UInt8.random(in: 0x30...0x39, using: &generator)]
        .randomElement(using: &generator) ?? 0x30
    }
  }

  /// Changes a byte, or removes or doubles a few.
  fileprivate mutating func damage(by generator: inout SeededGenerator) {
    guard count > 1 else { return }
    let place = Int.random(in: 1..<count, using: &generator)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: self[place] = generator.bytes(1...1)[0]
    case 1: removeSubrange(place..<Swift.min(count, place + 20))
    default: insert(contentsOf: self[place..<Swift.min(count, place + 20)], at: place)
    }
  }
}
