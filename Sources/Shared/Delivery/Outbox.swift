import Records

/// What a sink has read and its receiver has not acknowledged yet: oldest first, bounded.
///
/// A sink adds what it reads, sends the oldest, and removes what was acknowledged or refused for
/// good. Each record has a number, by which both still mean the same when the bound has pushed
/// records out in between. Nothing in here ends a sink: what goes wrong is an event, to be said.
public protocol Outbox {
  /// What came in and what became of it.
  var counts: OutboxCounts { get }
  /// The number of the oldest record that waits, or of the next one to come.
  var first: UInt64 { get }
  /// The number of the next record to come.
  var end: UInt64 { get }
  /// Since when the oldest record waits; nil where none does.
  var oldestSince: ContinuousClock.Instant? { get }
  /// Whether it is time to read no more, where the receiver keeps up: soon the oldest would go.
  var isFull: Bool { get }
  /// The bytes that wait, about.
  var waitingSize: Int { get }
  /// Whether the oldest can be had now; else the disk is tried again, at the ``deadline``.
  var isAvailable: Bool { get }
  /// Whether what waits outlives the process, as far as it is not unkept.
  var isLasting: Bool { get }
  /// How many of those that wait are gone with the process nevertheless.
  var unkeptCount: Int { get }
  /// How many records, or parts of one, were refused and are kept nowhere.
  var lostRefusedCount: Int { get }
  /// When ``attend(_:)`` is to be called next; nil for not before anything else happens.
  var deadline: ContinuousClock.Instant? { get }

  /// Adds a record; where there is no room, the oldest go.
  mutating func add(_ record: Record, at now: ContinuousClock.Instant)

  /// Makes sure of what was added: an outbox on a disk writes it there.
  mutating func store(at now: ContinuousClock.Instant)

  /// Records to send.
  ///
  /// - Parameters:
  ///   - number: the number of the first one; the oldest one where that has gone.
  ///   - count: how many at most.
  ///   - size: how many bytes of text at most, but for a single record.
  /// - Returns: the records; none where there is none with such a number.
  mutating func batch(from number: UInt64, count: Int, size: Int) -> Batch

  /// Removes the records with numbers below `number`, all of which the receiver has answered.
  ///
  /// - Parameters:
  ///   - number: the number of the first one that stays.
  ///   - refused: how many of them it has refused, wholly or in part.
  mutating func remove(before number: UInt64, refused: Int)

  /// Keeps apart what the receiver will never take, before ``remove(before:refused:)``.
  ///
  /// - Parameters:
  ///   - record: the record, or a part of one.
  ///   - reason: what the receiver said.
  mutating func keepApart(_ record: Record, reason: String)

  /// Does what is due.
  mutating func attend(_ now: ContinuousClock.Instant)

  /// Ends the keeping: nothing is added or removed any more.
  mutating func close(at now: ContinuousClock.Instant)

  /// What happened since the last call, to be said.
  mutating func takeEvents() -> [OutboxEvent]
}

extension Outbox {
  /// How many records wait.
  public var count: Int { Int(end - first) }
  public var isEmpty: Bool { first == end }
  /// Whether all that waits is there for the next process.
  public var keepsAll: Bool { isLasting && unkeptCount == 0 }
}
