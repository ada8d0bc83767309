import Metrics
import Records

extension TelegramParser {
  /// Reads a line with readings of a sub-meter. The newest one of its channel goes to the channel's
  /// record, older ones to the history.
  mutating func readSubmeter(
    _ groups: ArraySlice<Range<Int>>, at code: OBISCode, of telegram: Span<UInt8>,
    _ metric: Metric, _ name: LineRule.Name, in channel: MBusChannel
  ) -> Outcome {
    let values: [SubmeterValue]
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, in: timeZone) {
    case .absent: return .absent
    case .unreadable: return .unreadable
    case .values(let all): values = all
    }
    for value in values {
      let reading = SubmeterReading(
        kind: drafts[channel].deviceType, unit: value.unit.unit, isOfCold: metric.isOfCold)
      guard let reading else { return .unreadable }
      let key =
        switch name {
        case .key(let key): key
        case .byContent: naming.key(of: reading, in: metric, at: code).utf8Bytes
        }
      let number = telegram.extracting(value.number)
      if value.timestamp == drafts[channel].timestamp {
        // Another line of the channel may repeat the reading in another form.
        guard !drafts[channel].fields.contains(key.span) else { continue }
        let isAdded = drafts.add(
          key, number: number, timesTenToThe: value.unit.exponent, from: value.number.lowerBound,
          in: channel)
        drafts[channel].isMeasured = drafts[channel].isMeasured || isAdded
        if isAdded, let timeKey = naming.timeKey(ofReading: String(decoding: key, as: UTF8.self)) {
          drafts[channel].add(timeKey.utf8Bytes, value.timestamp, printedAt: value.time)
        }
      } else if options.includesHistory, metric.form == .hourlyReading {
        _ = addHistory(
          number, timesTenToThe: value.unit.exponent, at: value.timestamp, key: key, in: channel)
      }
    }
    return .repeatable
  }
}
