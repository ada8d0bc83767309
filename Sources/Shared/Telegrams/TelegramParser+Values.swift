import Metrics
import Records

extension TelegramParser {
  // MARK: - As the table of metrics says

  /// Reads a value that the table of metrics knows.
  mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, as metric: Metric, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let groups = layout.groups(of: line)
    if metric.form == .currentLimits {
      return readCurrentLimits(groups, of: telegram, metric, key: key, in: slot)
    }
    // `()` is a value that the meter does not have.
    guard let first = groups.first, !first.isEmpty else { return .absent }
    let value = telegram.extracting(first)
    switch metric.form {
    case .quantity(let unit):
      return readQuantity(first, of: telegram, in: unit, key: key, in: slot)
    case .powerLimit:
      return readPowerLimit(first, of: telegram, line.code, key: key, in: slot)
    case .number:
      return Outcome(isAdded: drafts.add(key, number: value, in: slot))
    case .state:
      let number = StateWord.number(value)
      return Outcome(isAdded: drafts.add(key, number: number.span, in: slot))
    case .version:
      let digits = MeterVersion.digits(value)
      return Outcome(isAdded: drafts.add(key, number: digits.span, in: slot))
    case .text:
      return readText(value, OctetText.decode(value), key: key, in: slot)
    case .plainText:
      return readText(value, OctetText.plain(value), key: key, in: slot)
    case .asPrinted:
      return add(text(of: groups, in: telegram), key: key, in: slot)
    case .meterIdentifier(let rank):
      // The one that is the meter's number has the key of that.
      guard rank > drafts[slot].meterRank || OctetText.isError(value) else { return .apart }
      return readText(value, OctetText.decode(value), key: key, in: slot)
    case .submeterType:
      guard DecimalText(value) != nil else { return .unreadable }
      // Canonical names say by themselves what a sub-meter measures.
      guard options.names != .canonical else { return .apart }
      return Outcome(isAdded: drafts.add(key, number: value, in: slot))
    case .submeterReading, .submeterProfile, .hourlyReading:
      return readSubmeter(groups, of: telegram, metric, key: key, in: slot)
    case .monthPeak:
      return readMonthPeak(groups, of: telegram, key: key)
    case .failureLog:
      return readFailures(groups, of: telegram, key: key)
    case .monthLog:
      return readMonths(groups, of: telegram)
    case .telegramTime:
      return TelegramTime.hasForm(value) ? .apart : .unreadable
    case .telegramDate, .telegramTimeOfDay:
      return TelegramTime.hasHalfForm(value) ? .apart : .unreadable
    case .submeterIdentifier:
      return OctetText.isError(value) ? .unreadable : .apart
    case .currentLimits:
      return .apart
    }
  }

  /// `001234.567*kWh`.
  private mutating func readQuantity(
    _ group: Range<Int>, of telegram: Span<UInt8>, in unit: MetricUnit, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let value = telegram.extracting(group)
    guard let quantity = Quantity(value), quantity.canBe(in: unit) else { return .unreadable }
    return Outcome(
      isAdded: drafts.add(
        key, number: value.extracting(quantity.number), timesTenToThe: quantity.exponent,
        from: group.lowerBound + quantity.number.lowerBound, in: slot))
  }

  /// `016*A`, `069.0*kVA`: what is no power has another name.
  private mutating func readPowerLimit(
    _ group: Range<Int>, of telegram: Span<UInt8>, _ code: OBISCode, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let unit = Quantity(telegram.extracting(group))?.unit?.unit ?? .kilowatt
    guard let metric = MetricTable.metrics(for: code).first(where: { $0.unit == unit }) else {
      return .unreadable
    }
    let name = options.names == .canonical ? metric.name.utf8Bytes : key
    return readQuantity(group, of: telegram, in: unit, key: name, in: slot)
  }

  /// `(100*A)(-063*A)`: import, then export.
  private mutating func readCurrentLimits(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, _ metric: Metric, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let keys =
      options.names == .canonical
      ? MetricTable.metrics(for: metric.code).map(\.name.utf8Bytes) : [key, key + "_2".utf8Bytes]
    let limits = zip(groups, keys).filter { group, _ in !group.isEmpty }
    let isReadable = limits.allSatisfy { group, _ in
      let value = telegram.extracting(group)
      guard let quantity = Quantity(value), quantity.canBe(in: .ampere) else { return false }
      return DecimalText(value.extracting(quantity.number)) != nil
    }
    guard isReadable else { return .unreadable }
    for (group, key) in limits {
      _ = readQuantity(group, of: telegram, in: .ampere, key: key, in: slot)
    }
    return limits.isEmpty ? .absent : .added
  }

  private mutating func readText(
    _ value: Span<UInt8>, _ text: [UInt8], key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    OctetText.isError(value) ? .unreadable : add(text, key: key, in: slot)
  }

  private mutating func add(
    _ text: [UInt8], key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    if text.isEmpty { return .absent }
    drafts.add(key, text: text, in: slot)
    return .added
  }

  // MARK: - As it is printed

  /// Reads a value of which nothing is known: a number without its unit, the text of a group, or all
  /// groups with their parentheses.
  mutating func readAsPrinted(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    let groups = layout.groups(of: line)
    guard groups.count == 1, let group = groups.first, !group.isEmpty else {
      return add(text(of: groups, in: telegram), key: key, in: .main)
    }
    let value = telegram.extracting(group)
    let end = value.indices.first { value[$0] == UInt8(ascii: "*") } ?? value.count
    let isAdded = drafts.add(
      key, number: value.extracting(..<end), from: group.lowerBound, in: .main)
    if isAdded { return .added }
    return add(OctetText.plain(value), key: key, in: .main)
  }

  /// The text of a single group, or of all with their parentheses; empty where all are.
  private func text(of groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>) -> [UInt8] {
    guard let first = groups.first, let last = groups.last, groups.contains(where: { !$0.isEmpty })
    else {
      return []
    }
    let range = groups.count == 1 ? first : (first.lowerBound - 1)..<(last.upperBound + 1)
    return OctetText.plain(telegram.extracting(range))
  }

  // MARK: - As a specification file says

  /// Reads the value that a pattern finds in a line: what the meter printed, where it has a value.
  mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, by pattern: LinePattern,
    _ metric: Metric?, key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    let text = telegram.extracting(line.range).latin1Line
    guard let value = pattern.value(in: text)?.utf8Bytes else { return .unreadable }
    if value.isEmpty { return .absent }
    if key.span == RecordKey.timestamp.rawValue {
      if let instant = TelegramTime.instant(value.span, by: options.clock) ?? Timestamp(value.span)
      {
        drafts[slot].set(instant)
        return .added
      }
      return TelegramTime.hasForm(value.span) ? .absent : .unreadable
    }
    if key.span == RecordKey.meter.rawValue {
      drafts[slot].meter = OctetText.decode(value.span)
      return .added
    }
    guard isNewest(line, of: telegram, metric, in: slot) else { return .absent }
    drafts[slot].fields.add(key.span, text: value.span)
    drafts[slot].isMeasured = true
    return .added
  }

  /// Whether a line is not an older reading of its sub-meter, or one that was never taken.
  private mutating func isNewest(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric?,
    in slot: RecordDraft.Slot
  ) -> Bool {
    guard let metric, metric.isSubmeterReading else { return true }
    let groups = layout.groups(of: line)
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, by: options.clock) {
    case .values(let values):
      return values.contains { $0.timestamp == drafts[slot].timestamp }
    case .absent: return false
    // What the file knows better than the table.
    case .unreadable: return true
    }
  }
}
