import Records

/// A time as meters print it, `YYMMDDhhmmssX` (TST of the P1 companion standards).
///
/// X is `S` in daylight saving time and `W` otherwise, so the time is also unambiguous in the hour
/// that autumn has twice. DSMR 2.2 and 3.0 print no letter, some meters print `T`: civil time, without
/// its offset from UTC. Some meters print a COSEM date-time in hexadecimal, which has its own offset.
public enum TelegramTime {
  /// What a text in the form of a time means.
  enum Reading {
    case instant(Timestamp)
    /// A local time without its offset from UTC.
    case civil(CivilTime)
    /// A clock that was never set (`000101000000W`), or a reading that was never taken
    /// (`632525252525W`).
    case unset
  }

  /// The meaning of `text`; nil if it does not have the form of a time.
  static func reading(_ text: Span<UInt8>, in timeZone: MeterTimeZone) -> Reading? {
    guard let letter = letter(text), let date = number(text, 0), let time = number(text, 6) else {
      return cosemReading(text, in: timeZone)
    }
    guard let civil = civil(date: date, time: time) else { return .unset }
    return switch letter {
    case .summer: .instant(civil.instant(ahead: timeZone.summerOffset))
    case .winter: .instant(civil.instant(ahead: timeZone.winterOffset))
    case .civil: .civil(civil)
    }
  }

  /// The instant that `text` names; nil if it is no time or an unset one.
  public static func instant(
    _ text: Span<UInt8>, in timeZone: MeterTimeZone = .centralEuropean
  ) -> Timestamp? {
    switch reading(text, in: timeZone) {
    case .instant(let instant): instant
    case .civil(let civil): timeZone.instant(of: civil)
    case .unset, nil: nil
    }
  }

  /// The civil time of a date `YYMMDD` and a time of day `hhmmss`, which some meters print on two
  /// lines; nil if they are no such texts.
  static func civil(date: Span<UInt8>, time: Span<UInt8>) -> CivilTime? {
    guard hasDateOrTimeForm(date), hasDateOrTimeForm(time), let date = number(date, 0),
      let time = number(time, 0)
    else {
      return nil
    }
    return civil(date: date, time: time)
  }

  /// The instant of `YY-MM-DD hh:mm:ss`, which meters older than DSMR print.
  static func instant(dashed text: Span<UInt8>, in timeZone: MeterTimeZone) -> Timestamp? {
    let separators = [UInt8]("-- ::".utf8)
    guard text.count == 17, separators.indices.allSatisfy({ text[3 * $0 + 2] == separators[$0] })
    else {
      return nil
    }
    let digits = text.indices.filter { $0 % 3 != 2 }.map { text[$0] }
    return instant(digits.span, in: timeZone)
  }

  /// Whether `text` is a time without its offset from UTC.
  static func isCivil(_ text: Span<UInt8>, in timeZone: MeterTimeZone) -> Bool {
    if case .civil = reading(text, in: timeZone) { true } else { false }
  }

  /// Whether `text` has the form of a time, valid or not.
  static func hasForm(_ text: Span<UInt8>) -> Bool {
    reading(text, in: .centralEuropean) != nil
  }

  /// Whether `text` is what some meters print instead of a time, as for an unused M-Bus channel: `(0)`.
  static func isAbsent(_ text: Span<UInt8>) -> Bool { text.number == 0 && text.count < 6 }

  /// Whether `text` is the digits of a time without the letter.
  static func hasTwelveDigits(_ text: Span<UInt8>) -> Bool {
    text.count == 12 && text.number != nil
  }

  /// Whether `byte` is a letter that can follow the digits of a time.
  static func isLetter(_ byte: UInt8) -> Bool { meaning(ofLetter: byte) != nil }

  /// The meaning of the letter after the digits.
  private enum Letter {
    case summer, winter
    /// No letter, or `T`.
    case civil
  }

  /// Nil if the text is too long or too short for a time, or has another letter.
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
  static func hasDateOrTimeForm(_ text: Span<UInt8>) -> Bool {
    text.count == 6 && number(text, 0) != nil
  }

  /// The number of six digits.
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

  /// A clock that was never set shows 2000 or 1970; a reading that was never taken has the year 63, 68
  /// or 99.
  static let years = 2001..<2060

  // MARK: - COSEM date-time

  /// A ``COSEMDateTime``, printed in hexadecimal: `07E8061C050A2B2B00FF8880` is 2024-06-28 10:43:43 local
  /// time, 120 minutes ahead of UTC.
  private static func cosemReading(_ text: Span<UInt8>, in timeZone: MeterTimeZone) -> Reading? {
    guard text.count == 2 * COSEMDateTime.length else { return nil }
    var octets = InlineArray<12, UInt8>(repeating: 0)
    for index in octets.indices {
      guard let high = text[2 * index].hexadecimalDigit,
        let low = text[2 * index + 1].hexadecimalDigit
      else {
        return nil
      }
      octets[index] = high << 4 | low
    }
    guard let time = COSEMDateTime(octets.span) else { return .unset }
    switch (time.deviation, time.isSummer) {
    case (let deviation?, _): return .instant(time.civil.instant(ahead: -60 * deviation))
    case (nil, nil): return .civil(time.civil)
    case (nil, let isSummer?):
      return .instant(
        time.civil.instant(ahead: isSummer ? timeZone.summerOffset : timeZone.winterOffset))
    }
  }
}

extension CivilTime {
  /// The instant at which a clock `offset` seconds ahead of UTC shows this time.
  func instant(ahead offset: Int) -> Timestamp {
    Timestamp(seconds: secondsSinceEpoch - Int64(offset))
  }
}
