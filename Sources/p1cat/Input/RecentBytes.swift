import Telegrams

/// The last bytes of a line, by the speed that they were read at: one of the two is wrong while
/// p1cat looks for the speed of the meter.
struct RecentBytes {
  /// By baud rate; 0 if there is none.
  private var bytes: [Int: [UInt8]] = [:]

  /// Fewer bytes than this tell nothing if more were read at another speed.
  private static let sampleSize = 32

  mutating func append(_ piece: Span<UInt8>, baudRate: Int?) {
    let last = piece.extracting(last: StreamKind.length)
    bytes[baudRate ?? 0, default: []].append(contentsOf: last)
    let excess = bytes[baudRate ?? 0, default: []].count - StreamKind.length
    if excess > 0 { bytes[baudRate ?? 0]?.removeFirst(excess) }
  }

  mutating func clear() {
    for rate in bytes.keys { bytes[rate]?.removeAll(keepingCapacity: true) }
  }

  /// What the bytes look like.
  var kind: StreamKind {
    let samples = bytes.values.filter { $0.count >= RecentBytes.sampleSize }
    let kinds = (samples.isEmpty ? Array(bytes.values) : samples).map { StreamKind($0.span) }
    return kinds.max { $0.certainty < $1.certainty } ?? .empty
  }

  /// The kind of the frames among the bytes; nil if there are none.
  var frameKind: StreamKind? {
    bytes.values.lazy.compactMap { StreamKind(frameIn: $0.span) }.first
  }
}
