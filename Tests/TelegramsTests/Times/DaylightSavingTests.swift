import Records
import TestValues
import Testing

@testable import Telegrams

/// Times without a letter: whether the meter's clock changes to daylight saving time is found out from
/// times of receipt.
@Suite struct DaylightSavingTests {
  /// A telegram of a meter that prints its time of day and its date on lines of their own.
  private func telegram(_ shown: CivilTime, number: Int = 1) -> String {
    let (date, time) = (
      digits(shown.year % 100, shown.month, shown.day),
      digits(shown.hour, shown.minute, shown.second)
    )
    return checkedTelegram([
      "1-0:0.9.1(\(time))", "1-0:0.9.2(\(date))", "0-0:96.1.0(\(4_000_000 + number))",
      "0-0:96.7.21(00004)",
    ])
  }

  private func digits(_ numbers: Int...) -> String {
    var text: [UInt8] = []
    for number in numbers { text.append(number, digits: 2) }
    return text.text
  }

  /// The telegram with a stamp, if any.
  private func stamped(_ telegram: String, _ stamp: Timestamp?) -> String {
    (stamp.map { "#\($0)\n" } ?? "") + telegram
  }

  /// The digits that a clock `offset` seconds ahead of UTC shows at an instant.
  private func shown(at seconds: Int64, ahead offset: Int64) -> CivilTime {
    CivilTime(secondsSinceEpoch: seconds + offset)
  }

  private func instants(
    _ stream: String, _ options: TelegramParser.Options = .init()
  ) throws -> [String] {
    try Parsed(stream.bytes, options).records.split(separator: "\n").filter {
      $0.hasPrefix("timestamp=")
    }.map { String($0.dropFirst(10)) }
  }

  private func time(_ text: String) throws -> Timestamp {
    let time = Timestamp(text.bytes.span)
    return try #require(time)
  }

  // MARK: - Single telegrams

  @Test(arguments: [
    // In summer: standard time, daylight saving time, each with a stamp slightly off.
    ("220910203805", "2022-09-10T19:38:04Z", "2022-09-10T19:38:05Z"),
    ("220910213805", "2022-09-10T19:38:04Z", "2022-09-10T19:38:05Z"),
    ("220910203805", "2022-09-10T19:52:00Z", "2022-09-10T19:38:05Z"),
    ("220910213805", "2022-09-10T19:24:00Z", "2022-09-10T19:38:05Z"),
    // In winter both are the same.
    ("221210203805", "2022-12-10T19:38:04Z", "2022-12-10T19:38:05Z"),
    ("221210203805", "2022-12-10T18:38:04Z", "2022-12-10T19:38:05Z"),
    // A stamp that is near neither instant: the clock or the stamp is wrong.
    ("220910203805", "2022-09-10T19:22:00Z", "2022-09-10T18:38:05Z"),
    ("220910203805", "2022-09-10T19:54:00Z", "2022-09-10T18:38:05Z"),
    ("220910203805", "2022-09-10T19:08:05Z", "2022-09-10T18:38:05Z"),
    ("220910203805", "2022-07-10T19:38:05Z", "2022-09-10T18:38:05Z"),
    // The hour that autumn has twice, the first time and the second.
    ("221030023000", "2022-10-30T00:30:01Z", "2022-10-30T00:30:00Z"),
    ("221030023000", "2022-10-30T01:30:01Z", "2022-10-30T01:30:00Z"),
    ("221030023000", "2022-10-30T01:05:00Z", "2022-10-30T01:30:00Z"),
    // Only standard time shows the hour that spring skips.
    ("220327023000", "2022-03-27T01:30:01Z", "2022-03-27T01:30:00Z"),
    ("220327033000", "2022-03-27T01:30:01Z", "2022-03-27T01:30:00Z"),
    ("220327033000", "2022-03-27T02:30:01Z", "2022-03-27T02:30:00Z"),
  ])
  func instantNearestToTheReceiptCounts(
    _ shown: String, _ stamp: String, _ expected: String
  ) throws {
    let halves = [
      "1-0:0.9.1(\(shown.suffix(6)))", "1-0:0.9.2(\(shown.prefix(6)))",
    ]
    for lines in [halves, ["0-0:1.0.0(\(shown))"], ["0-0:1.0.0(\(shown)T)"]] {
      let telegram = checkedTelegram(lines + ["0-0:96.7.21(00004)"])
      #expect(try instants("#\(stamp)\n" + telegram) == [expected])
    }
  }

  @Test func settingDecidesWithoutAReceipt() throws {
    let shown = CivilTime(year: 2022, month: 9, day: 10, hour: 20, minute: 38, second: 5)
    let telegram = telegram(try #require(shown))
    #expect(try instants(telegram) == ["2022-09-10T18:38:05Z"])
    let normal = TelegramParser.Options.with { $0.hasSummerTime = false }
    #expect(try instants(telegram, normal) == ["2022-09-10T19:38:05Z"])
    // A letter overrides the setting.
    let lettered = checkedTelegram(["0-0:1.0.0(220910203805S)", "0-0:96.7.21(00004)"])
    #expect(try instants(lettered, normal) == ["2022-09-10T18:38:05Z"])
  }

  /// The times of a sub-meter and of a past peak have no letter either.
  @Test func otherTimesOfTheTelegramHaveTheSameZone() throws {
    let lines = [
      "1-0:0.9.1(203805)", "1-0:0.9.2(220910)", "1-0:1.6.0(08.796*kW)(220902010000)",
      "0-1:24.1.0(003)", "0-1:24.2.1(220910203500)(00001.000*m3)", "0-0:96.7.21(00004)",
    ]
    #expect(
      try instants("#2022-09-10T19:38:05Z\n" + checkedTelegram(lines))
        == ["2022-09-10T19:38:05Z", "2022-09-10T19:35:00Z", "2022-09-02T00:00:00Z"])
  }

