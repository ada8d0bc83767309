import Records

/// A time as meters print it, `YYMMDDhhmmssX` (TST of the P1 companion standards).
///
/// X is `S` while daylight saving time is in force and `W` otherwise: it tells how far the clock is
/// ahead of UTC whatever the date, which settles the hour that autumn has twice. DSMR 2.2 and 3.0
/// print no letter: civil time. So does a meter that prints `T`.
public enum TelegramTime {
  /// The instant that `text`, printed by `clock`, names; nil where it is no time or stands for none,
  /// as a clock that was never set (`000101000000W`) and a reading that was never taken
  /// (`632525252525W`) do.
  public static func instant(
    _ text: Span<UInt8>, by clock: MeterClock = .centralEuropean
  ) -> Timestamp? {
    guard let letter = letter(text), let date = number(text, 0), let time = number(text, 6),
      let civil = civil(date: date, time: time)
    else {
      return nil
    }
    return switch letter {
    case .summer: Timestamp(seconds: civil.secondsSinceEpoch - Int64(clock.summerOffset))
    case .winter: Timestamp(seconds: civil.secondsSinceEpoch - Int64(clock.winterOffset))
    case .civil: clock.instant(of: civil)
    }
  }

  /// The instant that a date `YYMMDD` and a time `hhmmss` name together, as some meters print them
  /// on two lines.
  static func instant(
    date: Span<UInt8>, time: Span<UInt8>, by clock: MeterClock
  ) -> Timestamp? {
    guard hasHalfForm(date), hasHalfForm(time), let date = number(date, 0),
      let time = number(time, 0)
    else {
      return nil
    }
    return civil(date: date, time: time).map(clock.instant(of:))
  }

  /// The instant that `YY-MM-DD hh:mm:ss` names, as meters from before DSMR print it.
  static func instant(dashed text: Span<UInt8>, by clock: MeterClock) -> Timestamp? {
    let separators = [UInt8]("-- ::".utf8)
    guard text.count == 17, separators.indices.allSatisfy({ text[3 * $0 + 2] == separators[$0] })
    else {
      return nil
    }
    let digits = text.indices.filter { $0 % 3 != 2 }.map { text[$0] }
    return instant(digits.span, by: clock)
  }

  /// Whether `text` has the form of a time, be it one or not.
  static func hasForm(_ text: Span<UInt8>) -> Bool {
    letter(text) != nil && number(text, 0) != nil && number(text, 6) != nil
  }

  /// What the letter behind the digits says.
  private enum Letter {
    case summer, winter
    /// Nothing: there is none, or `T`.
    case civil
  }

  /// Nil for what is too long or too short for a time, and for another letter.
  private static func letter(_ text: Span<UInt8>) -> Letter? {
    guard text.count == 13 else { return text.count == 12 ? .civil : nil }
    return switch text[12] | 0x20 {
    case UInt8(ascii: "s"): .summer
    case UInt8(ascii: "w"): .winter
    case UInt8(ascii: "t"): .civil
    default: nil
    }
  }

  /// Whether `text` has the form of a date or a time of day on a line of its own.
  static func hasHalfForm(_ text: Span<UInt8>) -> Bool {
    text.count == 6 && number(text, 0) != nil
  }

  /// Six digits.
  private static func number(_ text: Span<UInt8>, _ start: Int) -> Int? {
    text.number(start..<(start + 6))
  }

  private static func civil(date: Int, time: Int) -> CivilTime? {
    // 00 is a clock that was never set, 70 one that counts from 1970; 63, 68 and 99 are seen where
    // a reading was never taken.
    guard (1..<60).contains(date / 10_000) else { return nil }
    return CivilTime(
      year: 2000 + date / 10_000, month: date / 100 % 100, day: date % 100,
      hour: time / 10_000, minute: time / 100 % 100, second: time % 100)
  }
}
