import Metrics
import Records

extension TelegramParser {
  // MARK: - Values of the table of metrics

  /// Reads a value in the form of its metric.
  mutating func read(
    _ groups: ArraySlice<Range<Int>>, at code: OBISCode, of telegram: Span<UInt8>,
    as metric: Metric, _ name: LineRule.Name, in channel: MBusChannel
  ) -> Outcome {
    if metric.form == .currentLimits {
      return readCurrentLimits(groups, at: code, of: telegram, metric, name, in: channel)
    }
    // `()`: the meter has no value.
    guard let first = groups.first, !first.isEmpty else { return .absent }
    let value = telegram.extracting(first)
    if metric.beginsWithTime, TelegramTime.isAbsent(value) { return .absent }
    let key = key(name, of: metric, at: code, in: channel)
    switch metric.form {
    case .quantity(let unit):
      return readQuantity(first, of: telegram, in: unit, key: key, in: channel)
    case .powerLimit:
      return readPowerLimit(first, of: telegram, at: code, name, in: channel)
    case .number:
      return Outcome(isAdded: drafts.add(key, number: value, in: channel))
    case .state:
      let number = StateWord.number(value)
      return Outcome(isAdded: drafts.add(key, number: number.span, in: channel))
    case .version:
      let digits = MeterVersion.digits(value)
      return Outcome(isAdded: drafts.add(key, number: digits.span, in: channel))
    case .text:
      return readText(value, OctetText.decode(value), key: key, in: channel)
    case .plainText:
      return readText(value, OctetText.plain(value), key: key, in: channel)
    case .asPrinted:
      return add(text(of: groups, in: telegram), key: key, in: channel)
    case .meterIdentifier(let rank):
      // The number that identifies the meter is added under that key.
      guard rank > drafts[channel].meterRank || OctetText.isError(value) else {
        addIdentity(metric, at: code, in: channel) { OctetText.decode(value) }
        return .repeatable
      }
      return readText(value, OctetText.decode(value), key: key, in: channel)
    case .submeterType:
      guard let number = DecimalText(value) else { return .unreadable }
      // Canonical names need no device type, as they contain what a sub-meter measures.
      addIdentity(metric, at: code, in: channel) {
        var text: [UInt8] = []
        number.append(from: value, to: &text)
        return text
      }
      return .repeatable
    case .submeterReading, .submeterProfile, .hourlyReading:
      return readSubmeter(groups, at: code, of: telegram, metric, name, in: channel)
    case .monthPeak:
      return readMonthPeak(groups, of: telegram, key: key)
    case .failureLog:
      return readFailures(groups, of: telegram, key: key)
    case .monthLog:
      return readMonths(groups, of: telegram, key: key)
    case .telegramTime:
      guard TelegramTime.hasForm(value) else { return .unreadable }
      addTimestamp(metric, at: code, printedAt: first, of: telegram)
      return .repeatable
    case .telegramDate, .telegramTimeOfDay:
      return TelegramTime.hasDateOrTimeForm(value) ? .repeatable : .unreadable
    case .submeterIdentifier:
      guard !OctetText.isError(value) else { return .unreadable }
      addIdentity(metric, at: code, in: channel) { OctetText.decode(value) }
      return .repeatable
    case .currentLimits:
      return .repeatable
    }
  }

  private mutating func key(
    _ name: LineRule.Name, of metric: Metric, at code: OBISCode, in channel: MBusChannel
  ) -> [UInt8] {
    switch name {
    case .key(let key): key
    case .byContent: naming.key(of: metric, at: code, type: drafts[channel].deviceType).utf8Bytes
    }
  }

  /// Adds a number or type of a meter, if the set of names has a name for it. It does not count as
  /// measured.
  private mutating func addIdentity(
    _ metric: Metric, at code: OBISCode, in channel: MBusChannel, _ text: () -> [UInt8]
  ) {
    let name = naming.identityKey(of: metric, at: code, type: drafts[channel].deviceType)
    guard let key = name?.utf8Bytes, !drafts[channel].fields.contains(key.span) else { return }
    let text = text()
    guard !text.isEmpty else { return }
    drafts[channel].fields.add(key, text: text.span)
  }

  /// Adds the time of the telegram, if the set of names has a name for it.
  mutating func addTimestamp(
    _ metric: Metric, at code: OBISCode, printedAt range: Range<Int>, of telegram: Span<UInt8>
  ) {
    let name = naming.identityKey(of: metric, at: code, type: nil)
    guard let key = name?.utf8Bytes, !drafts[.main].fields.contains(key.span),
      let instant = instant(telegram.extracting(range))
    else {
      return
    }
    drafts[.main].add(key, instant, printedAt: range)
  }

