import Metrics
import Records

extension TelegramParser {
  /// What became of a line's value.
  enum Outcome {
    case added
    /// The line says that there is no value, or that it is for something else.
    case absent
    case unreadable

    init(isAdded: Bool) {
      self = isAdded ? .added : .unreadable
    }
  }

  /// Reads a value as the table of metrics says.
  mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    let groups = layout.groups[line.groups]
    if metric.form == .currentLimits {
      return readCurrentLimits(groups, of: telegram, key: key, in: slot)
    }
    // `()` is a value that the meter does not have.
    guard let first = groups.first, !first.isEmpty else { return .absent }
    let value = telegram.extracting(first)
    switch metric.form {
    case .quantity(let unit):
      return readQuantity(value, in: unit, key: key, slot)
    case .powerLimit:
      return readPowerLimit(value, key: key, in: slot)
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
      return readGroups(groups, of: telegram, key: key)
    case .meterIdentifier(let rank):
      // The one that is the meter's number has the key of that.
      guard rank > drafts[slot].meterRank else { return .absent }
      return readText(value, OctetText.decode(value), key: key, in: slot)
    case .submeterType:
      // Canonical names say by themselves what a sub-meter measures.
      guard options.names != .canonical else { return .absent }
      return Outcome(isAdded: drafts.add(key, number: value, in: slot))
    case .submeterReading, .submeterProfile, .hourlyReading:
      return readSubmeter(groups, of: telegram, metric.form, key: key, in: slot)
    case .monthPeak:
      return readMonthPeak(groups, of: telegram, key: key)
    case .failureLog:
      if options.includesHistory { readFailures(groups, of: telegram, key: key) }
      return .absent
    case .monthLog:
      if options.includesHistory { return readMonths(groups, of: telegram) }
      return .absent
    case .telegramTime, .telegramDate, .telegramTimeOfDay, .submeterIdentifier, .currentLimits:
      return .absent
    }
  }

  /// `001234.567*kWh`.
  private mutating func readQuantity(
    _ value: Span<UInt8>, in unit: MetricUnit, key: [UInt8], _ slot: RecordDraft.Slot
  ) -> Outcome {
    guard let quantity = Quantity(value), quantity.unit?.unit ?? unit == unit else {
      return .unreadable
    }
    return Outcome(
      isAdded: drafts.add(
        key, number: value.extracting(quantity.number),
        timesTenToThe: quantity.unit?.exponent ?? 0, in: slot))
  }

  /// `016*A`, `069.0*kVA`: what is no power changes the end of the name.
  private mutating func readPowerLimit(
    _ value: Span<UInt8>, key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    guard let printed = Quantity(value)?.unit?.unit else {
      return readQuantity(value, in: .kilowatt, key: key, slot)
    }
    guard [.kilowatt, .ampere, .kilovoltAmpere].contains(printed) else { return .unreadable }
    var key = key
    if options.names == .canonical {
      key.removeLast(MetricUnit.kilowatt.suffix.utf8.count)
      key.append(contentsOf: printed.suffix.utf8)
    }
    return readQuantity(value, in: printed, key: key, slot)
  }

  /// `(100*A)(-063*A)`: import, then export.
  private mutating func readCurrentLimits(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Outcome {
    var outcome = Outcome.absent
    let ofExport =
      options.names == .canonical ? "current_export_limit_a".utf8Bytes : key + ":2".utf8Bytes
    for (group, key) in zip(groups, [key, ofExport]) where !group.isEmpty {
      outcome = readQuantity(telegram.extracting(group), in: .ampere, key: key, slot)
      if outcome == .unreadable { break }
    }
    return outcome
  }

  private mutating func readText(
    _ value: Span<UInt8>, _ text: [UInt8], key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    OctetText.isError(value) ? .unreadable : add(key, text: text, in: slot)
  }

  /// Reads a value of which nothing is known: a number, text, or all the groups as they are.
  mutating func readUnknown(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    let groups = layout.groups[line.groups]
    guard groups.count == 1, let first = groups.first, !first.isEmpty else {
      return readGroups(groups, of: telegram, key: key)
    }
    let value = telegram.extracting(first)
    if let quantity = Quantity(value),
      drafts.add(
        key, number: value.extracting(quantity.number),
        timesTenToThe: quantity.unit?.exponent ?? 0, in: .main)
    {
      return .added
    }
    return add(key, text: OctetText.decode(value), in: .main)
  }

  /// Takes groups as they are printed: the text of a single one, else all with their parentheses.
  private mutating func readGroups(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    guard let first = groups.first, let last = groups.last, groups.contains(where: { !$0.isEmpty })
    else {
      return .absent
    }
    let range =
      groups.count == 1 ? first : (first.lowerBound - 1)..<(last.upperBound + 1)
    return add(key, text: OctetText.plain(telegram.extracting(range)), in: .main)
  }

  private mutating func add(
    _ key: [UInt8], text: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    if text.isEmpty { return .absent }
    drafts.add(key, text: text, in: slot)
    return .added
  }

  /// Reads a value as a specification file says.
  ///
  /// - Returns: false where the pattern does not match.
  mutating func readValue(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, by pattern: LinePattern, key: [UInt8],
    in slot: RecordDraft.Slot
  ) -> Bool {
    let text = TelegramParser.text(telegram.extracting(line.range))
    guard let value = pattern.value(in: text)?.utf8Bytes else { return false }
    if key.span == RecordKey.timestamp.rawValue {
      guard
        let instant = TelegramTime.instant(value.span, by: options.clock) ?? Timestamp(value.span)
      else {
        return false
      }
      drafts[slot].timestamp = instant
    } else if key.span == RecordKey.meter.rawValue {
      drafts[slot].meter = OctetText.decode(value.span)
    } else {
      drafts[slot].fields.add(key.span, text: value.span)
      drafts[slot].isMeasured = true
    }
    return true
  }

  /// Adds import less export, where the telegram does not say that itself.
  mutating func addNetPower(of telegram: Span<UInt8>) {
    var net = NetPower()
    for line in layout.lines {
      if let group = layout.groups[line.groups].first {
        net.note(line.code, telegram.extracting(group))
      }
    }
    for (code, kilowatts) in net.values
    where !layout.lines.contains(where: { $0.code == code }) {
      guard let metric = MetricTable.metric(for: code) else { continue }
      let key = options.names.key(metric.name, code).utf8Bytes
      _ = drafts.add(key, number: kilowatts.description.utf8Bytes.span, in: .main)
    }
  }
}
