import Foundation
import Metrics
import Records
import Telegrams
import TestValues
import Testing

/// Telegrams from the field, in a folder beside the package or the one that `P1_TELEGRAMS` names: the
/// values that p1parse reads are those that the tests of other projects expect.
///
/// `INDEX.tsv` lists which checksums are right. `asserted_by_source` in `NAME.expected.json` has the
/// code, value and unit of each assertion in the source's own tests. `NAME.plain.p1` is the decrypted
/// `NAME.bin`.
///
/// A telegram with a wrong checksum must be dropped. Its values are compared too, with checksums
/// ignored, as most of them have a wrong checksum only because a number was anonymized by hand.
@Suite struct FieldTelegramsTests {
  static let directory =
    ProcessInfo.processInfo.environment["P1_TELEGRAMS"].map { URL(filePath: $0) }
    ?? URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../shared/telegrams"
    ).standardized

  /// A file of the index.
  struct File {
    let name: String
    /// Whether its checksum is right, or it is of a version that has none.
    let isRight: Bool

    init?(_ line: Substring) {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns.count > 1 else { return nil }
      let checksum = columns[1].split(separator: " ").last ?? ""
      isRight = checksum == "ok" || checksum == "none"
      if columns[0].hasSuffix(".p1") {
        name = String(columns[0].dropLast(3))
      } else if columns[0].hasSuffix(".bin") {
        name = "\(columns[0].dropLast(4)).plain"
      } else {
        return nil
      }
    }

    func bytes() throws -> [UInt8] {
      [UInt8](try Data(contentsOf: FieldTelegramsTests.directory.appending(path: "\(name).p1")))
    }

    /// The assertions of the source's tests.
    func assertions() throws -> [Assertion] {
      let file = FieldTelegramsTests.directory.appending(path: "\(source).expected.json")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      return (json?["asserted_by_source"] as? [[String: Any]] ?? []).compactMap(Assertion.init)
    }

    /// The name of the file with the assertions. The encrypted telegrams of Luxembourg share that of
    /// the plain one.
    private var source: String {
      name.hasPrefix("lu-42spec-nodedsmr-enc-")
        ? "lu-42spec-nodedsmr-1" : name.replacing(".plain", with: "")
    }
  }

  /// The files of the index; nil if the folder is missing.
  private static let files: [File]? = {
    let index = try? String(contentsOf: directory.appending(path: "INDEX.tsv"), encoding: .utf8)
    guard let index else {
      print("no telegrams from the field at \(directory.path): not compared")
      return nil
    }
    return index.split(separator: "\n").dropFirst().compactMap(File.init)
  }()

  /// An assertion of a source about a telegram.
  struct Assertion {
    /// Both codes, if it may have one or the other (`1-3:0.2.8|0-0:96.1.4`).
    let codes: [String]
    let value: String?
    let unit: String?
    let field: String
    /// The time of a reading, if it is asserted with the value.
    let capture: String?

    var code: String { codes[0] }

    /// Codes of which dsmr-tools asserts the number of values, by its function.
    private static let counted = [
      "dsmrTelegram.getPowerFailureEventLogSize()": "1-0:99.97.0",
      "dsmrTelegram.getPowerFailureEventLog().size()": "1-0:99.97.0",
      "dsmrTelegram.getMBusEvents().size()": "0-n:24.1.0",
    ]

    init?(_ json: [String: Any]) {
      if let field = json["field"] as? String, let code = Assertion.counted[field] {
        codes = [code]
        (self.field, unit, capture) = (field, "count", nil)
        value = Assertion.text(json["value"])
        return
      }
      guard let code = json["obis"] as? String else { return nil }
      codes = code.split(separator: "|").map(String.init)
      // `kW @2022-12-03T17:45:00+01:00` for a peak.
      let unit = (json["unit"] as? String)?.split(separator: " @", maxSplits: 1).map(String.init)
      self.unit = unit?.first
      field = json["field"] as? String ?? ""
      capture = json["capture"] as? String ?? unit?.dropFirst().first
      value = Assertion.text(json["value"])
    }

    private init(_ code: String, as other: Assertion) {
      codes = [code]
      (value, unit, field, capture) = (other.value, other.unit, other.field, other.capture)
    }

    /// The same of another code.
    func of(_ code: String) -> Assertion { Assertion(code, as: self) }

    /// Nil for an assertion that the value is missing: null, `None`, or empty.
    private static func text(_ value: Any?) -> String? {
      let text =
        switch value {
        case let text as String: text.trimmingCharacters(in: CharacterSet(charactersIn: "'"))
        case let number as NSNumber: number.stringValue
        default: ""
        }
      return text.isEmpty || text == "None" ? nil : text
    }
  }

  /// Assertions that p1parse does not meet, and why.
  enum Exception: String, CaseIterable {
    case unsetClock = "a clock that was never set is no time; the source has 2000-01-01"
    case impossibleTime = "a time that the calendar lacks is none; the source reckons on with it"
    case versionNotPrinted = "DSMR 2.2 prints no version; the source tells it by other means"
    case versionNotKept = "the source does not keep the Belgian version"
    case unreadSubmeter = "a sub-meter that was never read gives no record, so no number either"
    case mockedClock = "the source's test gives its own time in place of one that is not printed"
    case mockedReading = "the source's test replaces the time of the reading by its own"
    case absentAsZero = "the source has 0 for a tariff that the meter does not print"

    /// The telegram and the code of each value, and its year if the source has another one.
    var places: [String] {
      switch self {
      case .unsetClock:
        [
          "nl-4.0-nodedsmr-1 0-0:1.0.0", "nl-4.2-basjes-2 0-0:1.0.0",
          "nl-4.2-basjes-3 1-0:99.97.0",
        ]
      case .impossibleTime: ["gr-XT211-nodedsmr-1 0-0:1.0.0", "se-H1-nodedsmr-1 0-0:1.0.0"]
      case .versionNotPrinted: (1...6).map { "nl-2.2-basjes-\($0) 1-3:0.2.8" }
      case .versionNotKept:
        ["50213-dsmrreader-1", "50213-dsmrreader-2", "50213-dsmrreader-3", "50217-dsmrreader-1"]
          .map { "be-\($0) 1-3:0.2.8" } + ["be-50217-dsmrreader-2 1-3:0.2.8"]
      case .unreadSubmeter:
        ["nl-4.2-basjes-2 0-n:96.1.0", "nl-4.2-basjes-2 0-n:24.1.0"]
          + ["-1", "-enc-withaad.plain", "-enc-withoutaad.plain"].flatMap { end in
            (2...3).map { "lu-42spec-nodedsmr\(end) 0-\($0):24.1.0" }
          }
      case .mockedClock: ["nl-2.2-dsmrreader-1 0-0:1.0.0"]
      case .mockedReading:
        [
          "be-50213-dsmrreader-2", "nl-2.2-dsmrreader-1", "nl-4.2-dsmrreader-2",
          "nl-5.0spec-dsmrreader-1",
        ].map { "\($0) 0-n:24.2.x 2021" }
      case .absentAsZero:
        ["lu-42-dsmrreader-1", "se-H1-dsmrreader-1"].flatMap { name in
          ["1-0:1.8.2", "1-0:2.8.2"].map { "\(name) \($0)" }
        }
      }
    }

    /// The exception for an assertion, if any.
    static func of(_ place: String, year: String = "") -> Exception? {
      allCases.first { $0.places.contains { $0 == place || $0 == "\(place) \(year)" } }
    }
  }

  /// Codes that a source asserts under another code: dsmr-reader has the totals of meters without
  /// tariffs as those of tariff 1, node-dsmr-parser drops the channel.
  private static let printedCodes: [String: [String: String]] = [
    "lu-42-dsmrreader-1": ["1-0:1.8.1": "1-0:1.8.0", "1-0:2.8.1": "1-0:2.8.0"],
    "se-H1-dsmrreader-1": ["1-0:1.8.1": "1-0:1.8.0", "1-0:2.8.1": "1-0:2.8.0"],
    "gr-XT211-nodedsmr-1": [
      "1-0:1.8.1": "1-1:1.8.1", "1-0:1.8.2": "1-1:1.8.2", "1-0:2.8.1": "1-1:2.8.1",
      "1-0:2.8.2": "1-1:2.8.2", "1-0:1.7.0": "1-1:1.7.0", "1-0:2.7.0": "1-1:2.7.0",
    ],
  ]

  /// The number of telegrams in a file, if it is not one with a right checksum or none with a wrong one.
  enum Stream: String, CaseIterable {
    case wholeBehindDamaged = "a whole telegram stands behind a damaged one"
    case lineFeedsAlone = "the checksum is right once line ends are CR LF again"
    case several = "it is a capture of several telegrams"
    case blankLines = "of its six telegrams three have blank lines that their checksum lacks"
    case withoutHeader = "the first lines are missing"
    case excerpt = "the end is missing, of a version that has a checksum"

    var counts: [String: Int] {
      switch self {
      case .wholeBehindDamaged:
        ["nl-5.0-basjes-4": 1, "nl-5.0-derived-4": 1, "nl-5.0-derived-5": 1]
      case .lineFeedsAlone: ["nl-5.0-derived-1": 1]
      case .several: ["nl-2.2-smeterd-4": 3, "nl-5.0-basjes-6": 19]
      case .blankLines: ["nl-5.0-hansij66-1": 3]
      case .withoutHeader: ["nl-2.2-smeterd-3": 0]
      case .excerpt: ["hu-Wasion-esphomelibs-issue-1": 0, "se-ISK-esphome-issue-1": 0]
      }
    }

    static func of(_ name: String) -> Stream? { allCases.first { $0.counts[name] != nil } }
  }

  /// The records of a telegram, as their fields.
  private struct Records {
    let all: [[String: String]]
    /// The number of additional records with history.
    let historyCount: Int
    var main: [String: String] { all.first ?? [:] }

    /// The records of sub-meters, on the channel of a code or on any (`0-n:24.2.x`).
    func submeters(of code: String) -> [[String: String]] {
      let channel = String(code.dropFirst(2).prefix { $0 != ":" })
      return all.filter { $0["channel"] != nil && (channel == "n" || $0["channel"] == channel) }
    }

    init(_ bytes: [UInt8], checksums: Framer.Checksums) throws {
      all = Records.fields(try Parsed(bytes, .names(.obis), checksums: checksums).records)
      let withHistory = try Parsed(
        bytes,
        .with {
          $0.names = .obis
          $0.includesHistory = true
        }, checksums: checksums)
      historyCount = Records.fields(withHistory.records).count - all.count
    }

    private static func fields(_ text: String) -> [[String: String]] {
      text.split(separator: "\n\n").map { record in
        Dictionary(
          record.split(separator: "\n").map { line in
            let field = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(field[0]), String(field[1]))
          }, uniquingKeysWith: { first, _ in first })
      }
    }
  }

  // MARK: - Tests

  /// The built-in specification, printed as a file and read back, makes the same records.
  @Test(arguments: NameSet.allCases)
  func printedSpecificationMakesTheSameRecords(_ names: NameSet) throws {
    var options = TelegramParser.Options.names(names)
    options.includesHistory = true
    options.addsNetPower = true
    for version in ["22", "42", "50", "50217", "SE"] {
      let known = try #require(KnownVersion(named: version))
      let specification = try SpecificationFiles(known.specification)
      for file in FieldTelegramsTests.files ?? [] {
        let builtIn = try Parsed(file.bytes(), options, checksums: .ignored)
        let byFile = try Parsed(
          file.bytes(), options, checksums: .ignored, files: specification)
        #expect(byFile.records == builtIn.records, "\(file.name)")
      }
    }
  }

  @Test func telegramsWithAWrongChecksumAreDropped() throws {
    for file in FieldTelegramsTests.files ?? [] {
      let count = Framer.found(in: [try file.bytes()]).telegrams.count
      let usual = file.isRight ? 1 : 0
      guard let stream = Stream.of(file.name) else {
        #expect(count == usual, "\(file.name)")
        continue
      }
      #expect(count == stream.counts[file.name], "\(file.name): \(stream.rawValue)")
      #expect(count != usual, "\(file.name) needs no exception: \(stream.rawValue)")
    }
  }

  @Test func telegramsMatchTheAssertionsOfTheirSources() throws {
    guard let files = FieldTelegramsTests.files else { return }
    var compared = 0
    var renamed: [String: Set<String>] = [:]
    var excepted: [Exception: Set<String>] = [:]
    for file in files {
      let (name, assertions) = (file.name, try file.assertions())
      let records = try Records(try file.bytes(), checksums: file.isRight ? .verified : .ignored)
      guard !records.all.isEmpty || assertions.isEmpty else {
        Issue.record("\(name): nothing is read, where its source says \(assertions.count) things")
        continue
      }
      for assertion in assertions {
        compared += 1
        guard !agrees(records, assertion, name) else { continue }
        if let code = FieldTelegramsTests.printedCodes[name]?[assertion.code],
          agrees(records, assertion.of(code), name)
        {
          renamed[name, default: []].insert(assertion.code)
          continue
        }
        let place = "\(name) \(assertion.code)"
        if let exception = Exception.of(place, year: year(assertion.value ?? "")) {
          excepted[exception, default: []].insert(place)
          continue
        }
        Issue.record(
          """
          \(place) \(assertion.field): \(assertion.value ?? "nothing") \(assertion.unit ?? ""), \
          not \(records.all)
          """)
      }
    }
    #expect(compared >= 1300)
    // An unused exception must be deleted.
    for exception in Exception.allCases {
      let places = exception.places.map {
        $0.split(separator: " ").prefix(2).joined(separator: " ")
      }
      #expect(
        excepted[exception, default: []] == Set(places), "\(exception): \(exception.rawValue)")
    }
    #expect(renamed == FieldTelegramsTests.printedCodes.mapValues { Set($0.keys) })
    let differences = excepted.values.reduce(0) { $0 + $1.count }
    print(
      """
      \(files.count) files, \(compared) values compared with what their sources say: \
      \(renamed.values.reduce(0) { $0 + $1.count }) have another code, \(differences) differ for \
      a reason
      """)
  }

  // MARK: - Comparing

  private func agrees(_ records: Records, _ assertion: Assertion, _ name: String) -> Bool {
    let code = assertion.code
    switch code {
    case "1-0:99.97.0" where assertion.unit == "count":
      return assertion.value == "\(records.historyCount)"
    case "0-n:24.1.0" where assertion.unit == "count":
      return assertion.value == "\(records.submeters(of: code).count)"
    case "0-0:1.0.0":
      return sameTime(records.main["timestamp"], assertion.value, name)
    case "0-0:96.1.1":
      return sameText(records.main["meter"], assertion.value)
    case "0-0:98.1.0":
      // Sources only assert that it is empty.
      return assertion.value == nil && records.historyCount == 0
    case _ where code.hasSuffix(":96.1.0") || code.hasSuffix(":96.1.1"):
      let meters = records.submeters(of: code).map { $0["meter"] }
      return assertion.value == nil
        ? meters.allSatisfy { $0 == nil } : meters.contains { sameText($0, assertion.value) }
    case _ where code.contains(":24.2.") || code.contains(":24.3.0"):
      return agrees(readings: records, assertion, name)
    default:
      let record = records.all.first { $0.keys.contains { assertion.codes.contains($0) } }
      let printed = assertion.codes.lazy.compactMap { record?[$0] }.first
      return (sameNumber(printed, assertion) || sameText(printed, assertion.value))
        && (assertion.capture == nil || sameTime(record?["timestamp"], assertion.capture, name))
    }
  }

  private func agrees(readings records: Records, _ assertion: Assertion, _ name: String) -> Bool {
    let isReading: (String) -> Bool = { $0.contains(":24.2.") || $0.contains(":24.3.") }
    let submeters = records.submeters(of: assertion.code).filter {
      $0.keys.contains(where: isReading)
    }
    guard let value = assertion.value else { return submeters.isEmpty }
    if assertion.unit == "capture" {
      return submeters.contains { sameTime($0["timestamp"], value, name) }
    }
    return submeters.contains { record in
      record.contains { isReading($0.key) && sameNumber($0.value, assertion) }
        && (assertion.capture == nil || sameTime(record["timestamp"], assertion.capture, name))
    }
  }

  private func sameText(_ printed: String?, _ asserted: String?) -> Bool {
    guard let asserted, let printed else { return printed == asserted }
    return printed == asserted || printed == decoded(asserted)
  }

  /// The text of hexadecimal digits.
  private func decoded(_ digits: String) -> String {
    let digits = Array(digits)
    let octets = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
    }
    return String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .whitespaces)
  }

  /// Whether a number is the asserted one, in whatever way its source writes it: power and energy in
  /// W and Wh, version 42 as 4.2 (node-dsmr-parser), currents without their decimals (dsmr-reader).
  private func sameNumber(_ printed: String?, _ assertion: Assertion) -> Bool {
    guard let printed = printed.flatMap({ Decimal(string: $0) }),
      let asserted = assertion.value.flatMap({ Decimal(string: $0) })
    else {
      return false
    }
    let isInWatts = assertion.unit == "W" || assertion.unit == "Wh"
    let expected = isInWatts ? asserted / 1000 : asserted
    if printed == expected { return true }
    if assertion.code == "1-3:0.2.8" { return printed / 10 == expected }
    guard assertion.field.hasPrefix("phase_power_current") else { return false }
    return (printed as NSDecimalNumber).doubleValue.rounded(.towardZero)
      == (expected as NSDecimalNumber).doubleValue
  }

  /// Sources write times in four ways; node-dsmr-parser takes local time for UTC.
  private func sameTime(_ printed: String?, _ asserted: String?, _ name: String) -> Bool {
    guard let asserted, let printed else { return printed == asserted }
    guard let time = date(printed), let expected = date(asserted) else { return false }
    let ahead = name.contains("nodedsmr") ? offset(printedAt: expected, in: name) : 0
    return expected.timeIntervalSince(time) == Double(ahead)
  }

  /// The offset from UTC, by the letter after a time, or without one by the rule of the time zone.
  private func offset(printedAt local: Date, in name: String) -> Int {
    let seconds = Int64(local.timeIntervalSince1970)
    let civil = CivilTime(secondsSinceEpoch: seconds)
    var digits: [UInt8] = []
    for number in [
      civil.year % 100, civil.month, civil.day, civil.hour, civil.minute, civil.second,
    ] {
      digits.append(number, digits: 2)
    }
    let path = FieldTelegramsTests.directory.appending(path: "\(name).p1")
    let telegram = String(decoding: (try? Data(contentsOf: path)) ?? Data(), as: UTF8.self)
    if telegram.contains("(\(digits.text)S)") { return 7200 }
    if telegram.contains("(\(digits.text)W)") { return 3600 }
    let instant = MeterTimeZone.centralEuropean.instant(of: civil)
    return Int(seconds - instant.seconds)
  }

  private func date(_ text: String) -> Date? {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    if text.hasPrefix("datetime("), numbers.count >= 3 {
      var utc = Calendar(identifier: .gregorian)
      utc.timeZone = .gmt
      let time = numbers.dropFirst(3) + [0, 0, 0]
      let first = time.startIndex
      return utc.date(
        from: DateComponents(
          year: numbers[0], month: numbers[1], day: numbers[2], hour: time[first],
          minute: time[first + 1], second: time[first + 2]))
    }
    if text.count == 13 {
      return TelegramTime.instant(text.bytes.span).map {
        Date(timeIntervalSince1970: Double($0.seconds))
      }
    }
    var iso = text.prefix { $0 != "[" }.description.replacing(/\.\d+/, with: "")
    if iso.wholeMatch(of: /[^T]*T\d\d:\d\d([Z+-].*)/) != nil {
      iso.insert(contentsOf: ":00", at: iso.index(iso.startIndex, offsetBy: 16))
    }
    return try? Date(iso, strategy: .iso8601)
  }

  private func year(_ text: String) -> String {
    text.split { !$0.isNumber }.first.map(String.init) ?? ""
  }
}
