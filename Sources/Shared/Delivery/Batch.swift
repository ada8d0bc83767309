import Records

/// Records to send together.
public struct Batch: Equatable, Sendable {
  /// The number of the first one.
  public let first: UInt64
  /// The number that follows that of the last one.
  public let end: UInt64
  public let records: [Record]
}
