import Records

/// What a sink has read and its receiver has not acknowledged yet: oldest first, bounded.
///
/// A sink adds what it reads, sends the oldest, and removes what was acknowledged or refused for
/// good. Each record has a number, by which both still mean the same when the bound has pushed
/// records out in between.
public protocol Outbox {
  /// How many records wait.
  var count: Int { get }
  /// Whether it is time to read no more, where the receiver keeps up: soon the oldest would go.
  var isFull: Bool { get }
  /// How many records were pushed out, since the beginning.
  var droppedCount: Int { get }

  /// Adds a record; where there is no room, the oldest go.
  mutating func add(_ record: Record) throws

  /// The oldest records that wait, at most `limit`, and the number of the first one.
  func oldest(_ limit: Int) throws -> Batch

  /// Removes the records with numbers below `number`: the receiver has them.
  mutating func remove(before number: UInt64) throws

  /// Removes the oldest record, if it has this number: the receiver will never take it.
  mutating func refuse(_ number: UInt64, reason: String) throws
}

extension Outbox {
  public var isEmpty: Bool { count == 0 }
}

/// Records to send together, numbered from `first` on.
public struct Batch: Equatable, Sendable {
  public let first: UInt64
  public let records: [Record]

  /// The number of the record that would follow.
  public var end: UInt64 { first + UInt64(records.count) }
}