  /// Telegrams without a time of receipt, and with a wrong one, between others that decide.
  @Test func decisionOfAReceiptIsKept() throws {
    let start = try time("2022-09-10T19:00:00Z").seconds
    var stream = ""
    var expected: [String] = []
    for minute in Int64(0)..<6 {
      let instant = Timestamp(seconds: start + 60 * minute)
      let stamp = [
        instant, nil, Timestamp(seconds: instant.seconds + 86_400), nil,
        Timestamp(seconds: instant.seconds - 1800), instant,
      ][Int(minute)]
      stream += stamped(telegram(shown(at: instant.seconds, ahead: 3600)), stamp)
      expected.append("\(instant)")
    }
    #expect(try instants(stream) == expected)
  }

  @Test func metersAreDistinguished() throws {
    let start = try time("2022-09-10T19:00:00Z").seconds
    var stream = ""
    var expected: [String] = []
    for minute in Int64(0)..<4 {
      let instant = Timestamp(seconds: start + 60 * minute)
      let stamp = minute == 0 ? instant : nil
      for (number, ahead) in [(1, Int64(3600)), (2, 7200)] {
        stream += stamped(
          telegram(shown(at: instant.seconds, ahead: ahead), number: number), stamp)
        expected.append("\(instant)")
      }
    }
    #expect(try instants(stream) == expected)
  }

  @Test func forgottenMeterIsReadByTheSetting() throws {
    let instant = try time("2022-09-10T19:00:00Z")
    let shown = shown(at: instant.seconds, ahead: 3600)
    let others = (2...40).map { stamped(telegram(shown, number: $0), instant) }.joined()
    let first = stamped(telegram(shown), instant)
    #expect(try instants(first + telegram(shown)).last == "2022-09-10T19:00:00Z")
    #expect(try instants(first + others + telegram(shown)).last == "2022-09-10T18:00:00Z")
  }

  // MARK: - Whole captures

  /// A year of telegrams with right times of receipt, cut anywhere: each part makes the same records.
  @Test(arguments: [true, false])
  func captureCanBeCutAnywhere(_ hasSummerTime: Bool) throws {
    var generator = SeededGenerator(seed: 65)
    let timeZone = MeterTimeZone(winterOffset: 3600, hasSummerTime: hasSummerTime)
    var telegrams: [String] = []
    var expected: [String] = []
    // More often around the changes of the clocks.
    let days = stride(from: Int64(0), to: 365, by: 9).map { 1_640_995_200 + $0 * 86_400 }
    let hours = ["2022-03-27T00:00:00Z", "2022-10-29T23:00:00Z"].flatMap { text in
      stride(from: Int64(0), to: 5 * 3600, by: 600).map { offset in
        (Timestamp(text.bytes.span)?.seconds ?? 0) + offset
      }
    }
    for seconds in (days + hours).sorted() {
      let instant = Timestamp(seconds: seconds)
      let late = Int64.random(in: -600...600, using: &generator)
      let shown = shown(at: seconds, ahead: Int64(timeZone.offset(at: instant)))
      telegrams.append(stamped(telegram(shown), Timestamp(seconds: seconds + late)))
      expected.append("\(instant)")
    }
    #expect(try instants(telegrams.joined()) == expected)
    for _ in 0..<20 {
      let cut = Int.random(in: 0...telegrams.count, using: &generator)
      let parts = [telegrams[..<cut], telegrams[cut...]]
      #expect(try parts.flatMap { try instants($0.joined()) } == expected)
    }
  }

  /// With right, wrong and missing times of receipt.
  @Test func instantsNeverRunBackwards() throws {
    var generator = SeededGenerator(seed: 66)
    for _ in 0..<60 {
      // Local time without steps backwards: around the changes of the clocks, and in summer.
      let starts: [Int64] = [1_648_335_600, 1_656_000_000, 1_667_080_800]
      var local = starts.randomElement(using: &generator) ?? 0
      var stream = ""
      for _ in 0..<40 {
        local += Int64.random(in: 0...1500, using: &generator)
        // No clock with daylight saving time shows the hour that spring skips.
        if (1_648_346_400..<1_648_350_000).contains(local) { local += 3600 }
        let kind = stream.isEmpty ? 1 : Int.random(in: 0..<5, using: &generator)
        let ahead: Int64
        switch kind {
        case 1, 2: ahead = 3600 * Int64.random(in: 1...2, using: &generator)
        default: ahead = Int64.random(in: -2000...12_000, using: &generator)
        }
        let shown = CivilTime(secondsSinceEpoch: local)
        stream += stamped(telegram(shown), kind == 0 ? nil : Timestamp(seconds: local - ahead))
      }
      let options = TelegramParser.Options.with {
        $0.hasSummerTime = Bool.random(using: &generator)
      }
      let found = try instants(stream, options)
      if found != found.sorted() { Issue.record("\(stream)\n\(found)") }
    }
  }
}
