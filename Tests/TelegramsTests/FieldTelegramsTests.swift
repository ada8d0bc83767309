import Foundation
import Telegrams
import TestValues
import Testing

/// Telegrams from the field, in a folder beside the package or the one that `P1_TELEGRAMS` names:
/// what we read in each is what the tests of its source say is there.
///
/// `INDEX.tsv` tells which checksums are right; `NAME.expected.json` holds, in `asserted_by_source`,
/// a code, a value and a unit for each thing that the source's own tests state.
@Suite struct FieldTelegramsTests {
  private static let directory =
    ProcessInfo.processInfo.environment["P1_TELEGRAMS"].map { URL(filePath: $0) }
    ?? URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../shared/telegrams"
    ).standardized

  /// One thing that a source says of a telegram.
  struct Assertion {
    let code: String
    let value: String?
    let unit: String?
    let field: String
    /// The time of a reading, where it stands beside its value.
    let capture: String?

    init?(_ json: [String: Any]) {
      guard let code = json["obis"] as? String else { return nil }
      self.code = String(code.prefix { $0 != "|" })
      unit = json["unit"] as? String
      field = json["field"] as? String ?? ""
      capture = json["capture"] as? String
      value = Assertion.text(json["value"])
    }

    /// Nil for what a source says is not there: null, `None`, or empty.
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

  /// What we do not share with a source, and why.
  enum Exception: String, CaseIterable {
    case unsetClock = "a clock that was never set is no time; the source has 2000-01-01"
    case versionNotPrinted = "DSMR 2.2 prints no version; the source tells it by other means"
    case unreadSubmeter = "a sub-meter that was never read gives no record, so no number either"
    case mockedClock = "the source's test gives its own time in place of one that is not printed"
    case mockedReading = "the source's test replaces the time of the reading by its own"

    /// The telegram and the code of each value, and its year where there is another one.
    var places: [String] {
      switch self {
      case .unsetClock: ["nl-4.0-nodedsmr-1 0-0:1.0.0", "nl-4.2-basjes-2 0-0:1.0.0"]
      case .versionNotPrinted: (1...6).map { "nl-2.2-basjes-\($0) 1-3:0.2.8" }
      case .unreadSubmeter: ["nl-4.2-basjes-2 0-n:96.1.0"]
      case .mockedClock: ["nl-2.2-dsmrreader-1 0-0:1.0.0"]
      case .mockedReading:
        ["nl-2.2-dsmrreader-1 0-n:24.2.x 2021", "nl-4.2-dsmrreader-2 0-n:24.2.x 2021"]
      }
    }
  }

  /// The records of a telegram, as their fields.
  private struct Records {
    let all: [[String: String]]
    var main: [String: String] { all.first ?? [:] }
    var submeters: [[String: String]] { all.filter { $0["channel"] != nil } }

    init(_ text: String) {
      all = text.split(separator: "\n\n").map { record in
        Dictionary(
          record.split(separator: "\n").map { line in
            let field = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(field[0]), String(field[1]))
          }, uniquingKeysWith: { first, _ in first })
      }
    }
  }

  @Test func telegramsHoldWhatTheirSourcesSay() throws {
    guard
      let index = try? String(
        contentsOf: Self.directory.appending(path: "INDEX.tsv"), encoding: .utf8)
    else {
      print("no telegrams from the field at \(Self.directory.path): not compared")
      return
    }
    var compared = 0
    var excepted: [Exception: Set<String>] = [:]
    for line in index.split(separator: "\n").dropFirst() {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard columns[0].hasPrefix("nl-"), columns[0].hasSuffix(".p1"),
        columns[1] == "ok" || columns[1] == "none"
      else {
        continue
      }
      let name = String(columns[0].dropLast(3))
      let bytes = try Data(contentsOf: Self.directory.appending(path: "\(name).p1"))
      let records = Records(try Parsed([UInt8](bytes), .names(.obis)).records)
      for assertion in try assertions(of: name) {
        compared += 1
        guard !agrees(records, assertion, name) else { continue }
        let place = "\(name) \(assertion.code)"
        let exception = Exception.allCases.first { exception in
          exception.places.contains { listed in
            listed == place || listed == "\(place) \(year(assertion.value ?? ""))"
          }
        }
        guard let exception else {
          Issue.record(
            """
            \(place) \(assertion.field): \(assertion.value ?? "nothing") \(assertion.unit ?? ""), \
            not \(records.all)
            """)
          continue
        }
        excepted[exception, default: []].insert(place)
      }
    }
    #expect(compared >= 500)
    // An exception that nothing needs any more is to go.
    for exception in Exception.allCases {
      let places = exception.places.map {
        $0.split(separator: " ").prefix(2).joined(separator: " ")
      }
      #expect(
        excepted[exception, default: []] == Set(places), "\(exception): \(exception.rawValue)")
    }
    print("\(compared) values compared with what their sources say")
  }

  private func assertions(of name: String) throws -> [Assertion] {
    let data = try Data(contentsOf: Self.directory.appending(path: "\(name).expected.json"))
    let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return (json?["asserted_by_source"] as? [[String: Any]] ?? []).compactMap(Assertion.init)
  }

  // MARK: - Whether a telegram holds what is said of it

  private func agrees(_ records: Records, _ assertion: Assertion, _ name: String) -> Bool {
    switch assertion.code {
    case "0-0:1.0.0":
      return sameTime(records.main["timestamp"], assertion.value, name)
    case "0-0:96.1.1":
      return sameText(records.main["meter"], assertion.value)
    case let code where code.hasSuffix(":96.1.0"):
      let meters = records.submeters.map { $0["meter"] }
      return assertion.value == nil
        ? meters.allSatisfy { $0 == nil } : meters.contains { sameText($0, assertion.value) }
    case let code where code.contains(":24.2.") || code.contains(":24.3.0"):
      return agrees(readings: records, assertion, name)
    default:
      let printed = records.all.lazy.compactMap { $0[assertion.code] }.first
      return sameNumber(printed, assertion) || sameText(printed, assertion.value)
    }
  }

  private func agrees(readings records: Records, _ assertion: Assertion, _ name: String) -> Bool {
    let submeters = records.submeters.filter { record in
      record.keys.contains { $0.contains(":24.2.") || $0.contains(":24.3.") }
    }
    guard let value = assertion.value else { return submeters.isEmpty }
    if assertion.unit == "capture" {
      return submeters.contains { sameTime($0["timestamp"], value, name) }
    }
    return submeters.contains { record in
      let readings = record.filter { $0.key.contains(":24.2.") || $0.key.contains(":24.3.") }
      return readings.values.contains { sameNumber($0, assertion) }
        && (assertion.capture == nil || sameTime(record["timestamp"], assertion.capture, name))
    }
  }

  private func sameText(_ printed: String?, _ asserted: String?) -> Bool {
    guard let asserted, let printed else { return printed == asserted }
    return printed == asserted || printed == decoded(asserted)
  }

  /// The text that hexadecimal digits stand for.
  private func decoded(_ digits: String) -> String {
    let digits = Array(digits)
    let octets = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
    }
    return String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .whitespaces)
  }

  /// Whether a number is the asserted one, in whatever way its source writes it: power and energy in
  /// W and Wh, version 42 as 4.2 (node-dsmr-parser), currents in whole amperes (dsmr-reader).
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
    return (printed as NSDecimalNumber).doubleValue.rounded()
      == (expected as NSDecimalNumber).doubleValue
  }

  /// Sources write times in four ways; node-dsmr-parser takes local time for UTC.
  private func sameTime(_ printed: String?, _ asserted: String?, _ name: String) -> Bool {
    guard let asserted, let printed else { return printed == asserted }
    guard let time = date(printed), let expected = date(asserted) else { return false }
    let ahead = expected.timeIntervalSince(time)
    return name.contains("nodedsmr") ? ahead == 3600 || ahead == 7200 : ahead == 0
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
