import Records

/// Records in memory, with numbers that follow each other without a gap.
struct RecordQueue {
  private struct Entry {
    /// Nil for a number whose record cannot be had.
    var record: Record?
    /// Since when it waits.
    var since: ContinuousClock.Instant
  }

  /// The number of the first one.
  private(set) var first: UInt64
  /// The bytes they take, about.
  private(set) var size = 0
  /// The records, after `head` of them that are gone.
  private var entries: [Entry] = []
  private var head = 0

  /// What a record takes besides its text: what the text's memory is managed by, and its place in the
  /// array, which may have as many places more.
  private static let overhead = 48 + 2 * MemoryLayout<Entry>.stride

  init(first: UInt64 = 0) {
    self.first = first
  }

  var count: Int { entries.count - head }
  /// For how many there is room already.
  var capacity: Int { entries.capacity }
  var isEmpty: Bool { count == 0 }
  /// The number of the next one.
  var end: UInt64 { first + UInt64(count) }

  /// Since when the first one waits.
  var oldestSince: ContinuousClock.Instant? { isEmpty ? nil : entries[head].since }

  mutating func append(_ record: Record?, since: ContinuousClock.Instant) {
    entries.append(Entry(record: record, since: since))
    size += RecordQueue.size(of: record)
  }

  /// Adds numbers whose records cannot be had, up to one.
  mutating func skip(to number: UInt64, since: ContinuousClock.Instant) {
    while end < number { append(nil, since: since) }
  }

  /// Takes the first one out, whose record is nil where it cannot be had.
  mutating func removeFirst() -> (record: Record?, since: ContinuousClock.Instant)? {
    guard !isEmpty else { return nil }
    let entry = entries[head]
    entries[head].record = nil
    size -= RecordQueue.size(of: entry.record)
    head += 1
    first += 1
    compact()
    return (entry.record, entry.since)
  }

  /// Takes the ones with numbers below `number` out, and those behind them that cannot be had.
  ///
  /// - Returns: how many records went.
  @discardableResult
  mutating func remove(before number: UInt64) -> Int {
    var removed = 0
    while !isEmpty, first < number || entries[head].record == nil, let entry = removeFirst() {
      removed += entry.record == nil ? 0 : 1
    }
    return removed
  }

  /// Takes out the first one whose number is not below `number`, or the last one; those behind it
  /// move up by one.
  mutating func removeFirst(notBefore number: UInt64) -> Record? {
    guard !isEmpty else { return nil }
    var index = head + Int(Swift.min(Swift.max(number, first), end - 1) - first)
    let record = entries[index].record
    size -= RecordQueue.size(of: record)
    while index > head {
      entries[index] = entries[index - 1]
      index -= 1
    }
    entries[head].record = nil
    head += 1
    compact()
    return record
  }

  /// Forgets the room of those that are gone, once that is the greater part.
  private mutating func compact() {
    if isEmpty {
      entries.removeAll(keepingCapacity: entries.capacity <= 1024)
      head = 0
    } else if head > 1024, head > entries.count / 2 {
      entries.removeSubrange(..<head)
      head = 0
    }
  }

  /// Begins anew, with a number that is not lower than any so far.
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
      guard let record = entries[head + Int(start - first + offset)].record else { continue }
      left -= record.text.count
      guard records.isEmpty || left >= 0 else { break }
      if records.isEmpty { numbers = (start + offset)..<(start + offset) }
      records.append(record)
      numbers = numbers.lowerBound..<(start + offset + 1)
    }
    return Batch(first: numbers.lowerBound, end: numbers.upperBound, records: records)
  }

  /// Whether the records from `number` on are so many, or take so many bytes.
  func suffices(from number: UInt64, count: Int, size: Int) -> Bool {
    var left = (count: count, size: size)
    let start = Swift.min(Swift.max(number, first), end)
    for entry in entries[(head + Int(start - first))...] {
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
