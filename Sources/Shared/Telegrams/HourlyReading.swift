import Metrics
import Records

/// A reading of the gas meter as meters from before DSMR print it, with the last hours' after it:
///
///     7-0:23.1.0*255(00123.456*m3)(10-12-09 11:00:00)
struct HourlyReading {
  let timestamp: Timestamp
  /// Where it stands.
  let range: Range<Int>
  let quantity: Quantity

  /// The readings of a line: a group with a unit each, and its time in the next one.
  static func all(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, by clock: MeterClock
  ) -> [HourlyReading] {
    zip(groups, groups.dropFirst()).compactMap { range, time in
      let time = telegram.extracting(time)
      guard
        let timestamp = TelegramTime.instant(dashed: time, by: clock)
          ?? TelegramTime.instant(time, by: clock),
        let quantity = Quantity(telegram.extracting(range)), quantity.unit != nil
      else {
        return nil
      }
      return HourlyReading(timestamp: timestamp, range: range, quantity: quantity)
    }
  }
}
