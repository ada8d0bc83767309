import Metrics
import Records

/// Values by the entries of a specification file.
extension TelegramParser {
  /// A value that a pattern found.
  private struct PatternValue {
    /// Its place in the telegram.
    let range: Range<Int>
    /// The start of ``range``, if its digits may change in a known shape (KnownShapes.swift).
    let source: Int?
  }

  /// Reads the value that a pattern finds in a line.
  mutating func read(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, by pattern: LinePattern,
    as type: ValueType?, _ rule: LineRule
  ) -> Outcome {
    // A pattern that was too slow on one line of a telegram is not tried on another line.
    guard !findings.contains(.patternTooSlow(line.code)) else { return .unreadable }
    var stepsLeft = LinePattern.maximumSteps
    let match = match(line, of: telegram, pattern, &stepsLeft)
    if !match.holdsForOtherDigits || stepsLeft == 0 { fixedLines.append(line.range) }
    if stepsLeft == 0 {
      findings.append(.patternTooSlow(line.code))
      return .repeatable
    }
    guard var range = match.value else { return .unreadable }
    if range.isEmpty { return .absent }
    if type == .builtIn, let metric = rule.metric {
      let groups = groups(of: line, within: range, of: telegram)
      return read(
        groups.isEmpty ? [range] : groups[...], at: line.code, of: telegram, as: metric, rule.name,
        in: rule.channel)
    }
    // A value with a type does not extend over several groups.
    if type != nil, let first = layout.groups(of: line).first(where: { $0.touches(range) }) {
      range = first.clamped(to: range)
    }
    if range.isEmpty { return .absent }
    let found = PatternValue(
      range: range, source: match.holdsForOtherDigits ? range.lowerBound : nil)
    guard case .key(let key) = rule.name else { return .absent }
    if key.span == RecordKey.timestamp.rawValue {
      if let metric = rule.metric, metric.form == .telegramTime {
        let time = withLetter(range, of: telegram)
        addTimestamp(metric, at: line.code, printedAt: time, of: telegram)
      }
      return readTimestamp(found, of: telegram, in: rule.channel)
    }
    if key.span == RecordKey.meter.rawValue {
      drafts[rule.channel].meter = OctetText.decode(telegram.extracting(range))
      return .added
    }
    guard isNewest(line, of: telegram, rule.metric, in: rule.channel) else { return .absent }
    let outcome = read(found, in: line, of: telegram, as: type, key: key, in: rule.channel)
    if outcome == .added { drafts[rule.channel].isMeasured = true }
    return outcome
  }

  private mutating func read(
    _ found: PatternValue, in line: TelegramLayout.Line, of telegram: Span<UInt8>,
    as type: ValueType?,
    key: [UInt8], in channel: MBusChannel
  ) -> Outcome {
    let value = telegram.extracting(found.range)
    switch type {
    case .number:
      return Outcome(isAdded: drafts.add(key, number: value, from: found.source, in: channel))
    case .quantity, .quantityInOwnUnit:
      return readQuantity(found, in: line, of: telegram, as: type, key: key, in: channel)
    case .state:
      return Outcome(isAdded: drafts.add(key, number: StateWord.number(value).span, in: channel))
    case .text: return readText(value, OctetText.plain(value), key: key, in: channel)
    case .hexadecimal: return readText(value, OctetText.decode(value), key: key, in: channel)
    case .timestamp:
      let range = withLetter(found.range, of: telegram)
      let text = telegram.extracting(range)
      guard let instant = instant(text) else {
        return TelegramTime.hasForm(text) ? .absent : .unreadable
      }
      drafts[channel].add(key, instant, printedAt: found.source == nil ? nil : range)
      return .added
    case nil, .builtIn:
      let text = value.latin1Line.utf8Bytes
      drafts[channel].fields.add(key, text: text.span, from: found.source)
      return .added
    }
  }

