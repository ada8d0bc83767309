import Records

/// A time as meters print it, `YYMMDDhhmmssX` (TST of the P1 companion standards).
///
/// X is `S` while daylight saving time is in force and `W` otherwise: it tells how far the clock is
/// ahead of UTC whatever the date, which settles the hour that autumn has twice. DSMR 2.2 and 3.0
/// print no letter: civil time. So does a meter that prints `T`. Some meters print a COSEM date-time in
/// hexadecimal, which has an offset of its own.
public enum TelegramTime {
  /// What a text of the form of a time says.
  enum Reading {
    case instant(Timestamp)
    /// What the clock showed, and not how far it was ahead of UTC.
    case civil(CivilTime)
    /// Nothing: a clock that was never set (`000101000000W`), a reading that was never taken
    /// (`632525252525W`).
    case unset
  }

  /// What `text`, printed by `clock`, says; nil where it has not the form of a time.
  static func reading(_ text: Span<UInt8>, by clock: MeterClock) -> Reading? {
    guard let letter = letter(text), let date = number(text, 0), let time = number(text, 6) else {
      return cosemReading(text, by: clock)
    }
    guard let civil = civil(date: date, time: time) else { return .unset }
    return switch letter {
    case .summer: .instant(civil.instant(ahead: clock.summerOffset))
    case .winter: .instant(civil.instant(ahead: clock.winterOffset))
    case .civil: .civil(civil)
    }
  }

  /// The instant that `text`, printed by `clock`, names; nil where it is no time or stands for none.
  public static func instant(
    _ text: Span<UInt8>, by clock: MeterClock = .centralEuropean
  ) -> Timestamp? {
    switch reading(text, by: clock) {
    case .instant(let instant): instant
    case .civil(let civil): clock.instant(of: civil)
    case .unset, nil: nil
    }
  }

  /// What a date `YYMMDD` and a time `hhmmss` say together, as some meters print them on two lines;
  /// nil where they are none.
  static func civil(date: Span<UInt8>, time: Span<UInt8>) -> CivilTime? {
    guard hasHalfForm(date), hasHalfForm(time), let date = number(date, 0),
      let time = number(time, 0)
    else {
      return nil
    }
    return civil(date: date, time: time)
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

  /// Whether `text` is a time that does not say how far the clock was ahead of UTC.
  static func isLetterless(_ text: Span<UInt8>, by clock: MeterClock) -> Bool {
    if case .civil = reading(text, by: clock) { true } else { false }
  }

  /// Whether `text` has the form of a time, be it one or not.
  static func hasForm(_ text: Span<UInt8>) -> Bool {
    reading(text, by: .centralEuropean) != nil
  }

  /// Whether `text` is what some meters print where they have no time, as in an empty slot: `(0)`.
  static func isAbsent(_ text: Span<UInt8>) -> Bool { text.number == 0 && text.count < 6 }

  /// Whether `text` is the digits of a time without the letter that stands behind them.
  static func lacksLetter(_ text: Span<UInt8>) -> Bool {
    text.count == 12 && text.number != nil
  }

  /// Whether `byte` is a letter that can stand behind the digits of a time.
  static func isLetter(_ byte: UInt8) -> Bool { meaning(ofLetter: byte) != nil }

  /// What the letter behind the digits says.
  private enum Letter {
    case summer, winter
    /// Nothing: there is none, or `T`.
    case civil
  }

  /// Nil for what is too long or too short for a time, and for another letter.
  private static func letter(_ text: Span<UInt8>) -> Letter? {
    guard text.count == 13 else { return text.count == 12 ? .civil : nil }
    return meaning(ofLetter: text[12])
  }

  private static func meaning(ofLetter byte: UInt8) -> Letter? {
    switch byte | 0x20 {
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
    let year = 2000 + date / 10_000
    guard years.contains(year) else { return nil }
    return CivilTime(
      year: year, month: date / 100 % 100, day: date % 100,
      hour: time / 10_000, minute: time / 100 % 100, second: time % 100)
  }

  /// 2000 is a clock that was never set, 1970 one that counts from there; 63, 68 and 99 are seen where a
  /// reading was never taken.
  private static let years = 2001..<2060

  // MARK: - As COSEM has it

  /// The twelve octets of a COSEM date-time (IEC 62056-6-2, "date_time"), printed in hexadecimal:
  /// `07E8061C050A2B2B00FF8880` is 2024-06-28 10:43:43, and UTC is that less 120 minutes.
  ///
  /// Year (2), month, day, day of the week, hour, minute, second, hundredths, deviation (2), status.
  private static func cosemReading(_ text: Span<UInt8>, by clock: MeterClock) -> Reading? {
    guard text.count == 24 else { return nil }
    var octets = InlineArray<12, Int>(repeating: 0)
    for index in octets.indices {
      guard let high = text[2 * index].hexadecimalDigit,
        let low = text[2 * index + 1].hexadecimalDigit
      else {
        return nil
      }
      octets[index] = Int(high) << 4 | Int(low)
    }
    let (year, status) = (octets[0] << 8 | octets[1], octets[11])
    // A second may be unspecified; the lowest bit of the status says that the time is invalid.
    guard years.contains(year), status == unspecified || status & 1 == 0,
      let civil = CivilTime(
        year: year, month: octets[2], day: octets[3], hour: octets[5], minute: octets[6],
        second: octets[7] == unspecified ? 0 : octets[7])
    else {
      return .unset
    }
    let deviation = Int(Int16(truncatingIfNeeded: octets[9] << 8 | octets[10]))
    if deviations.contains(deviation) { return .instant(civil.instant(ahead: -60 * deviation)) }
    if status == unspecified { return .civil(civil) }
    // The highest bit: daylight saving time is in force.
    let isSummer = status & 0x80 != 0
    return .instant(civil.instant(ahead: isSummer ? clock.summerOffset : clock.winterOffset))
  }

  private static let unspecified = 0xFF

  /// The minutes that UTC can be ahead of local time; any other, and 0x8000, is unspecified.
  private static let deviations = -840...720
}

extension CivilTime {
  /// The instant at which a clock showed it that was so many seconds ahead of UTC.
  func instant(ahead offset: Int) -> Timestamp {
    Timestamp(seconds: secondsSinceEpoch - Int64(offset))
  }
}
