import Metrics

/// Fewer records: one for each period, of those that a meter has in it.
///
/// What tells of an instant (power, voltage, current) becomes its mean; a counter or a text, the last
/// one. The time is that of the last record, for which the counters are exact. Periods begin at
/// whole multiples of their length since 1970. A period is over once a record of a later time comes.
/// Nothing but the records counts, so that a capture always gives the same.
public struct Summary {
  private let seconds: Int64
  private let withExtremes: Bool
  /// The periods that are not over, of the meters and their channels.
  private var periods: [(meter: [UInt8], start: Int64, values: PeriodValues)] = []

  /// What is past, as far as it was said since a period ended.
  private var past: Set<[UInt8]> = []

  /// The last record of each meter and channel: one that says no more than that is left out, as a gas
  /// reading that each telegram repeats for an hour, whose period is long over.
  private var last: [[UInt8]: [UInt8]] = [:]

  /// Of more meters at once, the oldest period ends early.
  private static let maximumPeriods = 1000

  /// - Parameters:
  ///   - seconds: the length of a period.
  ///   - withExtremes: whether the least and the greatest value stand beside each mean.
  public init(every seconds: Int, withExtremes: Bool) {
    self.seconds = Int64(max(1, seconds))
    self.withExtremes = withExtremes
  }

  /// Takes a record.
  ///
  /// - Parameters:
  ///   - record: one that has a timestamp.
  ///   - handle: called with the records of the periods that are over.
  /// - Throws: what `handle` threw.
  public mutating func add<Failure>(
    _ record: Record, _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    guard let timestamp = record.timestamp else { return try handle(record) }
    if record.isOfThePast {
      // Each telegram says it again.
      if past.count >= Summary.maximumPeriods { past = [] }
      return past.insert(record.text).inserted ? try handle(record) : ()
    }
    let start = timestamp.seconds - timestamp.seconds % seconds
    let meter = record.meterKey
    for index in periods.indices.reversed() {
      let period = periods[index]
      let isOther = period.meter == meter && period.start != start
      if isOther || period.start + seconds <= timestamp.seconds {
        periods.remove(at: index)
        try end(meter: period.meter, period.values, handle)
      }
    }
    if let index = periods.firstIndex(where: { $0.meter == meter }) {
      periods[index].values.add(record)
    } else {
      if periods.count == Summary.maximumPeriods {
        let oldest = periods.removeFirst()
        try end(meter: oldest.meter, oldest.values, handle)
      }
      periods.append((meter, start, PeriodValues(record)))
    }
  }

  /// Something that was handed on got lost: what says it again is not left out.
  public mutating func forgetRepeats() {
    past = []
    last = [:]
  }

  /// Ends all periods: no more records come.
  public mutating func finish<Failure>(
    _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    let rest = periods
    periods = []
    for period in rest { try end(meter: period.meter, period.values, handle) }
  }

  private mutating func end<Failure>(
    meter: [UInt8], _ values: PeriodValues, _ handle: (Record) throws(Failure) -> Void
  ) throws(Failure) {
    past = []
    // With extremes, a name may become too long, or the whole.
    let record =
      Record(values.text(withExtremes: withExtremes)) ?? Record(values.text(withExtremes: false))
    guard let record, last[meter] != record.text else { return }
    if last.count >= Summary.maximumPeriods { last = [:] }
    last[meter] = record.text
    try handle(record)
  }
}

extension Record {
  /// Which meter, and which channel of it, the record is of.
  fileprivate var meterKey: [UInt8] {
    (value(of: .meter) ?? []) + [UInt8(ascii: "\n")] + (value(of: .channel) ?? [])
  }

  /// Whether all that was measured was so before the telegram: the peak of a month.
  fileprivate var isOfThePast: Bool {
    var hasMetric = false
    var isPast = true
    forEachField { key, _ in
      guard !RecordKey.isReserved(key) else { return }
      hasMetric = true
      isPast = isPast && MetricTable.isOfThePast(key)
    }
    return hasMetric && isPast
  }
}
