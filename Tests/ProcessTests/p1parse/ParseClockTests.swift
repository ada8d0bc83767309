import TestSupport
import TestValues
import Testing

/// Meters whose clock is wrong or prints no letter, with stamps and settings.
@Suite struct ParseClockTests {
  /// A telegram of a minute after 10:00 UTC, received this many seconds later.
  private static func received(_ minute: Int, _ stamp: String) -> String {
    "#\(stamp)\n" + SampleTelegram.numbered(minute)
  }

  private static let behind = (1...3).map { received($0, "2027-01-23T10:0\($0):01.500Z") }.joined()
  private static let right = (4...6).map { received($0, "2026-11-23T10:0\($0):01Z") }.joined()

  private func parse(
    _ input: String, _ options: [String] = [], _ environment: [String: String] = [:]
  ) async throws -> ProgramResult {
    let result = try await Program("p1parse", options, environment: environment).run(input: input)
    #expect(result.status == .success)
    return result
  }

  // MARK: - A clock that is wrong

  @Test func wrongClockIsSaidOnceAndOnceThatItIsRightAgain() async throws {
    let result = try await parse(Self.behind + Self.right + Self.behind)
    let begins =
      "p1parse: standard input: the meter's clock is 61 days behind the stamps; "
      + "use --time receipt (P1_TIME=receipt) for records with the time of the stamps\n"
    #expect(
      result.errorText
        == begins + "p1parse: standard input: the meter's clock and the stamps agree again\n"
        + begins)
    let plain = try await parse((1...6).map { SampleTelegram.numbered($0) }.joined())
    #expect(result.text.hasPrefix(plain.text))
    #expect(plain.errorText == "")
  }

  /// Two meters in one stream, one with a wrong clock.
  @Test func messagesOfAClockAreBounded() async throws {
    let both = Self.received(1, "2027-01-23T10:01:00Z") + Self.received(2, "2026-11-23T10:02:00Z")
    let result = try await parse(String(repeating: both, count: 100))
    #expect((2...4).contains(result.messages.count), "\(result.errorText)")
    #expect(result.records.count == 400)
  }

  /// A difference of up to an hour is not logged, and one of about an hour is logged once.
  @Test func clockThatIsAboutRightIsNotSaid() async throws {
    for stamp in ["2026-11-23T11:00:00Z", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"] {
      #expect(try await parse(Self.received(0, stamp)).errorText == "")
    }
    let hour = ["11:01:30", "11:01:59", "11:03:01"].enumerated().map { number, time in
      Self.received(number + 1, "2026-11-23T\(time)Z")
    }
    let result = try await parse(hour.joined())
    #expect(result.messages.count == 1 && result.errorText.contains(" 60 minutes behind "))
  }

  @Test(arguments: [(["--time", "receipt"], [:]), ([], ["P1_TIME": "receipt"])])
  func receiptIsTheTimeOfTheRecord(
    _ options: [String], _ environment: [String: String]
  ) async throws {
    let result = try await parse(Self.behind, options, environment)
    #expect(result.errorText == "")
    // The gas reading has its own time.
    #expect(
      result.records.map { $0["timestamp"] } == [
        "2027-01-23T10:01:01.500Z", "2026-11-23T09:55:00Z", "2027-01-23T10:02:01.500Z",
        "2026-11-23T09:55:00Z", "2027-01-23T10:03:01.500Z", "2026-11-23T09:55:00Z",
      ])
    // Without a stamp the time of the meter is used, right or wrong.
    let plain = SampleTelegram.numbered(1)
    #expect(try await parse(plain, options, environment).text == parse(plain).text)
    let meter = try await parse(Self.behind, ["-q", "--time", "meter"], environment)
    #expect(meter.text == (try await parse(Self.behind)).text)
  }

  // MARK: - A clock without a letter

  private static let summer = SampleTelegram.with([
    "1-0:0.9.1(203805)", "1-0:0.9.2(260910)", "0-0:96.1.0(39)", "1-0:1.7.0(00.500*kW)",
  ])

  @Test func stampTellsHowTheClockIsRead() async throws {
    for (stamp, instant) in [("18:38:04", "18:38:05"), ("19:38:04", "19:38:05")] {
      let result = try await parse("#2026-09-10T\(stamp)Z\n" + Self.summer)
      #expect(result.records.first?["timestamp"] == "2026-09-10T\(instant)Z")
      // The stamp has priority over the setting.
      for setting in ["True", "False"] {
        let set = try await parse(
          "#2026-09-10T\(stamp)Z\n" + Self.summer, [], ["P1_SUMMER_TIME": setting])
        #expect(set.text == result.text)
      }
    }
  }

  @Test(arguments: [
    ([], [:], "18"), (["--summer-time"], [:], "18"), (["--no-summer-time"], [:], "19"),
    ([], ["P1_SUMMER_TIME": "False"], "19"), ([], ["P1_SUMMER_TIME": "yes"], "18"),
    (["--summer-time"], ["P1_SUMMER_TIME": "no"], "18"),
  ])
  func settingTellsWithoutAStamp(
    _ options: [String], _ environment: [String: String], _ hour: String
  ) async throws {
    let result = try await parse(Self.summer, options, environment)
    #expect(result.records.first?["timestamp"] == "2026-09-10T\(hour):38:05Z")
    #expect(result.errorText == "")
  }
}
