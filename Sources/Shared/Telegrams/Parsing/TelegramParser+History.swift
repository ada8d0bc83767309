import Metrics
import Records

/// What meters print of the past: power failures (DSMR P1 companion standard 4 and 5), and in Belgium
/// and Hungary months. What is odd in it costs only itself.
extension TelegramParser {
  /// `(230116090000W)(11.173*kW)`; some Belgian meters print the time behind the value.
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

  /// `(2)(0-0:96.7.19)` and then, for each failure, `(its end)(its duration*s)`.
  mutating func readFailures(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    guard let first = groups.first, telegram.extracting(first).number != nil else {
      return .unreadable
    }
    guard options.includesHistory else { return .added }
    return forEachTimed(groups.dropFirst(2), of: telegram, times: 1) { parser, instant, value in
      guard let seconds = Quantity(value), seconds.canBe(in: .second),
        value.extracting(seconds.number).number != nil
      else {
        return false
      }
      return parser.addPast(value.extracting(seconds.number), at: instant, key: key)
    }
  }

  /// What `0-0:98.1.0` says of past months.
  mutating func readMonths(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>, key: [UInt8]
  ) -> Outcome {
    guard let first = groups.first else { return .absent }
    let value = telegram.extracting(first)
    if TelegramTime.hasForm(value) { return readRegisters(groups, of: telegram) }
    guard value.number != nil else { return .unreadable }
    guard options.includesHistory else { return .added }
    // Belgium: `(1)(1-0:1.6.0)(1-0:1.6.0)` and then, for each month, `(its end)(TST)(kW)`.
    return forEachTimed(groups.dropFirst(3), of: telegram, times: 2) { parser, instant, value in
      parser.addPeak(value, at: instant, key: key)
    }
  }

  /// The registers of `0-0:98.1.0` in Hungary, in the order of their values: energy by direction and
  /// tariff, reactive energy by direction and quadrant, all energy, and the peaks of the month.
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

  /// `(230701000000S)` and 19 values: what the registers said at that instant.
  private mutating func readRegisters(
    _ groups: ArraySlice<Range<Int>>, of telegram: Span<UInt8>
  ) -> Outcome {
    let values = groups.dropFirst()
    // Which value is which is known by their number alone.
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
    drafts.add(past: draft)
    return outcome
  }

  /// Reads the lines that stand within `0-0:98.1.0`, `(` and `)`: the registers at an instant that
  /// the first of them tells.
  mutating func readPastLines(of telegram: Span<UInt8>) {
    guard let first = layout.pastLines.first,
      rule(for: TelegramLayout.blockCode).isReadAsBuiltIn
    else {
      return
    }
    guard MetricTable.metric(for: first.code)?.form == .telegramTime,
      let time = layout.groups(of: first).first,
      TelegramTime.hasForm(telegram.extracting(time))
    else {
      for line in layout.pastLines { report(telegram.extracting(line.range)) }
      return
    }
    guard let instant = instant(telegram.extracting(time)) else {
      return
    }
    var draft = RecordDraft(.main, at: instant)
    for line in layout.pastLines.dropFirst() {
      guard let group = layout.groups(of: line).first, !group.isEmpty else { continue }
      if !read(register: line.code, telegram.extracting(group), into: &draft) {
        report(telegram.extracting(line.range))
      }
    }
    drafts.add(past: draft)
  }

  /// Reads the value of a register into a record of the past; of two the first counts.
  ///
  /// - Returns: false where it is none.
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
      key.span, number: value.extracting(quantity.number),
      timesTenToThe: quantity.exponent)
    draft.isMeasured = draft.isMeasured || isAdded
    return isAdded
  }

  // MARK: - Parts

  /// Calls `body` with each value that so many times stand right before, and the last one of these,
  /// which is none after the others; a value whose time stands for none is passed over.
  ///
  /// - Returns: unreadable where there is anything else, or `body` could not read one.
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
    return addPast(
      value.extracting(power.number), timesTenToThe: power.exponent, at: instant, key: key)
  }

  /// Adds a record of the past that has a number alone.
  ///
  /// - Returns: false where it is no number.
  mutating func addPast(
    _ number: Span<UInt8>, timesTenToThe exponent: Int = 0, at instant: Timestamp, key: [UInt8],
    in slot: RecordDraft.Slot = .main
  ) -> Bool {
    var draft = RecordDraft(slot, at: instant)
    draft.isMeasured = draft.fields.add(key.span, number: number, timesTenToThe: exponent)
    drafts.add(past: draft)
    return draft.isMeasured
  }

  private func key(of code: OBISCode) -> [UInt8] {
    (MetricTable.metric(for: code).map { naming.key(of: $0, at: code) } ?? code.key).utf8Bytes
  }
}

extension ArraySlice {
  /// The elements that fulfil a condition, and the others.
  fileprivate func partitioned(
    _ condition: (Element) -> Bool
  ) -> ([Element], [Element]) {
    (filter(condition), filter { !condition($0) })
  }
}
