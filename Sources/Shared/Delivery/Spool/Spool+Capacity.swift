import Records
import SystemPackage

/// Dropping the oldest records when the spool, the disk or the memory is full.
extension Spool {
  /// Drops the oldest segments while the spool is larger than its capacity.
  mutating func keepWithinCapacity() {
    while size > limits.capacity, segments.count > 1 { dropOldestSegment() }
  }

  /// Writes unwritten records to the disk when they fill the memory, or else drops the oldest.
  ///
  /// On a full disk, dropping the oldest segment makes room. If writes fail for another reason, the
  /// segments stay, as they can still be read and are the greater part.
  mutating func keepWithinMemory(at now: ContinuousClock.Instant) {
    guard isMemoryFull else { return }
    store(at: now)
    var tries = 4
    while isMemoryFull, isDiskFull, roomMadeAt.map({ now >= $0 + Spool.retryDelay }) ?? true,
      !segments.isEmpty
    {
      dropOldestSegment()
      let before = unwritten.count
      retryAt = now
      store(at: now)
      // If other programs take the room, no more than four segments are dropped for nothing.
      tries = unwritten.count < before ? 4 : tries - 1
      if tries == 0 { roomMadeAt = now }
    }
    while isMemoryFull {
      // Records in a batch must keep their numbers and their order, so older ones are dropped
      // instead.
      let isTaken = batchedEnd > unwritten.first && !segments.isEmpty
      if isTaken { dropOldestSegment() } else { dropOldestInMemory() }
    }
  }

  private var isMemoryFull: Bool { unwritten.size > limits.memory && unwritten.count > 1 }

  private mutating func dropOldestSegment() {
    guard let oldest = segments.first else { return }
    if segments.count == 1 { isAdding = false }
    let next = oldest.end
    // A segment without records has none to drop.
    if next > first {
      let times = times(of: oldest)
      let unread = Int(next - min(next, max(loaded.end, oldest.first)))
      let known = loaded.remove(before: next)
      if loaded.end < next { loaded.restart(at: next) }
      counts.dropped += known + unread
      events.dropped(total: counts.dropped, times?.lowerBound)
      events.dropped(total: counts.dropped, times?.upperBound)
    }
    removeDone()
  }

  /// Drops the oldest unwritten record. If segments have older records, the numbers of the
  /// unwritten ones before it increase by one.
  private mutating func dropOldestInMemory() {
    let record: Record?
    if segments.isEmpty {
      record = unwritten.removeFirst()?.record
      loaded.restart(at: unwritten.first)
    } else {
      record = unwritten.removeFirst(notBefore: batchedEnd)
    }
    counts.dropped += 1
    events.dropped(total: counts.dropped, record?.timestamp)
  }
}
