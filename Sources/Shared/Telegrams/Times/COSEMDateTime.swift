import Records

/// A COSEM date-time (IEC 62056-6-2, "date_time"), twelve octets:
///
///     year (2), month, day, day of week, hour, minute, second, hundredths, deviation (2), status
///
/// FF, and 8000 for the deviation, mean that the meter does not tell.
public struct COSEMDateTime: Equatable, Sendable {
  public static let length = 12

  /// Local time.
  public let civil: CivilTime
  /// In minutes, UTC less local time; nil if the meter does not tell.
  public let deviation: Int?
  /// Whether it is daylight saving time; nil if the meter does not tell.
  public let isSummer: Bool?
  public let octets: [UInt8]

  /// Nil for other octets, for a clock that was never set, and for a time that the meter marks as invalid.
  public init?(_ octets: Span<UInt8>) {
    guard octets.count == COSEMDateTime.length else { return nil }
    let year = Int(octets[0]) << 8 | Int(octets[1])
    let (second, status) = (octets[7], octets[11])
    // The lowest bit of the status marks an invalid time.
    guard TelegramTime.years.contains(year),
      status == COSEMDateTime.unspecified || status & 1 == 0,
      let civil = CivilTime(
        year: year, month: Int(octets[2]), day: Int(octets[3]), hour: Int(octets[5]),
        minute: Int(octets[6]), second: second == COSEMDateTime.unspecified ? 0 : Int(second))
    else {
      return nil
    }
    let deviation = Int(Int16(truncatingIfNeeded: Int(octets[9]) << 8 | Int(octets[10])))
    self.civil = civil
    self.deviation = COSEMDateTime.deviations.contains(deviation) ? deviation : nil
    isSummer = status == COSEMDateTime.unspecified ? nil : status & 0x80 != 0
    self.octets = [UInt8](octets)
  }

  private static let unspecified: UInt8 = 0xFF

  /// Any other value means that the meter does not tell.
  private static let deviations = -840...720
}
