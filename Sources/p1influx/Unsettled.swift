/// Batches that the server has acknowledged and may still forget: one that keeps in memory what it
/// has not written to its disk yet forgets it when it is killed.
struct Unsettled {
  struct Entry: Equatable {
    /// The number of the first record, and the one behind the last.
    let first: UInt64
    let end: UInt64
    /// How many of them were refused.
    let refused: Int
    /// When they count as delivered.
    let settledAt: ContinuousClock.Instant
  }

  /// How long the server is not believed.
  let delay: Duration
  private var entries: [Entry] = []

  /// - Parameter delay: how long the server is not believed; zero believes it at once.
  init(for delay: Duration) {
    self.delay = delay
  }

  var isEmpty: Bool { entries.isEmpty }
  /// When the first one counts as delivered.
  var deadline: ContinuousClock.Instant? { entries.first?.settledAt }
  /// The number behind the last record; nil where there is none.
  var end: UInt64? { entries.last?.end }

  mutating func add(
    _ numbers: Range<UInt64>, refused: Int, at now: ContinuousClock.Instant
  ) {
    entries.append(
      Entry(
        first: numbers.lowerBound, end: numbers.upperBound, refused: refused,
        settledAt: now + delay))
  }

  /// Takes out the oldest one, if it counts as delivered now.
  mutating func takeSettled(_ now: ContinuousClock.Instant) -> Entry? {
    guard let oldest = entries.first, now >= oldest.settledAt else { return nil }
    return entries.removeFirst()
  }

  /// The server may have forgotten them: they are to be sent again.
  mutating func removeAll() { entries = [] }
}
