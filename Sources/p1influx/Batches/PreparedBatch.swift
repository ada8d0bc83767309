import Delivery
import Records

/// Records that go to the server together, and how far they have come: in order, or in as many
/// lanes as may go at the same time, the records of one meter always in the same one.
struct PreparedBatch {
  /// A part of a lane that is sent in one request.
  struct Part {
    var records: ArraySlice<Record>
    /// Which record of the lane it is a piece of; nil for whole ones.
    var pieceOf: Int?
    /// The first one, counted in the lane.
    var first: Int

    /// The bytes of its records, as batches count them.
    var size: Int { records.reduce(0) { $0 + $1.text.count } }
  }

  struct Lane {
    /// What is still to be sent, the next one last.
    var parts: [Part]
    /// The next part as line protocol; nil until that is made.
    var body: [UInt8]?
    /// The records of which something was refused.
    var refused: Set<Int> = []
    var isSending = false
  }

  /// The number of the first record, and the one behind the last.
  let first: UInt64
  let end: UInt64
  var lanes: [Lane]

  /// - Parameters:
  ///   - batch: the records.
  ///   - laneCount: how many requests there may be at the same time.
  init(_ batch: Batch, lanes laneCount: Int) {
    first = batch.first
    end = batch.end
    guard laneCount > 1 else {
      lanes = [Lane(parts: [Part(records: batch.records[...], first: 0)])]
      return
    }
    var records = [[Record]](repeating: [], count: laneCount)
    for record in batch.records { records[record.lane(of: laneCount)].append(record) }
    lanes = records.filter { !$0.isEmpty }.map { Lane(parts: [Part(records: $0[...], first: 0)]) }
  }

  /// Whether all of it was answered.
  var isDone: Bool { lanes.allSatisfy(\.parts.isEmpty) }

  /// How many of its records were refused, wholly or in part.
  var refusedCount: Int { lanes.reduce(0) { $0 + $1.refused.count } }
}

extension PreparedBatch.Lane {
  /// The next part has arrived.
  mutating func removeNext() {
    parts.removeLast()
    body = nil
  }

  /// Whether the next part has no other metric than one.
  func nextHasOnly(_ metric: String) -> Bool {
    parts.last?.records.allSatisfy { record in
      !record.divided { !($0 == metric) }.0.hasMetrics
    } ?? false
  }

  /// Puts two parts in the place of the next one: its records without a metric, and with it alone.
  ///
  /// - Returns: false where it has no other metric, or not this one.
  mutating func splitNext(around metric: String) -> Bool {
    guard let part = parts.last else { return false }
    let pairs = part.records.map { record in record.divided { !($0 == metric) } }
    let halves = [pairs.map(\.0), pairs.map(\.1)]
    guard halves.allSatisfy({ $0.contains(where: \.hasMetrics) }) else { return false }
    removeNext()
    // A record that is left with nothing keeps its place, by which the others are known.
    parts += halves.reversed().map {
      .init(records: $0[...], pieceOf: part.pieceOf, first: part.first)
    }
    return true
  }

  /// Puts smaller parts in the place of the next one: halves of its records, or of the only one.
  ///
  /// - Returns: false where it is a single value.
  mutating func splitNext() -> Bool {
    guard let part = parts.last else { return false }
    let halves: [PreparedBatch.Part]
    if part.records.count > 1 {
      let middle = part.records.startIndex + part.records.count / 2
      halves = [
        .init(records: part.records[..<middle], first: part.first),
        .init(
          records: part.records[middle...], first: part.first + middle - part.records.startIndex),
      ]
    } else if let (one, two) = part.records.first?.halved() {
      halves = [one, two].map {
        .init(records: [$0], pieceOf: part.pieceOf ?? part.first, first: part.first)
      }
    } else {
      return false
    }
    removeNext()
    parts += halves.reversed()
    return true
  }
}

extension Record {
  /// The lane that the records of this meter and channel go in (FNV-1a).
  fileprivate func lane(of count: Int) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for key in [RecordKey.meter, .channel] {
      for byte in value(of: key) ?? [] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return Int(hash % UInt64(count))
  }
}
