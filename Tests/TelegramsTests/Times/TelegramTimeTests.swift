import Foundation
import Records
import Telegrams
import TestValues
import Testing

@Suite struct TelegramTimeTests {
  private func read(_ text: String) -> String? {
    TelegramTime.instant(text.bytes.span)?.description
  }

  @Test(arguments: [
    ("240630235959S", "2024-06-30T21:59:59Z"), ("240630235959s", "2024-06-30T21:59:59Z"),
    ("240101000000W", "2023-12-31T23:00:00Z"), ("240101000000w", "2023-12-31T23:00:00Z"),
    // The letter counts, not the date: some meters stay on winter time.
    ("240630235959W", "2024-06-30T22:59:59Z"),
    // The hour that autumn has twice, and the one that spring skips.
    ("161030020000S", "2016-10-30T00:00:00Z"), ("161030020000W", "2016-10-30T01:00:00Z"),
    ("161030025959S", "2016-10-30T00:59:59Z"), ("161030025959W", "2016-10-30T01:59:59Z"),
    ("160327015959W", "2016-03-27T00:59:59Z"), ("160327030000S", "2016-03-27T01:00:00Z"),
    ("160229120000W", "2016-02-29T11:00:00Z"), ("591231235959W", "2059-12-31T22:59:59Z"),
    ("010101000000W", "2000-12-31T23:00:00Z"),
  ])
  func letterDecidesTheOffset(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    ("110315140000", "2011-03-15T13:00:00Z"), ("120704210000", "2012-07-04T19:00:00Z"),
    ("160327015959", "2016-03-27T00:59:59Z"), ("160327030000", "2016-03-27T01:00:00Z"),
    ("161030015959", "2016-10-29T23:59:59Z"),
    // The double hour: the first one.
    ("161030020000", "2016-10-30T00:00:00Z"), ("161030025959", "2016-10-30T00:59:59Z"),
    ("161030030000", "2016-10-30T02:00:00Z"),
    // The hour that spring skips: a clock that has not changed yet.
    ("160327023000", "2016-03-27T01:30:00Z"),
    // The letter T, which means civil time.
    ("220201000000T", "2022-01-31T23:00:00Z"), ("220701000000T", "2022-06-30T22:00:00Z"),
  ])
  func timeWithoutLetterIsCivil(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    // Its own offset, east and west, overrides the status.
    ("07E8061C050A2B2B00FF8880", "2024-06-28T08:43:43Z"),
    ("07E8061C050A2B2B00FF8800", "2024-06-28T08:43:43Z"),
    ("07E8061C050A2B2B00012C00", "2024-06-28T15:43:43Z"),
    ("07e8061cff0a2b2bffff88ff", "2024-06-28T08:43:43Z"),
    // Without an offset, the status decides on daylight saving time; without a status, civil time.
    ("07E8061C050A2B2B00800080", "2024-06-28T08:43:43Z"),
    ("07E8061C050A2B2B00800000", "2024-06-28T09:43:43Z"),
    ("07E8061C050A2B2B008000FF", "2024-06-28T08:43:43Z"),
    ("07E80A1B07021E0000800080", "2024-10-27T00:30:00Z"),
    ("07E80A1B07021E0000800000", "2024-10-27T01:30:00Z"),
    // An unspecified second.
    ("07E8061C050A2BFF00FF8880", "2024-06-28T08:43:00Z"),
  ])
  func cosemTimeHasItsOwnOffset(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    // An unspecified date, hour or minute; a clock never set; an invalid time.
    "FFFF061C050A2B2B00FF8880", "07E8FF1C050A2B2B00FF8880", "07E806FF050A2B2B00FF8880",
    "07E8061C05FF2B2B00FF8880", "07E8061C050AFF2B00FF8880", "07D00101FF00000000FFC400",
    "07B20101FF00000000FFC400", "07E8061C050A2B2B00FF8881", "000000000000000000000000",
    "07E8021E050A2B2B00FF8880", "07E8061C050A2B2B00FF88", "07E8061C050A2B2B00FF888G",
    "07E8061C050A2B2B00FF888000",
  ])
  func cosemTimeMayBeUnset(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test(arguments: [
    ("240630235959S", 7200, "2024-06-30T20:59:59Z"),
    ("240630235959W", 7200, "2024-06-30T21:59:59Z"),
    ("240630235959", 7200, "2024-06-30T20:59:59Z"), ("240101000000", 7200, "2023-12-31T22:00:00Z"),
    // Finland and Lithuania change their clocks when the rest of Europe does.
    ("161030033000", 7200, "2016-10-30T00:30:00Z"), ("161030035959W", 7200, "2016-10-30T01:59:59Z"),
    ("161030043000", 7200, "2016-10-30T02:30:00Z"), ("240101000000W", 0, "2024-01-01T00:00:00Z"),
    ("240101000000W", -12_600, "2024-01-01T03:30:00Z"),
  ])
  func timeZoneDecidesTheOffsetOfALetter(_ text: String, _ offset: Int, _ expected: String) {
    let timeZone = MeterTimeZone(winterOffset: offset)
    let instant = TelegramTime.instant(text.bytes.span, in: timeZone)
    #expect(instant?.description == expected)
  }

  @Test(arguments: [
    "632525252525W", "632525252525S", "000000000000W", "000101000000W", "000101010000W",
    "000101000001W", "700101010000W", "250000000000W", "123412341234W", "991332256199S",
    "000101000000", "700101010000", "632525252525", "681027120000S", "600101000000W",
  ])
  func sentinelsAreUnset(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test(arguments: [
    "", "2406302359", "24063023595", "240630235959SS", "240630235959X", "240630235959 ",
    "24O630235959S", "240230000000W", "240630240000S", "240630236000S", "240630235960S",
    "-40630235959S", "2024-06-30T00:00:00Z",
  ])
  func otherTextIsNoTime(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test func everyInstantIsReadAsTheMeterPrintsIt() {
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<2000 {
      // 2001-01-02 to 2059-12-30.
      let instant = Timestamp(
        seconds: Int64.random(in: 978_393_600...2_840_054_400, using: &generator))
      let offset = MeterTimeZone.centralEuropean.offset(at: instant)
      let civil = CivilTime(secondsSinceEpoch: instant.seconds + Int64(offset))
      var text: [UInt8] = []
      for number in [
        civil.year - 2000, civil.month, civil.day, civil.hour, civil.minute, civil.second,
      ] {
        text.append(number, digits: 2)
      }
      text.append(offset == 7200 ? UInt8(ascii: "S") : UInt8(ascii: "W"))
      let read = TelegramTime.instant(text.span)
      #expect(read == instant, "\(text.text)")
    }
  }

  @Test func randomBytesAreATimeOrNone() {
    var generator = SeededGenerator(seed: 22)
    for _ in 0..<3000 {
      let bytes = generator.bytes(0...16)
      _ = TelegramTime.instant(bytes.span)
      let digits = generator.bytes(12...12, from: "0123456789".bytes) + [UInt8(ascii: "S")]
      if let instant = TelegramTime.instant(digits.span) {
        #expect((2000...2059).contains(CivilTime(secondsSinceEpoch: instant.seconds).year))
      }
    }
  }
}

@Suite struct MeterClockTests {
  private static let zone = TimeZone(identifier: "Europe/Amsterdam")

  @Test func offsetIsThatOfAmsterdamAroundEveryChange() throws {
    let zone = try #require(MeterClockTests.zone)
    var changes = 0
    // Foundation's tables end in 2037 and go on by rule.
    for year in 2000...2068 {
      for month in [3, 10] {
        let first = Int64(CivilTime.days(year: year, month: month, day: 24)) * 86_400
        var before = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: first))
        for hour in 0..<(9 * 24) {
          let seconds = first + Int64(hour) * 3600
          let offset = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: seconds))
          let date = Date(timeIntervalSince1970: Double(seconds))
          #expect(offset == zone.secondsFromGMT(for: date), "\(date)")
          if offset != before { changes += 1 }
          before = offset
        }
      }
    }
    #expect(changes == 69 * 2)
  }

  @Test func offsetIsThatOfAmsterdamAllYear() throws {
    let zone = try #require(MeterClockTests.zone)
    for day in 0..<(30 * 366) {
      let seconds = 946_684_800 + Int64(day) * 86_400
      let offset = MeterTimeZone.centralEuropean.offset(at: Timestamp(seconds: seconds))
      #expect(
        offset == zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
  }

  @Test func instantIsTheFirstOfTwo() {
    for year in 2000...2068 {
      for month in [3, 10] {
        let first = Int64(CivilTime.days(year: year, month: month, day: 24)) * 86_400
        var shown: [CivilTime: Timestamp] = [:]
        for half in 0..<(8 * 48) {
          let instant = Timestamp(seconds: first + Int64(half) * 1800)
          let offset = Int64(MeterTimeZone.centralEuropean.offset(at: instant))
          let civil = CivilTime(secondsSinceEpoch: instant.seconds + offset)
          if shown[civil] == nil { shown[civil] = instant }
        }
        #expect(shown.count == (month == 10 ? 8 * 48 - 2 : 8 * 48))
        for (civil, instant) in shown {
          let found = MeterTimeZone.centralEuropean.instant(of: civil)
          // The hour after the double one may have begun before the first instant.
          if found != instant { Issue.record("\(civil): \(found), not \(instant)") }
        }
      }
    }
  }
}
