/// A valid date and time of day, without a time zone.
public struct CivilTime: Hashable, Sendable {
  public let year: Int
  public let month: Int
  public let day: Int
  public let hour: Int
  public let minute: Int
  public let second: Int

  /// Nil if there is no such date or time of day in the years 1970 to 2199.
  public init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    guard
      (1970...2199).contains(year), (1...12).contains(month), day >= 1,
      day <= CivilTime.daysInMonth(month, year: year),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
    else {
      return nil
    }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The time `seconds` after 1970-01-01T00:00:00 in the same time zone.
  public init(secondsSinceEpoch seconds: Int64) {
    let days = Int(seconds.flooredQuotient(by: 86_400))
    let ofDay = Int(seconds - Int64(days) * 86_400)
    // Days are converted to a date by counting from 1 March of year 0 in cycles of 400 years, so
    // that the leap day is the last day of a year.
    let shifted = days + 719_468
    let cycle = shifted.flooredQuotient(by: 146_097)
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle =
      (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    hour = ofDay / 3600
    minute = ofDay / 60 % 60
    second = ofDay % 60
  }

  /// The seconds since 1970-01-01T00:00:00 in the same time zone.
  public var secondsSinceEpoch: Int64 {
    Int64(CivilTime.days(year: year, month: month, day: day)) * 86_400
      + Int64(hour * 3600 + minute * 60 + second)
  }

  /// Days from 1970-01-01 to a date.
  public static func days(year: Int, month: Int, day: Int) -> Int {
    let fromMarch = (month + 9) % 12
    let year = month <= 2 ? year - 1 : year
    let cycle = year.flooredQuotient(by: 400)
    let yearOfCycle = year - cycle * 400
    let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return cycle * 146_097 + dayOfCycle - 719_468
  }

  private static func daysInMonth(_ month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension BinaryInteger {
  /// The quotient rounded towards minus infinity.
  fileprivate func flooredQuotient(by divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
