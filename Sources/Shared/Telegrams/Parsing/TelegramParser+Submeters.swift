import Metrics
import Records

extension TelegramParser {
  /// Reads a reading of a sub-meter: the newest one of its channel is its record, those that a meter
  /// prints besides are of the past.
  mutating func readSubmeter(
    _ groups: ArraySlice<Range<Int>>, at code: OBISCode, of telegram: Span<UInt8>,
    _ metric: Metric, _ name: Specification.Name, in slot: RecordDraft.Slot
  ) -> Outcome {
    let values: [SubmeterValue]
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, by: clock) {
    case .absent: return .absent
    case .unreadable: return .unreadable
    case .values(let all): values = all
    }
    for value in values {
      let reading = SubmeterReading(
        kind: drafts[slot].kind, unit: value.unit.unit, isOfCold: metric.isOfCold)
      guard let reading else { return .unreadable }
      let key =
        switch name {
        case .key(let key): key
        case .ofSet: naming.key(of: reading, in: metric, at: code).utf8Bytes
        }
      let number = telegram.extracting(value.number)
      if value.timestamp == drafts[slot].timestamp {
        // Another line of the channel may say the same again, in another form.
        guard !drafts[slot].fields.contains(key.span) else { continue }
        let isAdded = drafts.add(
          key, number: number, timesTenToThe: value.unit.exponent, from: value.number.lowerBound,
          in: slot)
        drafts[slot].isMeasured = drafts[slot].isMeasured || isAdded
        if isAdded, let timeKey = naming.timeKey(ofReading: String(decoding: key, as: UTF8.self)) {
          drafts[slot].add(timeKey.utf8Bytes, value.timestamp, printedAt: value.time)
        }
      } else if options.includesHistory, metric.form == .hourlyReading {
        _ = addPast(
          number, timesTenToThe: value.unit.exponent, at: value.timestamp, key: key, in: slot)
      }
    }
    return .apart
  }
}
