import Delivery
import Records

/// A batch of records, and what of it is still to be sent. With `--parallel` the records are divided among
/// lanes, whose requests are sent at the same time; those of one meter are in one lane, in order.
struct PreparedBatch {
  /// A part of a lane that is sent in one request.
  struct Part {
    var records: ArraySlice<Record>
    /// The index in the lane of the record that this is a piece of; nil for whole records.
    var pieceOf: Int?
    /// The index in the lane of the first record.
    var first: Int

    /// The bytes of the text of the records, as in the size of batches.
    var size: Int { records.reduce(0) { $0 + $1.text.count } }
  }

  struct Lane {
    /// The parts to send, the next one last.
    var parts: [Part]
    /// The next part in line protocol; nil until that is made.
    var body: [UInt8]?
    /// The indices of the records that were rejected, wholly or in part.
    var rejected: Set<Int> = []
    var isSending = false
  }

  /// The number of the first record, and the one after the last.
  let first: UInt64
  let end: UInt64
  var lanes: [Lane]

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

  /// Whether the server has answered all parts.
  var isDone: Bool { lanes.allSatisfy(\.parts.isEmpty) }

  /// How many records were rejected, wholly or in part.
  var rejectedCount: Int { lanes.reduce(0) { $0 + $1.rejected.count } }
}

extension PreparedBatch.Lane {
  /// Removes the next part, which the server has answered.
  mutating func removeNext() {
    parts.removeLast()
    body = nil
  }

  /// Whether the next part has no metric but this one.
  func nextHasOnly(_ metric: String) -> Bool {
    parts.last?.records.allSatisfy { record in
      !record.divided { !($0 == metric) }.0.hasMetrics
    } ?? false
  }

  /// Replaces the next part by two: its records without a metric, and with that metric alone.
  ///
  /// - Returns: false, and changes nothing, where the part has only this metric, or not at all.
  mutating func splitNext(around metric: String) -> Bool {
    guard let part = parts.last else { return false }
    let pairs = part.records.map { record in record.divided { !($0 == metric) } }
    let halves = [pairs.map(\.0), pairs.map(\.1)]
    guard halves.allSatisfy({ $0.contains(where: \.hasMetrics) }) else { return false }
    removeNext()
    // Records without a metric are kept, as the others are identified by their index.
    parts += halves.reversed().map {
      .init(records: $0[...], pieceOf: part.pieceOf, first: part.first)
    }
    return true
  }

  /// Replaces the next part by two: halves of its records, or of its only record.
  ///
  /// - Returns: false, and changes nothing, for a single value.
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
  /// The lane of this meter and channel, by their hash (FNV-1a).
  fileprivate func lane(of count: Int) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for key in [RecordKey.meter, .channel] {
      for byte in value(of: key) ?? [] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return Int(hash % UInt64(count))
  }
}
