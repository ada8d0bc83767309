import Records
import SystemPackage

/// An outbox on a disk: what waits outlives the process, and takes no more memory the more it is.
///
/// The directory is all of its state. `0000000000000001` and so on are the segments, files of
/// records as p1record(5) has them, in the order of their numbers; no segment is ever written to by
/// a later process. One is removed once all of it was acknowledged; that which more is added to is
/// emptied. `bad/` has what was refused, and
/// what a power cut has torn, each with the reason before it.
///
/// A record is written as it comes, and the disk is only made to keep it (fdatasync(2)) where it is
/// not acknowledged soon: what is removed before the kernel writes it back wears out no flash.
///
/// What there is of records, in the order of their numbers:
///
///     loaded      on the disk, and in memory
///     …           on the disk only
///     unwritten   in memory only: the disk takes nothing, or will in a moment
public struct Spool: Outbox {
  let files: any SpoolFiles
  let limits: SpoolLimits
  public internal(set) var counts = OutboxCounts()
  var events = OutboxEvents()

  /// Oldest first; records are added to the last one, if it is open.
  var segments: [Segment] = []
  /// Whether records are added to the last segment.
  var isAdding = false
  var nextPlace: UInt64 = 1
  /// The bytes of all segments.
  var size = 0
  /// Segments that were done with and could not be removed.
  var unremoved: [String] = []

  var loaded = RecordQueue()
  var unwritten = RecordQueue()
  /// Up to where numbers were given out in batches.
  var takenEnd: UInt64 = 0
  /// The place of the segment that is being read, up to where it was, and the number of the record
  /// that comes next there.
  var readPlace: UInt64?
  var readOffset = 0
  var readNumber: UInt64 = 0
  var reader = RecordReader()
  /// Instead of that alone, in a segment that has something else in it.
  var parts = SpoilableRecords()

  /// When the disk that took nothing is tried again; nil while it takes records.
  var retryAt: ContinuousClock.Instant?
  /// Whether that is for lack of room.
  var isDiskFull = false
  /// When room was last made on it, and others had it.
  var roomMadeAt: ContinuousClock.Instant?
  var lastSync: ContinuousClock.Instant?
  var isSyncFailing = false
  /// When a segment that could not be read is tried again; nil while they can.
  var readRetryAt: ContinuousClock.Instant?
  var readFailures = 0
  /// Records of segments that somebody has removed, as was found at the end.
  private var goneCount = 0
  /// The time that was last told.
  var now: ContinuousClock.Instant
  var bad: BadRecords

  /// What failed is tried again so soon.
  static let pause = Duration.seconds(1)
  /// Where there is no room for so few bytes, the disk is full.
  static let leastSize = 1024
  /// So many files are open at most, but for a few.
  static let mostOpen = 32

  /// Takes over what an earlier process has left in a directory.
  ///
  /// - Parameters:
  ///   - files: the directory.
  ///   - limits: how much there may be.
  ///   - now: the time.
  /// - Throws: `Errno` where the directory cannot be read.
  public init(
    _ files: any SpoolFiles, _ limits: SpoolLimits, at now: ContinuousClock.Instant
  ) throws(Errno) {
    self.files = files
    self.limits = limits
    self.now = now
    bad = try BadRecords(files, capacity: limits.capacity)
    try recover(at: now)
  }

  public var first: UInt64 { loaded.first }
  public var end: UInt64 { unwritten.end }
  public var isFull: Bool {
    size >= limits.capacity / 2 || unwritten.size >= limits.memory / 2
  }
  public var isLasting: Bool { true }
  public var isAvailable: Bool { readRetryAt == nil }
  public var unkeptCount: Int { unwritten.count + goneCount }
  public var lostRefusedCount: Int { bad.lostCount }
  public var waitingSize: Int { size + unwritten.size }

  public var oldestSince: ContinuousClock.Instant? {
    if let since = loaded.oldestSince { return since }
    return first < unwritten.first ? segments.first?.since : unwritten.oldestSince
  }

  public var deadline: ContinuousClock.Instant? {
    let retry = unwritten.isEmpty ? nil : retryAt
    return [retry, readRetryAt, syncDue, bad.retryAt].compactMap(\.self).min()
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
        // There may be room for less.
        if error == .noSpace, most > Spool.leastSize {
          most = min(most, unwritten.size) / 2
          continue
        }
        if retryAt == nil { events.append(.disconnected(error)) }
        isDiskFull = [.noSpace, .diskQuotaExceeded].contains(error)
        retryAt = now + Spool.pause
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
    takenEnd = max(takenEnd, batch.end)
    return batch
  }

  public mutating func remove(before number: UInt64, refused: Int) {
    let number = min(number, end)
    guard number > first else { return }
    counts.refused += refused
    let known = loaded.remove(before: number)
    counts.delivered += max(0, known + unwritten.remove(before: number) - refused)
    if loaded.isEmpty, number > loaded.end { loaded.restart(at: number) }
    if refused > 0 { bad.sync() }
    removeDone()
  }

  public mutating func keepApart(_ record: Record, reason: String) {
    bad.keep(record.text, reason: reason, at: now)
  }

  // MARK: - What is due

  public mutating func attend(_ now: ContinuousClock.Instant) {
    self.now = now
    if let due = readRetryAt, now >= due { readRetryAt = nil }
    bad.attend(now)
    if let retryAt, now >= retryAt { store(at: now) }
    if let due = syncDue, now >= due { sync(at: now) }
    if !unremoved.isEmpty { removeDone() }
    guard let last = segments.last, isAdding, now >= last.since + limits.segmentAge else { return }
    // Once something of it was acknowledged, so that the rest is soon.
    if first > last.first { isAdding = false }
  }

  public mutating func close(at now: ContinuousClock.Instant) {
    retryAt = nil
    store(at: now)
    isAdding = false
    removeDone()
    if !isEmpty { sync(at: now) }
    goneCount = countGone()
    for index in segments.indices {
      if let file = segments[index].file { files.close(file) }
      segments[index].file = nil
    }
    bad.close(at: now)
  }

  public mutating func takeEvents() -> [OutboxEvent] { events.take() + bad.events.take() }
}
