/// What came into an outbox, and what became of it, since its beginning.
public struct OutboxCounts: Equatable, Sendable {
  /// Records that were read.
  public var read = 0
  /// Records that the receiver acknowledged.
  public var delivered = 0
  /// Records, or parts of one, that the receiver refused for good, or that a disk has spoilt.
  public var refused = 0
  /// Records that went as there was no room.
  public var dropped = 0

  public init() {}
}
