import Metrics

/// Makes one record per period of the records of each meter.
///
/// An instantaneous value (power, voltage, current) becomes its mean; of a counter or a text, the
/// last value is kept. The timestamp is that of the last record, for which the counters are exact.
/// Periods begin at whole multiples of their length since 1970. A period ends when a record with a
/// later time comes. No clock is used, so that a capture always gives the same result.
public struct Summary {
  private let seconds: Int64
  private let withExtremes: Bool
  private typealias Period = (meter: [UInt8], start: Int64, values: PeriodValues)

  /// The current periods of all meters and their channels, oldest first.
  private var periods: [Period] = []

  /// The records of past measurements that were passed on since a period last ended, as each
  /// telegram repeats them.
  private var past: Set<[UInt8]> = []

  /// The last record of each meter and channel. A record equal to it is left out, as a gas reading
  /// that each telegram repeats for an hour after its period has ended.
  private var last: [[UInt8]: [UInt8]] = [:]

  /// With more meters than this, the oldest period ends early.
  private static let maximumPeriods = 1000

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
    guard let timestamp = record.timestamp else { return try handle(record) }
    if record.isOfThePast {
      // Each telegram repeats the record.
      if past.count >= Summary.maximumPeriods { past = [] }
      return past.insert(record.text).inserted ? try handle(record) : ()
    }
    let start = timestamp.seconds - timestamp.seconds % seconds
    let meter = record.meterKey
    func isOver(_ period: Period) -> Bool {
      period.start + seconds <= timestamp.seconds || period.meter == meter && period.start != start
    }
    let ended = periods.filter(isOver)
    if !ended.isEmpty { periods.removeAll(where: isOver) }
    for period in ended { try end(meter: period.meter, period.values, handle) }
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

  /// Passes repetitions on again, because records that were passed on got lost.
  public mutating func forgetRepeats() {
    past = []
    last = [:]
  }

  /// Ends all periods at the end of the input.
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
    // With minimum and maximum, a name or the record may become too long.
    let record =
      Record(values.text(withExtremes: withExtremes)) ?? Record(values.text(withExtremes: false))
    guard let record, last[meter] != record.text else { return }
    if last.count >= Summary.maximumPeriods { last = [:] }
    last[meter] = record.text
    try handle(record)
  }
}

extension Record {
  /// The meter and the channel of the record.
  fileprivate var meterKey: [UInt8] {
    (value(of: .meter) ?? []) + [UInt8(ascii: "\n")] + (value(of: .channel) ?? [])
  }

  /// Whether all values were measured before the telegram was made, as the peak of a month is.
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
