import Records

/// The clock of a meter: how far what it shows is ahead of UTC.
///
/// In winter by a fixed offset, and from the last Sunday of March to the last Sunday of October, at
/// 01:00 UTC both, by an hour more: so all of the European Union has it (directive 2000/84/EC).
public struct MeterClock: Equatable, Sendable {
  /// How far it is ahead in winter, in seconds.
  public let winterOffset: Int
  /// Whether it is put on in summer: what a time says that has no letter behind it. Swedish meters show
  /// normal time all year.
  public var changesInSummer: Bool

  /// How far it is ahead in summer, in seconds.
  public var summerOffset: Int { winterOffset + 3600 }

  /// - Parameters:
  ///   - winterOffset: how far it is ahead in winter, in seconds; less than a day.
  ///   - changesInSummer: whether it is put on in summer.
  public init(winterOffset: Int, changesInSummer: Bool = true) {
    self.winterOffset = winterOffset
    self.changesInSummer = changesInSummer
  }

  /// The clock of the Netherlands and their neighbours: UTC+1 in winter.
  public static let centralEuropean = MeterClock(winterOffset: 3600)

  /// The clock of the meter that prints a telegram: Lithuania's grid operator has a manufacturer's code
  /// of its own, and its clocks are an hour further ahead.
  init(of telegram: Span<UInt8>) {
    self = telegram.extracting(first: 4) == "/ESO" ? .easternEuropean : .centralEuropean
  }

  private static let easternEuropean = MeterClock(winterOffset: 7200)

  /// How far the clock is ahead at an instant, in seconds.
  public func offset(at instant: Timestamp) -> Int {
    guard changesInSummer else { return winterOffset }
    let year = CivilTime(secondsSinceEpoch: instant.seconds).year
    let isSummer =
      MeterClock.change(month: 3, of: year) <= instant.seconds
      && instant.seconds < MeterClock.change(month: 10, of: year)
    return isSummer ? summerOffset : winterOffset
  }

  /// The instant at which the clock shows `civil`: the first one, where it shows that twice.
  public func instant(of civil: CivilTime) -> Timestamp {
    let summer = civil.instant(ahead: summerOffset)
    return offset(at: summer) == summerOffset ? summer : civil.instant(ahead: winterOffset)
  }

  /// When the clocks change: 01:00 UTC of the last Sunday of a month of 31 days.
  private static func change(month: Int, of year: Int) -> Int64 {
    let last = CivilTime.days(year: year, month: month, day: 31)
    // 1970-01-01 was a Thursday: day 3 was the first Sunday.
    let sunday = last - (last + 4) % 7
    return Int64(sunday) * 86_400 + 3600
  }
}
