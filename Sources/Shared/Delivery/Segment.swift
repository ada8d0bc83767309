import Records

/// A file of a spool: records as p1record(5) has them, each with its empty line.
struct Segment {
  /// Its place among the segments, which its name tells.
  let place: UInt64
  /// The number of the first record in it, or of the one that would be, where there is none.
  var first: UInt64
  /// How many records it has, and how many bytes.
  var count: Int
  var size: Int
  /// Since when the first record waits.
  var since: ContinuousClock.Instant
  /// Open while it is written to, or not kept for sure; nil where all of it is.
  var file: SpoolFiles.Handle?
  /// Whether the disk does not keep all of it for sure.
  var isUnsure = false
  /// Whether a sync of it has failed, after which another one would prove nothing.
  var isSpoilt = false
  /// Whether there is something in it that is no record, or cannot be read: it goes to `bad/`.
  var isDamaged = false

  /// The number that follows that of the last record.
  var end: UInt64 { first + UInt64(count) }
  var name: String { Segment.name(place) }

  static func name(_ place: UInt64) -> String {
    let digits = String(place)
    return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
  }

  /// The place that a name tells, nil for one of no segment.
  static func place(_ name: String) -> UInt64? {
    guard let place = UInt64(name), place < .max / 2, Segment.name(place) == name else {
      return nil
    }
    return place
  }
}
