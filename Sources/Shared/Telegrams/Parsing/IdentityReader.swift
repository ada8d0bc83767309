import Metrics
import Records

/// Reads the lines with the number, time and device type of the electricity meter and the sub-meters.
/// They are read before all others, as lines have no fixed order.
struct IdentityReader {
  /// The places of a date and a time of day that are printed on two lines.
  private var date: Range<Int>?
  private var timeOfDay: Range<Int>?
  /// A time of the telegram without its offset from UTC, and its place if it is printed in one place.
  private(set) var civil: CivilTime?
  private(set) var civilRange: Range<Int>?

  /// Whether lines with this metric are read here. All lines of sub-meters are, as the first one of a
  /// channel determines the order of the records.
  static func isRead(from metric: Metric) -> Bool {
    metric.isIdentity || metric.isOfSubmeter
  }

  /// Begins a new telegram.
  mutating func begin() {
    date = nil
    timeOfDay = nil
    civil = nil
    civilRange = nil
  }

  /// Reads a line. Some meters print a line twice, once without a usable time: the first usable line
  /// counts, and the newest reading.
  mutating func read(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, _ form: Metric.Form,
    in timeZone: MeterTimeZone, into draft: inout RecordDraft
  ) {
    guard let first = groups.first, !first.isEmpty else { return }
    let value = telegram.extracting(first)
    switch form {
    case .telegramTime:
      guard draft.timestamp == nil, civil == nil else { return }
      switch TelegramTime.reading(value, in: timeZone) {
      case .instant(let instant): draft.set(instant, printedAt: first)
      case .civil(let time): (civil, civilRange) = (time, first)
      case .unset, nil: return
      }
    case .telegramDate:
      if TelegramTime.hasDateOrTimeForm(value) { date = date ?? first }
    case .telegramTimeOfDay:
      if TelegramTime.hasDateOrTimeForm(value) { timeOfDay = timeOfDay ?? first }
    case .submeterReading, .submeterProfile, .hourlyReading:
      guard
        case .values(let values) = SubmeterValue.content(
          of: groups, in: telegram, form, in: timeZone)
      else {
        return
      }
      for value in values { draft.keepNewest(readingAt: value.timestamp, printedAt: value.time) }
    case .meterIdentifier(let rank):
      guard rank < draft.meterRank, let text = IdentityReader.text(value) else { return }
      draft.meter = text
      draft.meterRank = rank
    case .submeterIdentifier:
      draft.meter = draft.meter ?? IdentityReader.text(value)
    case .submeterType:
      guard !OctetText.isError(value) else { return }
      draft.deviceType = draft.deviceType ?? value.number.flatMap(UInt8.init(exactly:)) ?? UInt8.max
    default:
      break
    }
  }

  /// Joins the date and the time of day from two lines.
  mutating func joinHalves(of telegram: Span<UInt8>) {
    guard civil == nil, let date, let timeOfDay else { return }
    civil = TelegramTime.civil(
      date: telegram.extracting(date), time: telegram.extracting(timeOfDay))
  }

  private static func text(_ value: Span<UInt8>) -> [UInt8]? {
    guard !OctetText.isError(value) else { return nil }
    let text = OctetText.decode(value)
    return text.isEmpty ? nil : text
  }
}
