/// Batches that the server has acknowledged and may still lose: InfluxDB and VictoriaMetrics keep new
/// points in memory for a while, and lose them when they are killed (`--settle`).
struct UnconfirmedBatches {
  struct Batch: Equatable {
    /// The number of the first record, and the one after the last.
    let first: UInt64
    let end: UInt64
    /// How many of the records were rejected.
    let rejected: Int
    /// When the records count as delivered.
    let confirmedAt: ContinuousClock.Instant
  }

  /// How long after its acknowledgement a batch counts as delivered.
  private let delay: Duration
  private var batches: [Batch] = []

  init(delay: Duration) {
    self.delay = delay
  }

  var isEmpty: Bool { batches.isEmpty }
  /// When the oldest one counts as delivered.
  var deadline: ContinuousClock.Instant? { batches.first?.confirmedAt }
  /// The number after the last record; nil where there is none.
  var end: UInt64? { batches.last?.end }

  mutating func add(_ numbers: Range<UInt64>, rejected: Int, at now: ContinuousClock.Instant) {
    batches.append(
      Batch(
        first: numbers.lowerBound, end: numbers.upperBound, rejected: rejected,
        confirmedAt: now + delay))
  }

  /// Removes and returns the oldest batch, if it counts as delivered now.
  mutating func takeConfirmed(_ now: ContinuousClock.Instant) -> Batch? {
    guard let oldest = batches.first, now >= oldest.confirmedAt else { return nil }
    return batches.removeFirst()
  }

  /// Forgets all batches, which are to be sent again.
  mutating func removeAll() { batches = [] }
}