  /// `001234.567*kWh`.
  mutating func readQuantity(
    _ group: Range<Int>, of telegram: Span<UInt8>, in unit: MetricUnit, key: [UInt8],
    in channel: MBusChannel
  ) -> Outcome {
    if group.isEmpty { return .absent }
    let value = telegram.extracting(group)
    guard let quantity = Quantity(value), quantity.isCompatible(with: unit) else {
      return .unreadable
    }
    return Outcome(
      isAdded: drafts.add(
        key, number: value.extracting(quantity.number), timesTenToThe: quantity.exponent,
        from: group.lowerBound + quantity.number.lowerBound, in: channel))
  }

  /// `016*A`, `069.0*kVA`: the metric depends on the unit.
  private mutating func readPowerLimit(
    _ group: Range<Int>, of telegram: Span<UInt8>, at code: OBISCode, _ name: LineRule.Name,
    in channel: MBusChannel
  ) -> Outcome {
    let unit = Quantity(telegram.extracting(group))?.unit?.unit ?? .kilowatt
    guard let metric = MetricTable.metrics(for: code).first(where: { $0.unit == unit }) else {
      return .unreadable
    }
    let key = key(name, of: metric, at: code, in: channel)
    return readQuantity(group, of: telegram, in: unit, key: key, in: channel)
  }

  /// `(100*A)(-063*A)`: import, then export.
  private mutating func readCurrentLimits(
    _ groups: ArraySlice<Range<Int>>, at code: OBISCode, of telegram: Span<UInt8>,
    _ metric: Metric, _ name: LineRule.Name, in channel: MBusChannel
  ) -> Outcome {
    var keys: [[UInt8]] = []
    for metric in MetricTable.metrics(for: metric.code) {
      let key = key(name, of: metric, at: code, in: channel)
      keys.append(keys.contains(key) ? key + "_2".utf8Bytes : key)
    }
    let limits = zip(groups, keys).filter { group, _ in !group.isEmpty }
    let isReadable = limits.allSatisfy { group, _ in
      let value = telegram.extracting(group)
      guard let quantity = Quantity(value), quantity.isCompatible(with: .ampere) else {
        return false
      }
      return DecimalText(value.extracting(quantity.number)) != nil
    }
    guard isReadable else { return .unreadable }
    for (group, key) in limits {
      _ = readQuantity(group, of: telegram, in: .ampere, key: key, in: channel)
    }
    return limits.isEmpty ? .absent : .added
  }

  mutating func readText(
    _ value: Span<UInt8>, _ text: [UInt8], key: [UInt8], in channel: MBusChannel
  ) -> Outcome {
    OctetText.isError(value) ? .unreadable : add(text, key: key, in: channel)
  }

  private mutating func add(
    _ text: [UInt8], key: [UInt8], in channel: MBusChannel
  ) -> Outcome {
    if text.isEmpty { return .absent }
    drafts.add(key, text: text, in: channel)
    return .added
  }

  // MARK: - Values of unknown codes

  /// Reads the value of an unknown code: a number without its unit, the text of a single group, or all
  /// groups with their parentheses.
  mutating func readAsPrinted(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    let groups = layout.groups(of: line)
    guard groups.count == 1, let group = groups.first, !group.isEmpty else {
      return add(text(of: groups, in: telegram), key: key, in: .main)
    }
    let value = telegram.extracting(group)
    let end = value.firstIndex(of: UInt8(ascii: "*")) ?? value.count
    let number = value.withoutBlanks(0..<end)
    let isAdded = drafts.add(
      key, number: value.extracting(number), from: group.lowerBound + number.lowerBound, in: .main)
    if isAdded { return .added }
    return add(OctetText.plain(value), key: key, in: .main)
  }

  /// The text of a single group, or of several with their parentheses; empty if all groups are.
  private func text(of groups: ArraySlice<Range<Int>>, in telegram: Span<UInt8>) -> [UInt8] {
    guard let first = groups.first, let last = groups.last, groups.contains(where: { !$0.isEmpty })
    else {
      return []
    }
    if groups.count == 1 { return OctetText.plain(telegram.extracting(first)) }
    // Blanks between a group and its parentheses are not part of the group.
    var (start, end) = (first.lowerBound - 1, last.upperBound)
    while telegram[start] != UInt8(ascii: "(") { start -= 1 }
    while telegram[end] != UInt8(ascii: ")") { end += 1 }
    return OctetText.plain(telegram.extracting(start...end))
  }
}
