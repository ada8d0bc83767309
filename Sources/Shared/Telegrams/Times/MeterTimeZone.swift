import Records

/// The offset of a meter's clock from UTC.
///
/// The offset is fixed in winter, and an hour more from 01:00 UTC on the last Sunday of March to
/// 01:00 UTC on the last Sunday of October, as in all of the European Union (directive 2000/84/EC).
public struct MeterTimeZone: Equatable, Sendable {
  /// In seconds ahead of UTC.
  public let winterOffset: Int
  /// Whether a time without a letter is daylight saving time in summer. Swedish meters show standard
  /// time all year.
  public var hasSummerTime: Bool

  /// In seconds ahead of UTC.
  public var summerOffset: Int { winterOffset + 3600 }

  /// - Parameter winterOffset: in seconds ahead of UTC; less than a day.
  public init(winterOffset: Int, hasSummerTime: Bool = true) {
    self.winterOffset = winterOffset
    self.hasSummerTime = hasSummerTime
  }

  /// UTC+1 in winter: the Netherlands and their neighbours.
  public static let centralEuropean = MeterTimeZone(winterOffset: 3600)

  /// The time zone of the meter that prints a telegram: UTC+2 for the manufacturer code of
  /// Lithuania's grid operator, UTC+1 for all others.
  init(of telegram: Span<UInt8>) {
    self = telegram.extracting(first: 4) == "/ESO" ? .easternEuropean : .centralEuropean
  }

  private static let easternEuropean = MeterTimeZone(winterOffset: 7200)

  /// The offset at an instant, in seconds ahead of UTC.
  public func offset(at instant: Timestamp) -> Int {
    guard hasSummerTime else { return winterOffset }
    let year = CivilTime(secondsSinceEpoch: instant.seconds).year
    let isSummer =
      MeterTimeZone.change(month: 3, of: year) <= instant.seconds
      && instant.seconds < MeterTimeZone.change(month: 10, of: year)
    return isSummer ? summerOffset : winterOffset
  }

  /// The instant at which the clock shows `civil`; the first one if it shows that twice.
  public func instant(of civil: CivilTime) -> Timestamp {
    let summer = civil.instant(ahead: summerOffset)
    return offset(at: summer) == summerOffset ? summer : civil.instant(ahead: winterOffset)
  }

  /// The seconds since 1970 of 01:00 UTC on the last Sunday of a month of 31 days.
  private static func change(month: Int, of year: Int) -> Int64 {
    let last = CivilTime.days(year: year, month: month, day: 31)
    // 1970-01-01 was a Thursday: day 3 was the first Sunday.
    let sunday = last - (last + 4) % 7
    return Int64(sunday) * 86_400 + 3600
  }
}
