import Metrics
import Records

/// A reading of a sub-meter as DSMR 2.2 and 3.0 print it, a generic profile:
///
///     0-1:24.3.0(time of the first row)(status)(minutes)(1)(0-1:24.2.1)(m3)
///     (reading) { (reading) }
struct SubmeterProfile {
  /// The time of the last row.
  let timestamp: Timestamp?
  /// Where the last row stands.
  let reading: Range<Int>
  let unit: PrintedUnit?

  private static let headerLength = 6

  /// Nil where the groups are no such profile.
  init?(_ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, by clock: MeterClock) {
    let header = groups.prefix(SubmeterProfile.headerLength)
    let rows = groups.dropFirst(SubmeterProfile.headerLength)
    guard let last = rows.last, let first = header.first, let unitRange = header.last else {
      return nil
    }
    let minutes = telegram.extracting(header[header.startIndex + 2])
    let period = minutes.number(minutes.indices) ?? 0
    timestamp = TelegramTime.instant(telegram.extracting(first), by: clock).flatMap { first in
      guard rows.count > 1 else { return first }
      // A day at most: more is no period of a reading.
      guard (1...1440).contains(period) else { return nil }
      return Timestamp(seconds: first.seconds + Int64(rows.count - 1) * Int64(period) * 60)
    }
    reading = last
    unit = PrintedUnit(telegram.extracting(unitRange))
  }
}
