import Records
import SystemPackage

/// An outbox on a disk. Its records survive the process, and its memory does not grow with them.
///
/// The directory is all of its state. The segments `0000000000000001` and so on are files of
/// records in the format of p1record(5), in the order of their numbers. A process never writes to a
/// segment of an earlier process. A segment is removed once all of its records are acknowledged;
/// the one that records are added to is truncated instead. `bad/` has the records that were rejected
/// or damaged, each behind a comment with the reason.
///
/// Each record is written at once, but synced (fdatasync(2)) only if it is not acknowledged within
/// ``SpoolLimits/sync``: a segment that is removed before the kernel writes it back costs the flash
/// no writes.
///
/// Where the records are, in the order of their numbers:
///
///     loaded      on the disk and in memory
///     …           on the disk only
///     unwritten   in memory only, until the disk can be written
public struct Spool: Outbox {
  let files: any SpoolFiles
  let limits: SpoolLimits
  public internal(set) var counts = OutboxCounts()
  var events = OutboxEvents()

  /// The segments, oldest first.
  var segments: [Segment] = []
  /// Whether records are added to the last segment.
  var isAdding = false
  var nextSequence: UInt64 = 1
  /// The size of all segments, in bytes.
  var size = 0
  /// The names of acknowledged segments that could not be removed yet.
  var pendingRemovals: [String] = []

  var loaded = RecordQueue()
  var unwritten = RecordQueue()
  /// One more than the highest number that a batch had.
  var batchedEnd: UInt64 = 0
  /// The segment that is being read, the offset of the next chunk in it, in bytes, and the number
  /// of the next record in it.
  var readSequence: UInt64?
  var readOffset = 0
  var readNumber: UInt64 = 0
  var reader = RecordReader()
  /// Used before `reader` if the segment is damaged.
  var damagedReader = DamagedSegmentReader()

  /// When the next write is tried after one failed; nil while writes succeed.
  var retryAt: ContinuousClock.Instant?
  /// Whether the write failed because the disk, or the quota, was full.
  var isDiskFull = false
  /// When segments were last dropped for room that other programs then took.
  var roomMadeAt: ContinuousClock.Instant?
  var lastSync: ContinuousClock.Instant?
  var isSyncFailing = false
  /// When the next read is tried after one failed; nil while reads succeed.
  var readRetryAt: ContinuousClock.Instant?
  var readFailures = 0
  /// How many records were in segments that another program removed, as found by `close`.
  private var missingCount = 0
  /// The time of the last call of `attend`.
  var now: ContinuousClock.Instant
  var quarantineDirectory: QuarantineDirectory

  /// The time between two tries of an operation that fails.
  static let retryDelay = Duration.seconds(1)
  /// The disk counts as full once it has no room for this many bytes.
  static let minimumWriteSize = 1024
  /// Beyond this many open segments, the ones that were ended are synced and closed.
  static let maximumOpenFiles = 32

  /// Opens a spool with the records that an earlier process left in it.
  ///
  /// - Throws: `Errno` if the directory cannot be read.
  public init(
    _ files: any SpoolFiles, _ limits: SpoolLimits, at now: ContinuousClock.Instant
  ) throws(Errno) {
    self.files = files
    self.limits = limits
    self.now = now
    quarantineDirectory = try QuarantineDirectory(files, capacity: limits.capacity)
    try recover(at: now)
  }

  public var first: UInt64 { loaded.first }
  public var end: UInt64 { unwritten.end }
  public var isFull: Bool {
    size >= limits.capacity / 2 || unwritten.size >= limits.memory / 2
  }
  public var isLasting: Bool { true }
  public var isAvailable: Bool { readRetryAt == nil }
  public var unkeptCount: Int { unwritten.count + missingCount }
  public var lostRejectedCount: Int { quarantineDirectory.lostCount }
  public var waitingSize: Int { size + unwritten.size }

  public var oldestSince: ContinuousClock.Instant? {
    if let since = loaded.oldestSince { return since }
    return first < unwritten.first ? segments.first?.since : unwritten.oldestSince
  }

  public var deadline: ContinuousClock.Instant? {
    let retry = unwritten.isEmpty ? nil : retryAt
    return [retry, readRetryAt, syncDue, quarantineDirectory.retryAt].compactMap(\.self).min()
  }

