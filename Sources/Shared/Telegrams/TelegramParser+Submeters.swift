import Metrics
import Records

extension TelegramParser {
  /// Reads a reading of a sub-meter: the newest one of its channel is its record, those that a meter
  /// prints besides are of the past.
  mutating func readSubmeter(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, _ metric: Metric, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let values: [SubmeterValue]
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, by: options.clock) {
    case .absent: return .absent
    case .unreadable: return .unreadable
    case .values(let all): values = all
    }
    for value in values {
      guard let name = name(of: value, metric, drafts[slot].kind, key) else { return .unreadable }
      let number = telegram.extracting(value.number)
      if value.timestamp == drafts[slot].timestamp {
        // Another line of the channel may say the same again, in another form.
        guard !drafts[slot].fields.contains(name.span) else { continue }
        let isAdded = drafts.add(
          name, number: number, timesTenToThe: value.unit.exponent, from: value.number.lowerBound,
          in: slot)
        drafts[slot].isMeasured = drafts[slot].isMeasured || isAdded
      } else if options.includesHistory, metric.form == .hourlyReading {
        _ = addPast(
          number, timesTenToThe: value.unit.exponent, at: value.timestamp, key: name, in: slot)
      }
    }
    return .apart
  }

  /// What the reading of a sub-meter is called; nil for a unit that no sub-meter counts in.
  private func name(
    of value: SubmeterValue, _ metric: Metric, _ kind: UInt8?, _ key: [UInt8]
  ) -> [UInt8]? {
    let reading = SubmeterReading(kind: kind, unit: value.unit.unit, isOfCold: metric.isOfCold)
    guard let reading else { return nil }
    return options.names == .canonical ? reading.name.utf8Bytes : key
  }
}
