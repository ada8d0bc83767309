import Records

/// An outbox in memory alone. Its records are lost when the process ends.
public struct MemoryOutbox: Outbox {
  /// The most bytes that are buffered.
  public let capacity: Int
  public private(set) var counts = OutboxCounts()
  private var queue = RecordQueue()
  private var events = OutboxEvents()

  /// - Parameter capacity: the most bytes; a single record is always taken.
  public init(capacity: Int) {
    self.capacity = capacity
  }

  public var first: UInt64 { queue.first }
  public var end: UInt64 { queue.end }
  public var oldestSince: ContinuousClock.Instant? { queue.oldestSince }
  public var deadline: ContinuousClock.Instant? { nil }
  public var isLasting: Bool { false }
  public var isAvailable: Bool { true }
  public var waitingSize: Int { queue.size }
  public var unkeptCount: Int { count }
  public var lostRejectedCount: Int { counts.rejected }

  /// True from half of the bound on, so that what the sink has already read still has room.
  public var isFull: Bool { queue.size >= capacity / 2 }

  public mutating func add(_ record: Record, at now: ContinuousClock.Instant) {
    counts.read += 1
    queue.append(record, since: now)
    while queue.size > capacity, queue.count > 1, let oldest = queue.removeFirst() {
      counts.dropped += 1
      events.dropped(total: counts.dropped, oldest.record?.timestamp)
    }
  }

  public mutating func store(at now: ContinuousClock.Instant) {}

  public func batch(from number: UInt64, count: Int, size: Int) -> Batch {
    queue.batch(from: number, count: count, size: size)
  }

  public mutating func remove(before number: UInt64, rejected: Int) {
    counts.rejected += rejected
    counts.delivered += max(0, queue.remove(before: number) - rejected)
  }

  public mutating func quarantine(_ record: Record, reason: String) {}

  public mutating func attend(_ now: ContinuousClock.Instant) {}
  public mutating func close(at now: ContinuousClock.Instant) {}

  public mutating func takeEvents() -> [OutboxEvent] {
    events.take()
  }
}
