import DequeModule
import Records

/// A queue of records in memory, which are numbered without gaps.
struct RecordQueue {
  private struct Entry {
    /// Nil if the record with this number could not be read.
    var record: Record?
    /// When the record was added to the outbox.
    var since: ContinuousClock.Instant
  }

  /// The number of the first record.
  private(set) var first: UInt64
  /// The approximate memory of all records, in bytes.
  private(set) var size = 0
  private var entries: Deque<Entry> = []

  /// The memory of a record besides its text: the header of the text's array and an entry here,
  /// twice because the queue may have as many free places.
  private static let overhead = 48 + 2 * MemoryLayout<Entry>.stride

  init(first: UInt64 = 0) {
    self.first = first
  }

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }
  /// The number of the next record.
  var end: UInt64 { first + UInt64(count) }

  var oldestSince: ContinuousClock.Instant? { entries.first?.since }

  mutating func append(_ record: Record?, since: ContinuousClock.Instant) {
    entries.append(Entry(record: record, since: since))
    size += RecordQueue.size(of: record)
  }

  /// Adds the numbers up to `number` without records, as those could not be read.
  mutating func skip(to number: UInt64, since: ContinuousClock.Instant) {
    while end < number { append(nil, since: since) }
  }

  /// Removes the first entry; its record is nil if it could not be read.
  mutating func removeFirst() -> (record: Record?, since: ContinuousClock.Instant)? {
    guard let entry = entries.popFirst() else { return nil }
    size -= RecordQueue.size(of: entry.record)
    first += 1
    freeMemoryIfEmpty()
    return (entry.record, entry.since)
  }

  /// Removes the entries with numbers below `number`, and those behind them that have no record.
  ///
  /// - Returns: how many records were removed.
  @discardableResult
  mutating func remove(before number: UInt64) -> Int {
    var removed = 0
    while !isEmpty, first < number || entries[0].record == nil, let entry = removeFirst() {
      removed += entry.record == nil ? 0 : 1
    }
    return removed
  }

  /// Removes the first record whose number is at least `number`, or else the last one. The numbers
  /// of those behind it decrease by one.
  mutating func removeFirst(notBefore number: UInt64) -> Record? {
    guard !isEmpty else { return nil }
    let index = Int(Swift.min(Swift.max(number, first), end - 1) - first)
    let record = entries.remove(at: index).record
    size -= RecordQueue.size(of: record)
    freeMemoryIfEmpty()
    return record
  }

  /// Frees the memory of a long outage.
  private mutating func freeMemoryIfEmpty() {
    if isEmpty { entries = [] }
  }

  /// Removes all records; the next one has `number`, which must not be lower than any before it.
  mutating func restart(at number: UInt64) {
    self = RecordQueue(first: number)
  }

  /// Records from `number` on: ``Outbox/batch(from:count:size:)``.
  func batch(from number: UInt64, count: Int, size: Int) -> Batch {
    let start = Swift.max(number, first)
    var records: [Record] = []
    var numbers = start..<start
    var left = size
    for offset in 0..<UInt64(end > start ? end - start : 0) {
      guard records.count < count else { break }
      guard let record = entries[Int(start - first + offset)].record else { continue }
      left -= record.text.count
      guard records.isEmpty || left >= 0 else { break }
      if records.isEmpty { numbers = (start + offset)..<(start + offset) }
      records.append(record)
      numbers = numbers.lowerBound..<(start + offset + 1)
    }
    return Batch(first: numbers.lowerBound, end: numbers.upperBound, records: records)
  }

  /// Whether there are `count` records, or `size` bytes of them, from `number` on.
  func suffices(from number: UInt64, count: Int, size: Int) -> Bool {
    var left = (count: count, size: size)
    let start = Swift.min(Swift.max(number, first), end)
    for entry in entries[Int(start - first)...] {
      guard left.count > 0, left.size > 0 else { break }
      guard let record = entry.record else { continue }
      left.count -= 1
      left.size -= RecordQueue.size(of: record)
    }
    return left.count <= 0 || left.size <= 0
  }

  private static func size(of record: Record?) -> Int {
    (record?.text.count ?? 0) + overhead
  }
}
