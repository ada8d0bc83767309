import Records
import Testing

@testable import p1influx

/// How exact the time of a point is.
@Suite struct PrecisionTests {
  @Test(
    arguments: zip(
      Precision.allCases,
      [1_768_478_400_123_456_789, 1_768_478_400_123_456, 1_768_478_400_123, 1_768_478_400]))
  func timeIsInItsUnits(_ precision: Precision, _ time: Int64) {
    let timestamp = Timestamp(seconds: 1_768_478_400, nanoseconds: 123_456_789)
    #expect(precision.time(of: timestamp) == time)
    let last = Timestamp(seconds: 7_258_118_399, nanoseconds: 999_999_999)
    #expect("\(precision.time(of: last))".hasPrefix("7258118399"))
    #expect(precision.time(of: Timestamp(seconds: 0)) == 0)
  }

  @Test(arguments: Precision.allCases)
  func equallyLongTimesHaveAsManyDigits(_ precision: Precision) {
    let first = precision.time(of: Timestamp(seconds: 1_000_000_000))
    let last = precision.time(of: Timestamp(seconds: 7_258_118_399, nanoseconds: 999_999_999))
    #expect(precision.equallyLongTimes.contains(first) && precision.equallyLongTimes.contains(last))
    #expect(!precision.equallyLongTimes.contains(first - 1))
    #expect("\(first)".count == "\(last)".count)
  }

  @Test func eachVersionHasItsNames() {
    #expect(Precision.allCases.map(\.rawValue) == ["ns", "us", "ms", "s"])
    #expect(Precision.allCases.map(\.version1) == ["n", "u", "ms", "s"])
    #expect(
      Precision.allCases.map(\.version3) == [
        "nanosecond", "microsecond", "millisecond", "second",
      ])
  }
}
