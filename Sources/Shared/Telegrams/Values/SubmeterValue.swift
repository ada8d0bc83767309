import Metrics
import Records

/// A reading of a sub-meter, with its own time.
struct SubmeterValue {
  let timestamp: Timestamp
  /// The place of the time in the telegram, in the form of ``TelegramTime``; nil if the time is
  /// calculated from several values.
  let time: Range<Int>?
  /// The place of the number in the telegram.
  let number: Range<Int>
  let unit: PrintedUnit

  /// The content of a line.
  enum Content {
    /// The readings of the line; several if the meter prints the last hours.
    case values([SubmeterValue])
    /// No reading was taken, as the time is unset or a unit is missing.
    case absent
    case unreadable
  }

  /// Reads the line of a sub-meter's reading in one of its forms.
  static func content(
    of groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, _ form: Metric.Form,
    in timeZone: MeterTimeZone
  ) -> Content {
    guard let first = groups.first, !first.isEmpty,
      !TelegramTime.isAbsent(telegram.extracting(first))
    else {
      return .absent
    }
    return switch form {
    case .submeterProfile: profile(groups, in: telegram, in: timeZone)
    case .hourlyReading: hours(groups, in: telegram, in: timeZone)
    default: reading(groups, in: telegram, in: timeZone)
    }
  }

  /// `(101209112500W)(12785.123*m3)` (DSMR P1 companion standard 4 and 5)
  private static func reading(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, in timeZone: MeterTimeZone
  ) -> Content {
    guard let time = groups.first, let range = groups.dropFirst().first,
      TelegramTime.hasForm(telegram.extracting(time))
    else {
      return .unreadable
    }
    return content(
      range, at: TelegramTime.instant(telegram.extracting(time), in: timeZone), printedAt: time,
      of: telegram)
  }

  /// The generic profile of DSMR 2.2 and 3.0, of which meters send one column:
  ///
  ///     (time of the first row)(status)(minutes)(1)(0-1:24.2.1)(m3)
  ///     (reading) { (reading) }
  private static func profile(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, in timeZone: MeterTimeZone
  ) -> Content {
    let header = Array(groups.prefix(6))
    let rows = groups.dropFirst(6)
    guard let last = rows.last, header.count == 6,
      telegram.extracting(header[3]).number == 1
    else {
      return .unreadable
    }
    // The period between two readings is a day at most.
    let minutes = rows.count == 1 ? 0 : telegram.extracting(header[2]).number ?? 0
    guard rows.count == 1 || (1...1440).contains(minutes) else { return .unreadable }
    let first = TelegramTime.instant(telegram.extracting(header[0]), in: timeZone)
    let instant = first.map {
      Timestamp(seconds: $0.seconds + Int64((rows.count - 1) * minutes * 60))
    }
    return content(
      last, at: instant, in: PrintedUnit(telegram.extracting(header[5])), of: telegram)
  }

  /// `(00123.456*m3)(10-12-09 11:00:00)`, once or more, as meters older than DSMR print it.
  private static func hours(
    _ groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>, in timeZone: MeterTimeZone
  ) -> Content {
    var values: [SubmeterValue] = []
    var rest = groups
    while let range = rest.popFirst() {
      guard let time = rest.popFirst() else { return .unreadable }
      let instant = TelegramTime.instant(dashed: telegram.extracting(time), in: timeZone)
      switch content(range, at: instant, of: telegram) {
      case .values(let one): values += one
      case .absent: continue
      case .unreadable: return .unreadable
      }
    }
    return values.isEmpty ? .absent : .values(values)
  }

  /// Reads a number with its unit; `unit` is that of the profile's header.
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
