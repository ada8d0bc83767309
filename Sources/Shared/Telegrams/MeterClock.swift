import Records

/// The clock of a meter: how far what it shows is ahead of UTC.
///
/// In winter by a fixed offset, and from the last Sunday of March to the last Sunday of October, at
/// 01:00 UTC both, by an hour more: so all of the European Union has it (directive 2000/84/EC).
public struct MeterClock: Equatable, Sendable {
  /// How far it is ahead in winter, in seconds.
  public let winterOffset: Int

  /// How far it is ahead in summer, in seconds.
  public var summerOffset: Int { winterOffset + 3600 }

  /// - Parameter winterOffset: how far it is ahead in winter, in seconds; less than a day.
  public init(winterOffset: Int) {
    self.winterOffset = winterOffset
  }

  /// The clock of the Netherlands and their neighbours: UTC+1 in winter.
  public static let centralEuropean = MeterClock(winterOffset: 3600)

  /// How far the clock is ahead at an instant, in seconds.
  public func offset(at instant: Timestamp) -> Int {
    let year = CivilTime(secondsSinceEpoch: instant.seconds).year
    let isSummer =
      MeterClock.change(month: 3, of: year) <= instant.seconds
      && instant.seconds < MeterClock.change(month: 10, of: year)
    return isSummer ? summerOffset : winterOffset
  }

  /// The instant at which the clock shows `civil`: the first one, where it shows that twice.
  public func instant(of civil: CivilTime) -> Timestamp {
    let summer = Timestamp(seconds: civil.secondsSinceEpoch - Int64(summerOffset))
    return offset(at: summer) == summerOffset
      ? summer : Timestamp(seconds: civil.secondsSinceEpoch - Int64(winterOffset))
  }

  /// When the clocks change: 01:00 UTC of the last Sunday of a month of 31 days.
  private static func change(month: Int, of year: Int) -> Int64 {
    let last = CivilTime.days(year: year, month: month, day: 31)
    // 1970-01-01 was a Thursday: day 3 was the first Sunday.
    let sunday = last - (last + 4) % 7
    return Int64(sunday) * 86_400 + 3600
  }
}
