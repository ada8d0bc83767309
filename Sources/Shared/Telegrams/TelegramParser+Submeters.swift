import Metrics
import Records

extension TelegramParser {
  /// Reads a reading of a sub-meter. One without a unit or a usable time was never taken.
  mutating func readSubmeter(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, _ form: Metric.Form, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    switch form {
    case .submeterProfile:
      guard let profile = SubmeterProfile(groups, of: telegram, by: options.clock) else {
        return .unreadable
      }
      return readSubmeter(
        telegram.extracting(profile.reading), in: profile.unit, at: profile.timestamp, key: key,
        slot)
    case .hourlyReading:
      return readHours(groups, of: telegram, key: key, in: slot)
    default:
      guard let time = groups.first, let range = groups.dropFirst().first else {
        return .unreadable
      }
      let reading = telegram.extracting(range)
      guard let quantity = Quantity(reading) else { return .unreadable }
      return readSubmeter(
        reading.extracting(quantity.number), in: quantity.unit,
        at: TelegramTime.instant(telegram.extracting(time), by: options.clock), key: key, slot)
    }
  }

  private mutating func readSubmeter(
    _ number: Span<UInt8>, in unit: PrintedUnit?, at instant: Timestamp?, key: [UInt8],
    _ slot: RecordDraft.Slot
  ) -> Outcome {
    // A second line of the channel may be older, or say the same in another form.
    guard let unit, let instant, instant == drafts[slot].timestamp, !drafts[slot].isMeasured else {
      return .absent
    }
    guard let name = readingName(drafts[slot].kind, unit, key) else { return .unreadable }
    let isRead = drafts.add(name, number: number, timesTenToThe: unit.exponent, in: slot)
    drafts[slot].isMeasured = isRead
    return Outcome(isAdded: isRead)
  }

  /// What the reading of a sub-meter is called; nil for a unit that no sub-meter counts in.
  private func readingName(_ kind: UInt8?, _ unit: PrintedUnit, _ key: [UInt8]) -> [UInt8]? {
    guard let reading = SubmeterReading(kind: kind, unit: unit.unit) else { return nil }
    return options.names == .canonical ? reading.name.utf8Bytes : key
  }

  /// Reads the hours of a gas meter: the newest one is its reading, the others are of the past.
  private mutating func readHours(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    for reading in HourlyReading.all(groups, of: telegram, by: options.clock) {
      guard let unit = reading.quantity.unit, let name = readingName(nil, unit, key) else {
        return .unreadable
      }
      let number = telegram.extracting(reading.range).extracting(reading.quantity.number)
      if reading.timestamp == drafts[slot].timestamp {
        // The next line is of another hour: none has the place to itself.
        _ = readSubmeter(number, in: unit, at: reading.timestamp, key: key, slot)
      } else if options.includesHistory {
        var draft = RecordDraft(slot, at: reading.timestamp)
        draft.isMeasured = draft.fields.add(
          name.span, number: number, timesTenToThe: unit.exponent)
        drafts.add(past: draft)
      }
    }
    return .absent
  }
}
