import Records

/// Remembers the values that were published, and leaves out those that have not changed since (`--on-change`).
///
/// The filter remembers the last value of each name. When its memory is full, it forgets the meter that
/// has been silent longest, whose values then are published again.
struct ChangeFilter {
  private struct Published {
    let value: [UInt8]
    /// The time of its record.
    let timestamp: Timestamp?
    let at: ContinuousClock.Instant
    /// The ``ChangeFilter/round`` in which it was published.
    let round: Int

    /// About how many bytes it takes beside its name: the value, and its place in a dictionary, of which
    /// half may be empty.
    var size: Int {
      32 + value.count + 2 * (MemoryLayout<Published>.stride + MemoryLayout<String>.stride)
    }
  }

  private let repeatInterval: Int64
  /// By meter and name.
  private var last: LRUCache<MeterKey, [String: Published]>
  private(set) var forgottenMeterCount = 0
  /// How often all values were to be published once more.
  private var round = 0

  /// - Parameters:
  ///   - repeatInterval: after how many seconds, by the records' time or by the clock, a value is
  ///     published though it has not changed; with 0, each one is.
  ///   - capacity: the most bytes that are remembered.
  init(repeatInterval: Int, capacity: Int) {
    self.repeatInterval = Int64(repeatInterval)
    last = LRUCache(capacity: capacity)
  }

  /// Whether a value is to be published, which it then counts as.
  mutating func passes(
    _ value: [UInt8], of name: String, _ meter: MeterKey, _ timestamp: Timestamp?,
    at now: ContinuousClock.Instant
  ) -> Bool {
    let device = meter.device
    let (interval, round) = (repeatInterval, round)
    var passes = true
    let isNew = last[device] == nil
    last.use(device, default: [:]) { known in
      let before = known[name]
      if let before, before.round == round, before.value == value,
        now < before.at + .seconds(interval),
        !ChangeFilter.isPast(interval, from: before.timestamp, to: timestamp)
      {
        passes = false
        return 0
      }
      let entry = Published(value: value, timestamp: timestamp, at: now, round: round)
      known[name] = entry
      return entry.size - (before?.size ?? -name.utf8.count) + (isNew ? device.size : 0)
    }
    while last.isOverfull, last.removeOldest() != nil { forgottenMeterCount += 1 }
    return passes
  }

  /// The last value of each name, with the time of its record.
  var all: [(name: String, value: [UInt8], timestamp: Timestamp?)] {
    last.keys.flatMap { meter in
      (last[meter] ?? [:]).map { ($0.key, $0.value.value, $0.value.timestamp) }
        .sorted { $0.0 < $1.0 }
    }
  }

  /// Forgets the values of a name, except that of a meter.
  mutating func forget(_ name: String, besides meter: MeterKey) {
    for other in last.keys where other != meter.device && last[other]?[name] != nil {
      last.use(other, default: [:]) { known in
        known.removeValue(forKey: name).map { -$0.size - name.utf8.count } ?? 0
      }
    }
  }

  /// Has all values published once more.
  mutating func publishAll() { round += 1 }

  /// Whether the interval is over by the records' time. It is, too, if that was set back.
  private static func isPast(
    _ interval: Int64, from first: Timestamp?, to last: Timestamp?
  ) -> Bool {
    guard let first, let last else { return false }
    return last < first || last.seconds - first.seconds >= interval
  }
}
