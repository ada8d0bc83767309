import Metrics

/// Makes one record per period of the records of each meter.
///
/// An instantaneous value (power, voltage, current) becomes its mean; of a counter or a text, the
/// last value is kept. The timestamp is that of the last record, for which the counters are exact.
/// Periods begin at whole multiples of their length since 1970. A period ends when a record with a
/// later time comes. No clock is used, so that a capture always gives the same result.
public struct Summary {
  /// A meter or a channel of it.
  private struct Series {
    let meter: [UInt8]
    /// The start of the current period; nil between two periods.
    var start: Int64?
    var values: PeriodValues
    /// The ``Summary/telegramCount`` of its last record.
    var lastTelegram: Int
    /// The last record. A record equal to it is left out, as a gas reading that each telegram repeats
    /// for an hour after its period has ended.
    var last: [UInt8] = []
  }

  private let seconds: Int64
  private let withExtremes: Bool

  private var series: [Series] = []
  private var indices: [[UInt8]: Int] = [:]
  /// The current periods, oldest first: indices in ``series``.
  private var periods: [Int] = []
  /// No current period ends before this time.
  private var nextEnd = Int64.max

  /// The records of past measurements that were passed on since a period of their meter last ended, as each
  /// telegram repeats them.
  private var past: [[UInt8]: Set<[UInt8]>] = [:]
  private var pastCount = 0

  /// A record that is added alone counts as a telegram.
  private var telegramCount = 0

  private var shapes = PredictiveCache<PeriodShape>()
  /// The shapes of the records of the last telegram, and the number of what it has in common with others.
  private var telegramShapes: [PeriodShape] = []
  private var telegramShape: Int?
  /// The keys of recent shapes, newest last.
  private var keys: [PeriodKeys] = []

  /// With more meters than this, the oldest period ends early.
  private static let maximumPeriods = 1000
  private static let maximumKeys = 16

  /// - Parameters:
  ///   - seconds: the length of a period, in seconds.
  ///   - withExtremes: whether the minimum and the maximum are added to each mean.
  public init(every seconds: Int, withExtremes: Bool) {
    self.seconds = Int64(max(1, seconds))
    self.withExtremes = withExtremes
  }

  /// Adds a record, and calls `handle` with the records of the periods that it ends. A record
  /// without a timestamp is passed on at once.
  ///
  /// - Throws: what `handle` threw.
  public mutating func add<Failure>(
    _ record: Record, _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    telegramCount += 1
    let text = record.text.span
    let shape = shapes.first { $0.matches(text) ? $0 : nil } ?? learnShape(of: record)
    try add(text, record.timestamp, shape, handle)
  }

  /// Adds the records of a telegram that a ``RecordWriter`` wrote as lines. A record that is older than the one
  /// before it of the same meter is of the telegram's history, and is passed on at once.
  ///
  /// - Parameter number: the telegram's `knownShape`; nil if it has none. Telegrams of one shape have records that differ only in digits.
  /// - Throws: what `handle` threw.
  public mutating func add<Failure>(
    written records: Span<UInt8>, ofShape number: Int?,
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    telegramCount += 1
    if number == nil || number != telegramShape {
      findShapes(of: records)
      telegramShape = number
    }
    var start = 0
    for shape in telegramShapes {
      let text = records.extracting(start..<(start + shape.count))
      try add(text, shape.timestamp(of: text), shape, handle)
      start += shape.count + 1
    }
  }

  /// Makes ``telegramShapes`` the shapes of the records of a telegram.
  private mutating func findShapes(of records: Span<UInt8>) {
    telegramShapes.removeAll(keepingCapacity: true)
    var start = 0
    while start < records.count {
      let rest = records.extracting(start...)
      let shape =
        shapes.first { $0.matchesRecord(at: rest) ? $0 : nil }
        ?? learnShape(of: Record(written: rest))
      telegramShapes.append(shape)
      start += shape.count + 1
    }
  }

  private mutating func learnShape(of record: Record) -> PeriodShape {
    let shape = PeriodShape(record, known: keys)
    shapes.add(shape)
    if !keys.contains(where: { $0 === shape.keys }) {
      if keys.count == Summary.maximumKeys { keys.removeFirst() }
      keys.append(shape.keys)
    }
    return shape
  }

