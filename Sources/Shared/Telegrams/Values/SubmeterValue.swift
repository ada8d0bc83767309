import Metrics
import Records

/// A reading of a sub-meter, which has a time of its own.
struct SubmeterValue {
  let timestamp: Timestamp
  /// Where in the telegram that stands, in the form of ``TelegramTime``; nil where it is put together.
  let time: Range<Int>?
  /// Where in the telegram the number stands.
  let number: Range<Int>
  let unit: PrintedUnit

  /// What a line turned out to hold.
  enum Content {
    /// Its readings: more than one only where a meter prints the last hours.
    case values([SubmeterValue])
    /// No reading was taken: it lacks a usable time or a unit.
    case absent
    case unreadable
  }

  /// Reads a line of one of the forms of a sub-meter's reading.
  static func content(
    of groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, _ form: Metric.Form,
    by clock: MeterClock
  ) -> Content {
    guard let first = groups.first, !first.isEmpty,
      !TelegramTime.isAbsent(telegram.extracting(first))
    else {
      return .absent
    }
    return switch form {
    case .submeterProfile: profile(groups, in: telegram, by: clock)
    case .hourlyReading: hours(groups, in: telegram, by: clock)
    default: reading(groups, in: telegram, by: clock)
    }
  }

  /// `(101209112500W)(12785.123*m3)` (DSMR P1 companion standard 4 and 5)
  private static func reading(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, by clock: MeterClock
  ) -> Content {
    guard let time = groups.first, let range = groups.dropFirst().first,
      TelegramTime.hasForm(telegram.extracting(time))
    else {
      return .unreadable
    }
    return content(
      range, at: TelegramTime.instant(telegram.extracting(time), by: clock), printedAt: time,
      of: telegram)
  }

  /// What DSMR 2.2 and 3.0 print, a generic profile, of which meters only send one column:
  ///
  ///     (time of the first row)(status)(minutes)(1)(0-1:24.2.1)(m3)
  ///     (reading) { (reading) }
  private static func profile(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, by clock: MeterClock
  ) -> Content {
    let header = Array(groups.prefix(6))
    let rows = groups.dropFirst(6)
    guard let last = rows.last, header.count == 6,
      telegram.extracting(header[3]).number == 1
    else {
      return .unreadable
    }
    // The period of a reading is a day at most.
    let minutes = rows.count == 1 ? 0 : telegram.extracting(header[2]).number ?? 0
    guard rows.count == 1 || (1...1440).contains(minutes) else { return .unreadable }
    let first = TelegramTime.instant(telegram.extracting(header[0]), by: clock)
    let instant = first.map {
      Timestamp(seconds: $0.seconds + Int64((rows.count - 1) * minutes * 60))
    }
    return content(
      last, at: instant, in: PrintedUnit(telegram.extracting(header[5])), of: telegram)
  }

  /// `(00123.456*m3)(10-12-09 11:00:00)`, once or more, as meters from before DSMR print it.
  private static func hours(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, by clock: MeterClock
  ) -> Content {
    var values: [SubmeterValue] = []
    var rest = groups
    while let range = rest.popFirst() {
      guard let time = rest.popFirst() else { return .unreadable }
      let instant = TelegramTime.instant(dashed: telegram.extracting(time), by: clock)
      switch content(range, at: instant, of: telegram) {
      case .values(let one): values += one
      case .absent: continue
      case .unreadable: return .unreadable
      }
    }
    return values.isEmpty ? .absent : .values(values)
  }

  /// A number with its unit, or in the one that was told before.
  private static func content(
    _ range: Range<Int>, at instant: Timestamp?, printedAt time: Range<Int>? = nil,
    in unit: PrintedUnit? = nil, of telegram: Span<UInt8>
  ) -> Content {
    let text = telegram.extracting(range)
    if text.count == 0 { return .absent }
    guard let quantity = Quantity(text), DecimalText(text.extracting(quantity.number)) != nil else {
      return .unreadable
    }
    guard let instant, let unit = quantity.unit ?? unit else { return .absent }
    guard SubmeterReading(kind: nil, unit: unit.unit) != nil else { return .unreadable }
    let start = range.lowerBound + quantity.number.lowerBound
    return .values([
      SubmeterValue(
        timestamp: instant, time: time, number: start..<(start + quantity.number.count), unit: unit)
    ])
  }
}
