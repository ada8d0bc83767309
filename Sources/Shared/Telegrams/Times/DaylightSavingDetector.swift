import Records

/// Decides which instant a time without a letter is: whether the meter's clock changes to daylight saving
/// time, and which of the two hours in autumn it shows. A time with a letter, S or W, is read by ``TelegramTime``.
///
/// A telegram without a time of receipt is read as the setting says (``MeterTimeZone``), or as the earlier
/// telegrams of the same meter were decided.
///
/// In summer `21:38` can be daylight saving time or, an hour later, standard time; in the hour that
/// autumn has twice it is ambiguous too. The instant that is near the time of receipt is the
/// right one. Each telegram with a time of receipt is decided by itself, so a capture can be cut
/// anywhere; only if its time of receipt does not decide is it read like the telegrams before it.
///
/// The instants of a meter run backwards only if its clock does.
struct DaylightSavingDetector {
  /// In seconds. A time of receipt that is further off decides nothing: the clock or the stamp is wrong.
  private static let tolerance: Int64 = 900
  /// In the hour that autumn has twice. The two instants are an hour apart.
  private static let toleranceInAmbiguousHour: Int64 = 1800

  private struct Meter {
    let name: [UInt8]
    /// Nil if no time of receipt has decided it.
    var hasSummerTime: Bool?
    /// The last civil time, in seconds, and its instant.
    var shown: Int64
    var instant: Timestamp
  }

  /// The last meters with a time of receipt, limited as a hostile input can name any number.
  private var meters: [Meter] = []
  private static let maximumCount = 16

  /// Whether there was no time of receipt yet, so that times are read by the setting alone.
  var isEmpty: Bool { meters.isEmpty }

  /// The instant of the civil time in a telegram.
  ///
  /// - Parameters:
  ///   - receivedAt: the time of receipt, if known.
  ///   - timeZone: that of the setting. Its ``MeterTimeZone/hasSummerTime`` is replaced by that of
  ///     the meter's clock, if known.
  ///   - name: identifies the meter.
  mutating func instant(
    of civil: CivilTime, receivedAt: Timestamp?, in timeZone: inout MeterTimeZone,
    ofMeter name: [UInt8]
  ) -> Timestamp {
    let index = meters.firstIndex { $0.name == name }
    guard receivedAt != nil || index != nil else { return timeZone.instant(of: civil) }
    var hasSummerTime = index.map { meters[$0].hasSummerTime } ?? nil
    timeZone.hasSummerTime = hasSummerTime ?? timeZone.hasSummerTime
    var instant = timeZone.instant(of: civil)
    let standard = civil.instant(ahead: timeZone.winterOffset)
    let daylightSaving = civil.instant(ahead: timeZone.summerOffset)
    let seasonalZone = MeterTimeZone(winterOffset: timeZone.winterOffset)
    if seasonalZone.instant(of: civil) == daylightSaving {
      // In the hour that autumn has twice, a clock with daylight saving time shows both instants.
      let isAmbiguous = seasonalZone.offset(at: standard) == seasonalZone.winterOffset
      let tolerance =
        isAmbiguous
        ? DaylightSavingDetector.toleranceInAmbiguousHour : DaylightSavingDetector.tolerance
      let decided = [daylightSaving, standard].first { candidate in
        receivedAt.map { abs($0.seconds - candidate.seconds) < tolerance } ?? false
      }
      instant = decided ?? instant
      if let decided, !isAmbiguous { hasSummerTime = decided == daylightSaving }
    }
    if let index {
      let last = meters[index]
      if last.shown <= civil.secondsSinceEpoch, instant < last.instant {
        instant = standard
        hasSummerTime = last.hasSummerTime
      }
      meters.remove(at: index)
    }
    timeZone.hasSummerTime = hasSummerTime ?? timeZone.hasSummerTime
    if meters.count == DaylightSavingDetector.maximumCount { meters.removeFirst() }
    meters.append(
      Meter(
        name: name, hasSummerTime: hasSummerTime, shown: civil.secondsSinceEpoch,
        instant: instant))
    return instant
  }
}
