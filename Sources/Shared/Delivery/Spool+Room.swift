import Records
import SystemPackage

/// What goes where there is no room: the oldest, as far as that helps.
extension Spool {
  /// Drops the oldest segments, where the spool is larger than it may be.
  mutating func keepWithinCapacity() {
    while size > limits.capacity, segments.count > 1 { dropOldestSegment() }
  }

  /// Has the disk take what is too much for the memory, or else drops some of it.
  ///
  /// A full disk may have room where the oldest segment was. What is on a disk that takes nothing for
  /// another reason is the greater part, and can be read.
  mutating func keepWithinMemory(at now: ContinuousClock.Instant) {
    guard isMemoryFull else { return }
    store(at: now)
    var tries = 4
    while isMemoryFull, isDiskFull, roomMadeAt.map({ now >= $0 + Spool.pause }) ?? true,
      !segments.isEmpty
    {
      dropOldestSegment()
      let before = unwritten.count
      retryAt = now
      store(at: now)
      // Somebody else has taken that room: not one after the other for nothing.
      tries = unwritten.count < before ? 4 : tries - 1
      if tries == 0 { roomMadeAt = now }
    }
    while isMemoryFull {
      // Those that are in a batch keep their numbers, and their order with those on the disk.
      let isTaken = takenEnd > unwritten.first && !segments.isEmpty
      if isTaken { dropOldestSegment() } else { dropOldestInMemory() }
    }
  }

  private var isMemoryFull: Bool { unwritten.size > limits.memory && unwritten.count > 1 }

  private mutating func dropOldestSegment() {
    guard let oldest = segments.first else { return }
    if segments.count == 1 { isAdding = false }
    let next = oldest.end
    // Nothing may wait in one that is there for more to come.
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

  /// Drops the oldest that is in memory only; where others in front of it are on the disk, those
  /// behind it move up.
  private mutating func dropOldestInMemory() {
    let record: Record?
    if segments.isEmpty {
      record = unwritten.removeFirst()?.record
      loaded.restart(at: unwritten.first)
    } else {
      record = unwritten.removeFirst(notBefore: takenEnd)
    }
    counts.dropped += 1
    events.dropped(total: counts.dropped, record?.timestamp)
  }
}