  /// A number, converted from the printed unit to that of its type. The unit counts even if the pattern
  /// did not capture it.
  private mutating func readQuantity(
    _ found: PatternValue, in line: TelegramLayout.Line, of telegram: Span<UInt8>,
    as type: ValueType?,
    key: [UInt8], in channel: MBusChannel
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
      guard let quantity = Quantity(value), quantity.isCompatible(with: unit.unit) else {
        return .unreadable
      }
      number = quantity.number
      if quantity.unit != nil { exponent = quantity.exponent - unit.exponent }
    case .quantityInOwnUnit(let unit):
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
        from: found.source == nil ? nil : range.lowerBound + number.lowerBound, in: channel))
  }

  /// The value that the file names `timestamp`, in the form of ``TelegramTime`` or RFC 3339.
  private mutating func readTimestamp(
    _ found: PatternValue, of telegram: Span<UInt8>, in channel: MBusChannel
  ) -> Outcome {
    let range = withLetter(telegram.withoutBlanks(found.range), of: telegram)
    let text = telegram.extracting(range)
    if let instant = instant(text) {
      // The timestamp of a sub-meter also decides which of its readings is the newest.
      let isMoved = channel == .main && found.source != nil
      drafts[channel].set(instant, printedAt: isMoved ? range : nil)
      return .added
    }
    if let instant = Timestamp(text) {
      drafts[channel].set(instant)
      return .added
    }
    return TelegramTime.hasForm(text) ? .absent : .unreadable
  }

  /// A time with the letter after it, which a pattern may leave out. Without the letter, both hours
  /// from 02:00 to 03:00 in autumn would be the same.
  private func withLetter(_ range: Range<Int>, of telegram: Span<UInt8>) -> Range<Int> {
    let end = range.upperBound
    guard TelegramTime.hasTwelveDigits(telegram.extracting(range)), end + 1 < telegram.count,
      TelegramTime.isLetter(telegram[end])
    else {
      return range
    }
    return range.lowerBound..<(end + 1)
  }

  // MARK: - Matching

  /// Matches a line without its line ends, as a pattern does not expect them.
  private mutating func match(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ pattern: LinePattern,
    _ stepsLeft: inout Int
  ) -> LinePattern.Match {
    let text = telegram.extracting(line.range)
    guard text.indices.contains(where: { TelegramParser.isLineEnd(text[$0]) }) else {
      let digitsStart =
        layout.groups(of: line).first.map { $0.lowerBound - line.range.lowerBound } ?? 0
      let match = pattern.match(text, digitsStart: digitsStart, stepsLeft: &stepsLeft)
      let start = line.range.lowerBound
      return LinePattern.Match(
        value: match.value.map { $0.lowerBound + start..<$0.upperBound + start },
        holdsForOtherDigits: match.holdsForOtherDigits)
    }
    let places = line.range.filter { !TelegramParser.isLineEnd(telegram[$0]) }
    let joined = places.map { telegram[$0] }
    let match = pattern.match(joined.span, stepsLeft: &stepsLeft)
    let value = match.value.map { range -> Range<Int> in
      range.isEmpty ? 0..<0 : places[range.lowerBound]..<places[range.upperBound - 1] + 1
    }
    return LinePattern.Match(value: value, holdsForOtherDigits: false)
  }

  /// The groups of a line, limited to a part of it.
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

  /// False for a reading that was never taken, and for one that is not the newest of its sub-meter.
  private mutating func isNewest(
    _ line: TelegramLayout.Line, of telegram: Span<UInt8>, _ metric: Metric?,
    in channel: MBusChannel
  ) -> Bool {
    guard let metric, metric.isSubmeterReading else { return true }
    let groups = layout.groups(of: line)
    switch SubmeterValue.content(of: groups, in: telegram, metric.form, in: timeZone) {
    case .values(let values):
      return values.contains { $0.timestamp == drafts[channel].timestamp }
    case .absent: return false
    // The file may read lines that the table of metrics cannot.
    case .unreadable: return true
    }
  }
}

extension Range<Int> {
  /// Whether they overlap or are adjacent.
  fileprivate func touches(_ other: Range) -> Bool {
    lowerBound <= other.upperBound && upperBound >= other.lowerBound
  }
}
