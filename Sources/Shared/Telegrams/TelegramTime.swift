import Records

/// A time as meters print it, `YYMMDDhhmmssX` (TST of the P1 companion standards).
///
/// X is `S` while daylight saving time is in force and `W` otherwise: local time is UTC+2 and UTC+1
/// then, whatever the date, which settles the hour that autumn has twice. DSMR 2.2 and 3.0 print no
/// letter: civil time.
public enum TelegramTime {
  /// The instant that `text` names; nil where it is no time or stands for none, as a clock that
  /// was never set (`000101000000W`) and a reading that was never taken (`632525252525W`) do.
  public static func instant(_ text: Span<UInt8>) -> Timestamp? {
    guard text.count == 12 || text.count == 13, let year = text.number(0..<2),
      let month = text.number(2..<4), let day = text.number(4..<6), let hour = text.number(6..<8),
      let minute = text.number(8..<10), let second = text.number(10..<12),
      // 00 is a clock that was never set, 70 one that counts from 1970.
      (1..<70).contains(year),
      let civil = CivilTime(
        year: 2000 + year, month: month, day: day, hour: hour, minute: minute, second: second)
    else {
      return nil
    }
    guard text.count == 13 else { return CentralEuropeanTime.instant(of: civil) }
    switch text[12] {
    case UInt8(ascii: "S"), UInt8(ascii: "s"):
      return Timestamp(seconds: civil.secondsSinceEpoch - 7200)
    case UInt8(ascii: "W"), UInt8(ascii: "w"):
      return Timestamp(seconds: civil.secondsSinceEpoch - 3600)
    default: return nil
    }
  }
}
