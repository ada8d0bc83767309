import Metrics
import Records

/// Logs of past values: power failures (DSMR P1 companion standard 4 and 5), and months in Belgium and
/// Hungary. An unreadable entry does not affect the others.
extension TelegramParser {
  /// `(230116090000W)(11.173*kW)`; some Belgian meters print the time after the value.
  mutating func readMonthPeak(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    let (times, values) = groups.prefix(2).partitioned {
      TelegramTime.hasForm(telegram.extracting($0))
    }
    guard let time = times.first, let value = values.first else { return .unreadable }
    guard let instant = instant(telegram.extracting(time)) else {
      return .absent
    }
    return addPeak(telegram.extracting(value), at: instant, key: key) ? .added : .unreadable
  }

  /// `(2)(0-0:96.7.19)`, then for each power failure `(end)(duration*s)`.
  mutating func readFailures(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    guard let first = groups.first, telegram.extracting(first).number != nil else {
      return .unreadable
    }
    guard options.includesHistory else { return .added }
    return forEachTimed(groups.dropFirst(2), of: telegram, times: 1) { parser, instant, value in
      guard let seconds = Quantity(value), seconds.isCompatible(with: .second),
        value.extracting(seconds.number).number != nil
      else {
        return false
      }
      return parser.addHistory(value.extracting(seconds.number), at: instant, key: key)
    }
  }

  /// `0-0:98.1.0`: past months.
  mutating func readMonths(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    guard let first = groups.first else { return .absent }
    let value = telegram.extracting(first)
    if TelegramTime.hasForm(value) { return readRegisters(groups, of: telegram) }
    guard value.number != nil else { return .unreadable }
    guard options.includesHistory else { return .added }
    // Belgium: `(1)(1-0:1.6.0)(1-0:1.6.0)`, then for each month `(end)(time of the peak)(kW)`.
    return forEachTimed(groups.dropFirst(3), of: telegram, times: 2) { parser, instant, value in
      parser.addPeak(value, at: instant, key: key)
    }
  }

  /// The registers of `0-0:98.1.0` in Hungary, in the order of their values: energy by direction and
  /// tariff, reactive energy by direction and quadrant, total energy, and the month's peaks.
  private static let registers =
    [
      OBISCode(1, 0, 1, 8, 0), OBISCode(1, 0, 1, 8, 1), OBISCode(1, 0, 1, 8, 2),
      OBISCode(1, 0, 2, 8, 0), OBISCode(1, 0, 2, 8, 1), OBISCode(1, 0, 2, 8, 2),
    ] + (3...8).map { OBISCode(1, 0, $0, 8, 0) }
    + [
      OBISCode(1, 0, 15, 8, 0),
      OBISCode(1, 0, 1, 6, 0), OBISCode(1, 0, 1, 6, 1), OBISCode(1, 0, 1, 6, 2),
      OBISCode(1, 0, 2, 6, 0), OBISCode(1, 0, 2, 6, 1), OBISCode(1, 0, 2, 6, 2),
    ]

  /// `(230701000000S)` and 19 values: the registers at that instant.
  private mutating func readRegisters(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>
  ) -> Outcome {
    let values = groups.dropFirst()
    // The values have no codes, so any other count would assign them wrongly.
    guard let first = groups.first, values.count == TelegramParser.registers.count else {
      return .unreadable
    }
    guard options.includesHistory,
      let instant = instant(telegram.extracting(first))
    else {
      return .added
    }
    var draft = RecordDraft(.main, at: instant)
    var outcome = Outcome.added
    for (code, value) in zip(TelegramParser.registers, values) where !value.isEmpty {
      if !read(register: code, telegram.extracting(value), into: &draft) { outcome = .unreadable }
    }
    drafts.add(history: draft)
    return outcome
  }

