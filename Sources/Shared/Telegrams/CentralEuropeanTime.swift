import Records

/// The civil time of the Netherlands and its neighbours: UTC+1, and UTC+2 from the last Sunday of
/// March to the last Sunday of October, both at 01:00 UTC (directive 2000/84/EC).
public enum CentralEuropeanTime {
  /// How far the clocks are ahead of UTC at an instant, in seconds: 3600 or 7200.
  public static func offset(at instant: Timestamp) -> Int {
    let year = CivilTime(secondsSinceEpoch: instant.seconds).year
    let isSummer =
      change(month: 3, of: year) <= instant.seconds && instant.seconds < change(month: 10, of: year)
    return isSummer ? 7200 : 3600
  }

  /// The instant at which clocks show `civil`: the first one, where they show it twice.
  public static func instant(of civil: CivilTime) -> Timestamp {
    let summer = Timestamp(seconds: civil.secondsSinceEpoch - 7200)
    return offset(at: summer) == 7200
      ? summer : Timestamp(seconds: civil.secondsSinceEpoch - 3600)
  }

  /// When the clocks change: 01:00 UTC of the last Sunday of a month of 31 days.
  private static func change(month: Int, of year: Int) -> Int64 {
    let last = CivilTime.days(year: year, month: month, day: 31)
    // 1970-01-01 was a Thursday: day 3 was the first Sunday.
    let sunday = last - (last + 4) % 7
    return Int64(sunday) * 86_400 + 3600
  }
}
