import Records

/// A file of a spool: records in the format of p1record(5), each with its empty line.
struct Segment {
  /// The sequence number, which is the name of the file.
  let sequence: UInt64
  /// The number of the first record, or of the first one to be added if the segment is empty.
  var first: UInt64
  /// How many records the segment has. `size` is in bytes.
  var count: Int
  var size: Int
  /// When the first record was added.
  var since: ContinuousClock.Instant
  /// The open file, while records are added or an fsync is still to come; else nil.
  var file: SpoolFiles.Handle?
  /// Whether some of it was written and not synced.
  var isDirty = false
  /// Whether an fsync failed. Another one would prove nothing, as the kernel may have discarded the
  /// pages that it could not write.
  var hasSyncFailed = false
  /// Whether it has damaged records or cannot be read. It is then moved to `bad/`, not removed.
  var isDamaged = false

  /// One more than the number of the last record.
  var end: UInt64 { first + UInt64(count) }
  var name: String { Segment.name(sequence) }

  static func name(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
  }

  /// The sequence number of a file, nil if its name is not that of a segment.
  static func sequence(_ name: String) -> UInt64? {
    guard let sequence = UInt64(name), sequence < .max / 2, Segment.name(sequence) == name else {
      return nil
    }
    return sequence
  }
}
