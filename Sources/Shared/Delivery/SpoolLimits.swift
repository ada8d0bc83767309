/// How much a spool holds, and when the disk is made to keep it.
public struct SpoolLimits: Sendable {
  /// The most bytes on the disk, and as many again of what was refused.
  public var capacity: Int
  /// The most bytes in memory while the disk takes nothing.
  public var memory: Int
  /// How old a record gets before the disk is made to keep it, if the receiver has not got it.
  public var sync: Duration
  /// How long records are added to a segment that could go.
  var segmentAge = Duration.seconds(10)
  /// The most bytes that are in memory of what is on the disk, besides what is on its way.
  var loaded = 1 << 20

  /// The bytes at which a segment is ended: few enough for many of them, and not too many files.
  var segmentSize: Int { max(min(256 << 10, max(4096, capacity / 8)), capacity / 4096) }

  public init(capacity: Int = 64 << 20, memory: Int = 16 << 20, sync: Duration = .seconds(5)) {
    self.capacity = capacity
    self.memory = memory
    self.sync = sync
  }
}
