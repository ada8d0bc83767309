import Metrics
import Records

/// What the lines of a telegram say of it, or of a sub-meter, as a whole: its number, its time, its
/// kind.
struct Identity {
  /// The date and the time of day, where they stand on lines of their own.
  private var date: Range<Int>?
  private var timeOfDay: Range<Int>?
  /// What the clock showed, where no letter says how far it was ahead of UTC, and where that stands if
  /// at one place alone.
  private(set) var civil: CivilTime?
  private(set) var civilRange: Range<Int>?

  /// Whether lines of this metric are read here: of a sub-meter all, as the first one of any kind
  /// tells where its record stands.
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

  /// Reads a line. Of two usable ones the first counts, and of two readings the newest: some meters
  /// print a line twice, once without a usable time.
  mutating func read(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, _ form: Metric.Form,
    by clock: MeterClock, into draft: inout RecordDraft
  ) {
    guard let first = groups.first, !first.isEmpty else { return }
    let value = telegram.extracting(first)
    switch form {
    case .telegramTime:
      guard draft.timestamp == nil, civil == nil else { return }
      switch TelegramTime.reading(value, by: clock) {
      case .instant(let instant): draft.set(instant, printedAt: first)
      case .civil(let time): (civil, civilRange) = (time, first)
      case .unset, nil: return
      }
    case .telegramDate:
      if TelegramTime.hasHalfForm(value) { date = date ?? first }
    case .telegramTimeOfDay:
      if TelegramTime.hasHalfForm(value) { timeOfDay = timeOfDay ?? first }
    case .submeterReading, .submeterProfile, .hourlyReading:
      guard
        case .values(let values) = SubmeterValue.content(
          of: groups, in: telegram, form, by: clock)
      else {
        return
      }
      for value in values { draft.note(readingAt: value.timestamp, printedAt: value.time) }
    case .meterIdentifier(let rank):
      guard rank < draft.meterRank, let text = Identity.text(value) else { return }
      draft.meter = text
      draft.meterRank = rank
    case .submeterIdentifier:
      draft.meter = draft.meter ?? Identity.text(value)
    case .submeterType:
      guard !OctetText.isError(value) else { return }
      draft.kind = draft.kind ?? value.number.flatMap(UInt8.init(exactly:)) ?? UInt8.max
    default:
      break
    }
  }

  /// Puts together the time of the telegram that stood on two lines.
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
