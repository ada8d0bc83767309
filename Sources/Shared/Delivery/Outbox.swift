import Records

/// A bounded buffer of the records that a sink has read and its receiver has not acknowledged yet.
///
/// A sink adds each record that it reads, sends the oldest ones, and removes those that the
/// receiver has acknowledged or rejected for good. Records are numbered, so that an acknowledgement
/// means the same records even if the outbox has dropped some of them meanwhile. No failure in an
/// outbox ends the sink: failures are reported as events.
public protocol Outbox {
  /// How many records were read, and what became of them.
  var counts: OutboxCounts { get }
  /// The number of the oldest buffered record, or of the next one to be added if none is buffered.
  var first: UInt64 { get }
  /// The number of the next record to be added.
  var end: UInt64 { get }
  /// When the oldest buffered record was added; nil if the outbox is empty.
  var oldestSince: ContinuousClock.Instant? { get }
  /// Whether the sink should stop reading while the receiver keeps up, before records are dropped.
  var isFull: Bool { get }
  /// The approximate size of the buffered records, in bytes.
  var waitingSize: Int { get }
  /// Whether the oldest record can be read now; if not, the read is retried at the ``deadline``.
  var isAvailable: Bool { get }
  /// Whether buffered records survive the process, except for ``unkeptCount`` of them.
  var isLasting: Bool { get }
  /// How many of the buffered records would be lost if the process ended now.
  var unkeptCount: Int { get }
  /// How many records, or parts of one, the receiver rejected and no file has.
  var lostRejectedCount: Int { get }
  /// When ``attend(_:)`` has to be called next; nil if no time is set.
  var deadline: ContinuousClock.Instant? { get }

  /// Adds a record. If the outbox is full, the oldest records are dropped.
  mutating func add(_ record: Record, at now: ContinuousClock.Instant)

  /// Writes the records that were added to the disk, if the outbox has one.
  mutating func store(at now: ContinuousClock.Instant)

  /// The next records to send; they stay in the outbox.
  ///
  /// - Parameters:
  ///   - number: the number of the first record; if that one was removed, the oldest is the first.
  ///   - count: the most records.
  ///   - size: the most bytes of text; a single record may be larger.
  mutating func batch(from number: UInt64, count: Int, size: Int) -> Batch

  /// Removes the records with numbers below `number`, all of which the receiver has answered.
  ///
  /// - Parameter rejected: how many of them the receiver rejected, wholly or in part.
  mutating func remove(before number: UInt64, rejected: Int)

  /// Saves a record, or a part of one, that the receiver rejected for good, with the receiver's
  /// reason. This has to come before ``remove(before:rejected:)``.
  mutating func quarantine(_ record: Record, reason: String)

  /// Retries and syncs what is due at `now`.
  mutating func attend(_ now: ContinuousClock.Instant)

  /// Writes what it can and closes all files. The outbox must not be used afterwards.
  mutating func close(at now: ContinuousClock.Instant)

  /// Returns the events since the last call.
  mutating func takeEvents() -> [OutboxEvent]
}

extension Outbox {
  public var count: Int { Int(end - first) }
  public var isEmpty: Bool { first == end }
  /// Whether the next process will find all buffered records.
  public var keepsAll: Bool { isLasting && unkeptCount == 0 }
}

/// How many records an outbox has read since it was made, and what became of them.
public struct OutboxCounts: Equatable, Sendable {
  public var read = 0
  /// Records that the receiver has acknowledged.
  public var delivered = 0
  /// Records, or parts of one, that the receiver rejected for good or the disk has damaged.
  public var rejected = 0
  /// Records that were dropped because the outbox was full.
  public var dropped = 0

  public init() {}
}

/// Records with consecutive numbers, to be sent together.
public struct Batch: Equatable, Sendable {
  /// The number of the first record.
  public let first: UInt64
  /// One more than the number of the last record.
  public let end: UInt64
  public let records: [Record]
}