  /// Reads the lines inside the parentheses of `0-0:98.1.0`: a time, then the registers at that time.
  mutating func readHistoryLines(of telegram: Span<UInt8>) {
    guard let first = layout.historyLines.first,
      rule(for: TelegramLayout.blockCode).isReadAsBuiltIn
    else {
      return
    }
    guard MetricTable.metric(for: first.code)?.form == .telegramTime,
      let time = layout.groups(of: first).first,
      TelegramTime.hasForm(telegram.extracting(time))
    else {
      for line in layout.historyLines { report(telegram.extracting(line.range)) }
      return
    }
    guard let instant = instant(telegram.extracting(time)) else {
      return
    }
    var draft = RecordDraft(.main, at: instant)
    for line in layout.historyLines.dropFirst() {
      guard let group = layout.groups(of: line).first, !group.isEmpty else { continue }
      if !read(register: line.code, telegram.extracting(group), into: &draft) {
        report(telegram.extracting(line.range))
      }
    }
    drafts.add(history: draft)
  }

  /// Reads the value of a register into a history record. The first value of a key counts.
  ///
  /// - Returns: false if it is unreadable.
  private func read(
    register code: OBISCode, _ value: Span<UInt8>, into draft: inout RecordDraft
  ) -> Bool {
    let key = key(of: code)
    guard let unit = MetricTable.metric(for: code)?.unit, let quantity = Quantity(value),
      quantity.unit?.unit == unit
    else {
      return false
    }
    if draft.fields.contains(key.span) { return true }
    let isAdded = draft.fields.add(
      key, number: value.extracting(quantity.number),
      timesTenToThe: quantity.exponent)
    draft.isMeasured = draft.isMeasured || isAdded
    return isAdded
  }

  // MARK: - Parts

  /// Calls `body` with each value and the last of the `times` times right before it, which must not
  /// be descending. A value whose time is unset is skipped.
  ///
  /// - Returns: unreadable if there is anything else, or `body` returned false.
  private mutating func forEachTimed(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, times: Int,
    _ body: (inout TelegramParser, Timestamp, Span<UInt8>) -> Bool
  ) -> Outcome {
    var outcome = Outcome.added
    var instants: [Timestamp?] = []
    for group in groups where !group.isEmpty {
      let value = telegram.extracting(group)
      if TelegramTime.hasForm(value) {
        instants.append(instant(value))
        continue
      }
      let known = instants.suffix(times).compactMap { $0 }
      let isInOrder = zip(known, known.dropFirst()).allSatisfy { $0 >= $1 }
      if instants.count < times || !isInOrder || Quantity(value) == nil {
        outcome = .unreadable
      } else if let instant = instants.last ?? nil, !body(&self, instant, value) {
        outcome = .unreadable
      }
      instants.removeAll(keepingCapacity: true)
    }
    return outcome
  }

  private mutating func addPeak(
    _ value: Span<UInt8>, at instant: Timestamp, key: [UInt8]
  ) -> Bool {
    guard let power = Quantity(value), power.unit?.unit == .kilowatt else { return false }
    return addHistory(
      value.extracting(power.number), timesTenToThe: power.exponent, at: instant, key: key)
  }

  /// Adds a history record with one number.
  ///
  /// - Returns: false if the text is not a number.
  mutating func addHistory(
    _ number: Span<UInt8>, timesTenToThe exponent: Int = 0, at instant: Timestamp, key: [UInt8],
    in channel: MBusChannel = .main
  ) -> Bool {
    var draft = RecordDraft(channel, at: instant)
    draft.isMeasured = draft.fields.add(key, number: number, timesTenToThe: exponent)
    drafts.add(history: draft)
    return draft.isMeasured
  }

  private func key(of code: OBISCode) -> [UInt8] {
    (MetricTable.metric(for: code).map { naming.key(of: $0, at: code) } ?? code.key).utf8Bytes
  }
}

extension ArraySlice {
  /// The elements that satisfy a condition, and the others.
  fileprivate func partitioned(
    _ condition: (Element) -> Bool
  ) -> ([Element], [Element]) {
    (filter(condition), filter { !condition($0) })
  }
}