  private mutating func add<Failure>(
    _ text: Span<UInt8>, _ timestamp: Timestamp?, _ shape: PeriodShape,
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    guard let timestamp else { return try handle(Record(checked: [UInt8](text), nil)) }
    let index = indexOfSeries(of: text, shape)
    if shape.keys.isOfThePast || index.map({ isOfHistory(timestamp, $0) }) ?? false {
      let record = Record(checked: [UInt8](text), timestamp)
      return isNew(record, ofMeter: shape.meter(of: text)) ? try handle(record) : ()
    }
    if let index {
      series[index].lastTelegram = telegramCount
      // A reading of gas that each telegram repeats would begin and end a period with each of them.
      if shape.keys.averagedIndices.isEmpty, isRepeated(text, index) { return }
    }
    let start = timestamp.seconds - timestamp.seconds % seconds
    if timestamp.seconds >= nextEnd || index.flatMap({ series[$0].start }) ?? start != start {
      try endPeriods(at: timestamp.seconds, andOf: index, unlessFrom: start, handle)
    }
    if let index, series[index].start != nil {
      series[index].values.add(text, timestamp, shape)
    } else {
      try beginPeriod(of: index, at: start, text, timestamp, shape, handle)
    }
  }

  /// Whether a record of the past was not passed on since a period of its meter last ended.
  private mutating func isNew(_ record: Record, ofMeter meter: [UInt8]) -> Bool {
    if pastCount >= Summary.maximumPeriods { (past, pastCount) = ([:], 0) }
    let isNew = past[meter, default: []].insert(record.text).inserted
    if isNew { pastCount += 1 }
    return isNew
  }

  /// Whether a record is equal to the last one of its meter.
  private func isRepeated(_ text: Span<UInt8>, _ index: Int) -> Bool {
    series[index].start == nil ? text == series[index].last : series[index].values.isNewest(text)
  }

  private func isOfHistory(_ timestamp: Timestamp, _ index: Int) -> Bool {
    series[index].lastTelegram == telegramCount && timestamp < series[index].values.timestamp
  }

  private func indexOfSeries(of record: Span<UInt8>, _ shape: PeriodShape) -> Int? {
    let likeliest = shape.seriesIndex
    if likeliest < series.count, shape.isMeter(series[likeliest].meter, of: record) {
      return likeliest
    }
    let index = indices[shape.meter(of: record)]
    if let index { shape.seriesIndex = index }
    return index
  }

  /// Begins a period with its first record.
  ///
  /// - Parameter index: nil for a new series.
  private mutating func beginPeriod<Failure>(
    of index: Int?, at start: Int64, _ text: Span<UInt8>, _ timestamp: Timestamp,
    _ shape: PeriodShape, _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    if let index {
      series[index].start = start
      series[index].values = PeriodValues(text, timestamp, shape)
      periods.append(index)
    } else {
      let index = try freeIndex(handle)
      let new = Series(
        meter: shape.meter(of: text), start: start, values: PeriodValues(text, timestamp, shape),
        lastTelegram: telegramCount)
      if index < series.count { series[index] = new } else { series.append(new) }
      indices[new.meter] = index
      periods.append(index)
    }
    nextEnd = min(nextEnd, start + seconds)
  }

  /// The index for a new series: of one between two periods, or whose period ends early, if there are
  /// too many.
  private mutating func freeIndex<Failure>(
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    guard series.count == Summary.maximumPeriods else { return series.count }
    let index: Int
    if let idle = series.firstIndex(where: { $0.start == nil }) {
      index = idle
    } else {
      index = periods.removeFirst()
      try endPeriod(of: index, handle)
    }
    indices[series[index].meter] = nil
    return index
  }

  /// Passes repetitions on again, because records that were passed on got lost.
  public mutating func forgetRepeats() {
    (past, pastCount) = ([:], 0)
    for index in series.indices { series[index].last = [] }
  }

  /// Ends all periods at the end of the input.
  public mutating func finish<Failure>(
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    try endPeriods(at: .max, andOf: nil, unlessFrom: 0, handle)
  }

  /// Ends the periods that are over at a time, and that of a series unless it begins at `start`.
  private mutating func endPeriods<Failure>(
    at time: Int64, andOf index: Int?, unlessFrom start: Int64,
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    var ended: [Int] = []
    nextEnd = .max
    periods.removeAll { period in
      guard let begin = series[period].start else { return true }
      let isOver = begin + seconds <= time || period == index && begin != start
      if isOver { ended.append(period) } else { nextEnd = min(nextEnd, begin + seconds) }
      return isOver
    }
    for period in ended { try endPeriod(of: period, handle) }
  }

  private mutating func endPeriod<Failure>(
    of index: Int, _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    series[index].start = nil
    let values = series[index].values
    // With minimum and maximum, a name or the record may become too long.
    let record = values.record(withExtremes: withExtremes) ?? values.record(withExtremes: false)
    guard let record, series[index].last != record.text else { return }
    pastCount -= past.removeValue(forKey: series[index].meter)?.count ?? 0
    series[index].last = record.text
    try handle(record)
  }
}