  // MARK: - Records in

  public mutating func add(_ record: Record, at now: ContinuousClock.Instant) {
    counts.read += 1
    unwritten.append(record, since: now)
    keepWithinMemory(at: now)
  }

  public mutating func store(at now: ContinuousClock.Instant) {
    if let retryAt, now < retryAt { return }
    var most = limits.segmentSize
    while !unwritten.isEmpty {
      do throws(Errno) {
        try writeSome(most, at: now)
      } catch {
        // The disk may have room for fewer bytes.
        if error == .noSpace, most > Spool.minimumWriteSize {
          most = min(most, unwritten.size) / 2
          continue
        }
        if retryAt == nil { events.append(.disconnected(error)) }
        isDiskFull = [.noSpace, .diskQuotaExceeded].contains(error)
        retryAt = now + Spool.retryDelay
        return
      }
      if retryAt != nil {
        retryAt = nil
        isDiskFull = false
        events.append(.reconnected)
      }
      keepWithinCapacity()
    }
  }

  // MARK: - Records out

  public mutating func batch(from number: UInt64, count: Int, size: Int) -> Batch {
    let start = max(number, first)
    while isAvailable, loaded.end < unwritten.first,
      !loaded.suffices(from: start, count: count, size: size)
    {
      load()
    }
    var batch = loaded.batch(from: start, count: count, size: size)
    if batch.records.isEmpty, loaded.end == unwritten.first {
      batch = unwritten.batch(from: start, count: count, size: size)
    }
    batchedEnd = max(batchedEnd, batch.end)
    return batch
  }

  public mutating func remove(before number: UInt64, rejected: Int) {
    let number = min(number, end)
    guard number > first else { return }
    counts.rejected += rejected
    let known = loaded.remove(before: number)
    counts.delivered += max(0, known + unwritten.remove(before: number) - rejected)
    if loaded.isEmpty, number > loaded.end { loaded.restart(at: number) }
    if rejected > 0 { quarantineDirectory.fsyncReportingFailure() }
    removeDone()
  }

  public mutating func quarantine(_ record: Record, reason: String) {
    quarantineDirectory.add(records: record.text, reason: reason, at: now)
  }

  // MARK: - Retries and syncs

  public mutating func attend(_ now: ContinuousClock.Instant) {
    self.now = now
    if let due = readRetryAt, now >= due { readRetryAt = nil }
    quarantineDirectory.attend(now)
    if let retryAt, now >= retryAt { store(at: now) }
    if let due = syncDue, now >= due { sync(at: now) }
    if !pendingRemovals.isEmpty { removeDone() }
    guard let last = segments.last, isAdding, now >= last.since + limits.segmentAge else { return }
    // Only once some of it is acknowledged, so that the rest soon is too and the file can be
    // removed.
    if first > last.first { isAdding = false }
  }

  public mutating func close(at now: ContinuousClock.Instant) {
    retryAt = nil
    store(at: now)
    isAdding = false
    removeDone()
    if !isEmpty { sync(at: now) }
    missingCount = countMissing()
    for index in segments.indices {
      if let file = segments[index].file { files.close(file) }
      segments[index].file = nil
    }
    quarantineDirectory.close(at: now)
  }

  public mutating func takeEvents() -> [OutboxEvent] {
    events.take() + quarantineDirectory.events.take()
  }
}

/// The bounds of a spool, and when it syncs.
public struct SpoolLimits: Sendable {
  /// The most bytes of segments on the disk; `bad/` may have as many again.
  public var capacity: Int
  /// The most bytes in memory while the disk cannot be written.
  public var memory: Int
  /// The age at which a record that is not acknowledged is synced to the disk.
  public var sync: Duration
  /// How long records are added to a segment of which some records are acknowledged.
  var segmentAge = Duration.seconds(10)
  /// The most bytes of written records that stay in memory, besides those in batches.
  var loaded = 1 << 20

  /// The size, in bytes, at which a new segment is begun: small against the capacity, as whole
  /// segments are dropped, and large enough to keep the number of files below about 4096.
  var segmentSize: Int { max(min(256 << 10, max(4096, capacity / 8)), capacity / 4096) }

  public init(capacity: Int, memory: Int, sync: Duration) {
    self.capacity = capacity
    self.memory = memory
    self.sync = sync
  }
}
