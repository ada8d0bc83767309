import Metrics
import Records

/// The lines that a specification file speaks of.
extension TelegramParser {
  /// A value that a pattern found.
  private struct Found {
    /// Where it stands in the telegram.
    let range: Range<Int>
    /// Where it begins, if other digits in its place would only make another value of it.
    let source: Int?
  }

  /// Reads the value that a pattern finds in a line.
  mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, by pattern: LinePattern,
    as type: ValueType?, _ rule: Specification.Rule
  ) -> Outcome {
    // What took too long on one line of a telegram is not tried on another one.
    guard !findings.contains(.endless(line.code)) else { return .unreadable }
    var allowance = LinePattern.allowance
    let match = match(line, of: telegram, pattern, &allowance)
    if !match.isSteady || allowance == 0 { heldLines.append(line.range) }
    if allowance == 0 {
      findings.append(.endless(line.code))
      return .apart
    }
    guard var range = match.value else { return .unreadable }
    if range.isEmpty { return .absent }
    if type == .builtIn, let metric = rule.metric {
      let groups = groups(of: line, within: range, of: telegram)
      return read(
        groups.isEmpty ? [range] : groups[...], at: line.code, of: telegram, as: metric, rule.name,
        in: rule.slot)
    }
    // A value of a type is that of one group.
    if type != nil, let first = layout.groups(of: line).first(where: { $0.touches(range) }) {
      range = first.clamped(to: range)
    }
    if range.isEmpty { return .absent }
    let found = Found(range: range, source: match.isSteady ? range.lowerBound : nil)
    guard case .key(let key) = rule.name else { return .absent }
    if key.span == RecordKey.timestamp.rawValue {
      if let metric = rule.metric, metric.form == .telegramTime {
        let time = withLetter(range, of: telegram)
        addTimestamp(metric, at: line.code, printedAt: time, of: telegram)
      }
      return readTimestamp(found, of: telegram, in: rule.slot)
    }
    if key.span == RecordKey.meter.rawValue {
      drafts[rule.slot].meter = OctetText.decode(telegram.extracting(range))
      return .added
    }
    guard isNewest(line, of: telegram, rule.metric, in: rule.slot) else { return .absent }
    let outcome = read(found, in: line, of: telegram, as: type, key: key, in: rule.slot)
    if outcome == .added { drafts[rule.slot].isMeasured = true }
    return outcome
  }

  private mutating func read(
    _ found: Found, in line: TelegramLayout.Line, of telegram: Span<UInt8>, as type: ValueType?,
    key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    let value = telegram.extracting(found.range)
    switch type {
    case .number:
      return Outcome(isAdded: drafts.add(key, number: value, from: found.source, in: slot))
    case .quantity, .quantityOfItsOwn:
      return readQuantity(found, in: line, of: telegram, as: type, key: key, in: slot)
    case .state:
      return Outcome(isAdded: drafts.add(key, number: StateWord.number(value).span, in: slot))
    case .text: return readText(value, OctetText.plain(value), key: key, in: slot)
    case .hexadecimal: return readText(value, OctetText.decode(value), key: key, in: slot)
    case .timestamp:
      let range = withLetter(found.range, of: telegram)
      let text = telegram.extracting(range)
      guard let instant = instant(text) else {
        return TelegramTime.hasForm(text) ? .absent : .unreadable
      }
      drafts[slot].add(key, instant, printedAt: found.source == nil ? nil : range)
      return .added
    case nil, .builtIn:
      let text = value.latin1Line.utf8Bytes
      drafts[slot].fields.add(key.span, text: text.span, from: found.source)
      return .added
    }
  }

  /// A number in the unit of its type: the unit behind it counts, be it in the value or not.
  private mutating func readQuantity(
    _ found: Found, in line: TelegramLayout.Line, of telegram: Span<UInt8>, as type: ValueType?,
    key: [UInt8], in slot: RecordDraft.Slot
  ) -> Outcome {
    var range = found.range
    if let group = layout.groups(of: line).first(where: { $0.contains(range.upperBound) }) {
      let rest = telegram.withoutBlanks(range.upperBound..<group.upperBound)
      if telegram[rest.lowerBound] == UInt8(ascii: "*") {
        range = range.lowerBound..<group.upperBound
      }
    }
    let value = telegram.extracting(range)
    var number = value.indices
    var exponent = 0
    switch type {
    case .quantity(let unit, _):
      guard let quantity = Quantity(value), quantity.canBe(in: unit.unit) else {
        return .unreadable
      }
      number = quantity.number
      if quantity.unit != nil { exponent = quantity.exponent - unit.exponent }
    case .quantityOfItsOwn(let unit):
      number = value.withoutBlanks(number)
      if let mark = value.firstIndex(of: UInt8(ascii: "*")) {
        let bytes = value.extracting(value.withoutBlanks((mark + 1)..<value.count))
        let printed = String(validating: [UInt8](bytes), as: UTF8.self) ?? bytes.latin1Line
        guard printed.lowercased() == unit.lowercased() else { return .unreadable }
        number = value.withoutBlanks(0..<mark)
      }
    default: break
    }
    return Outcome(
      isAdded: drafts.add(
        key, number: value.extracting(number), timesTenToThe: exponent,
        from: found.source == nil ? nil : range.lowerBound + number.lowerBound, in: slot))
  }

  /// What the file calls the instant of the record, as a meter or RFC 3339 has it.
  private mutating func readTimestamp(
    _ found: Found, of telegram: Span<UInt8>, in slot: RecordDraft.Slot
  ) -> Outcome {
    let range = withLetter(telegram.withoutBlanks(found.range), of: telegram)
    let text = telegram.extracting(range)
    if let instant = instant(text) {
      // That of a sub-meter tells which of its readings is the newest.
      let isMoved = slot == .main && found.source != nil
      drafts[slot].set(instant, printedAt: isMoved ? range : nil)
      return .added
    }
    if let instant = Timestamp(text) {
      drafts[slot].set(instant)
      return .added
    }
    return TelegramTime.hasForm(text) ? .absent : .unreadable
  }

  /// A time with the letter that stands behind it, where a pattern leaves that out: without it, both hours
  /// that autumn has between 02:00 and 03:00 would be one.
  private func withLetter(_ range: Range<Int>, of telegram: Span<UInt8>) -> Range<Int> {
    let end = range.upperBound
    guard TelegramTime.lacksLetter(telegram.extracting(range)), end + 1 < telegram.count,
      TelegramTime.isLetter(telegram[end])
    else {
      return range
    }
    return range.lowerBound..<(end + 1)
  }

  // MARK: - Finding it

  /// Matches a line, of which the pattern knows no line ends.
  private mutating func match(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ pattern: LinePattern,
    _ allowance: inout Int
  ) -> LinePattern.Match {
    let text = telegram.extracting(line.range)
    guard text.indices.contains(where: { TelegramParser.isLineEnd(text[$0]) }) else {
      let digitsStart =
        layout.groups(of: line).first.map { $0.lowerBound - line.range.lowerBound } ?? 0
      let match = pattern.match(text, digitsStart: digitsStart, allowance: &allowance)
      let start = line.range.lowerBound
      return LinePattern.Match(
        value: match.value.map { $0.lowerBound + start..<$0.upperBound + start },
        isSteady: match.isSteady)
    }
    let places = line.range.filter { !TelegramParser.isLineEnd(telegram[$0]) }
    let joined = places.map { telegram[$0] }
    let match = pattern.match(joined.span, allowance: &allowance)
    let value = match.value.map { range -> Range<Int> in
      range.isEmpty ? 0..<0 : places[range.lowerBound]..<places[range.upperBound - 1] + 1
    }
    return LinePattern.Match(value: value, isSteady: false)
  }

  /// The groups of a line, as far as they are within a part of it.
  private func groups(
    of line: TelegramLayout.Line, within part: Range<Int>, of telegram: Span<UInt8>
  ) -> [Range<Int>] {
    layout.groups(of: line).filter { $0.touches(part) }.map {
      withLetter($0.clamped(to: part), of: telegram)
    }
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  /// Whether a line is not an older reading of its sub-meter, or one that was never taken.
  private mutating func isNewest(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric?,
    in slot: RecordDraft.Slot
  ) -> Bool {
    guard let metric, metric.isSubmeterReading else { return true }
    let groups = layout.groups(of: line)
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, by: clock) {
    case .values(let values):
      return values.contains { $0.timestamp == drafts[slot].timestamp }
    case .absent: return false
    // What the file knows better than the table.
    case .unreadable: return true
    }
  }
}

extension Range<Int> {
  /// Whether they have bytes in common, or one ends where the other begins.
  fileprivate func touches(_ other: Range) -> Bool {
    lowerBound <= other.upperBound && upperBound >= other.lowerBound
  }
}
