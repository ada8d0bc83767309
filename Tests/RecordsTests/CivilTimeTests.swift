import Foundation
import Records
import TestValues
import Testing

@Suite struct CivilTimeTests {
  private static let calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  @Test func everyDayFrom1970To2199IsOneAfterTheOther() throws {
    var expected = 0
    for year in 1970...2199 {
      for month in 1...12 {
        var day = 1
        while let civil = CivilTime(
          year: year, month: month, day: day, hour: 12, minute: 34, second: 56)
        {
          let days = CivilTime.days(year: year, month: month, day: day)
          let seconds = Int64(expected) * 86_400 + 45_296
          guard days == expected, civil.secondsSinceEpoch == seconds,
            CivilTime(secondsSinceEpoch: seconds) == civil
          else {
            Issue.record("\(year)-\(month)-\(day) is day \(days), not \(expected)")
            return
          }
          expected += 1
          day += 1
        }
        #expect((28...31).contains(day - 1))
      }
    }
    // 230 years with 56 leap days: 2100 has none.
    #expect(expected == 230 * 365 + 56)
  }

  @Test func monthsEndAsInTheCalendarOfFoundation() throws {
    for year in 1970...2199 {
      for month in 1...12 {
        let first = DateComponents(year: year, month: month, day: 1)
        let date = try #require(CivilTimeTests.calendar.date(from: first))
        #expect(
          Int(date.timeIntervalSince1970) == CivilTime.days(year: year, month: month, day: 1)
            * 86_400)
        let days = try #require(CivilTimeTests.calendar.range(of: .day, in: .month, for: date))
        let last = days.count
        #expect(
          CivilTime(year: year, month: month, day: last, hour: 23, minute: 59, second: 59) != nil)
        #expect(
          CivilTime(year: year, month: month, day: last + 1, hour: 0, minute: 0, second: 0) == nil)
      }
    }
  }

  @Test(arguments: [
    (1969, 12, 31, 23, 59, 59), (2200, 1, 1, 0, 0, 0), (2026, 0, 1, 0, 0, 0),
    (2026, 13, 1, 0, 0, 0), (2026, 1, 0, 0, 0, 0), (2026, 1, 1, 24, 0, 0), (2026, 1, 1, -1, 0, 0),
    (2026, 1, 1, 0, 60, 0), (2026, 1, 1, 0, 0, 60), (2026, 1, 1, 0, 0, -1),
  ])
  func whatNoCalendarOrClockShowsIsNone(
    _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int
  ) {
    #expect(
      CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        == nil)
  }

  @Test func secondsBefore1970CountBackwards() {
    let civil = CivilTime(secondsSinceEpoch: -1)
    #expect(civil.year == 1969 && civil.month == 12 && civil.day == 31)
    #expect(civil.hour == 23 && civil.minute == 59 && civil.second == 59)
    #expect(civil.secondsSinceEpoch == -1)
  }
}
