import Records

/// An outbox in memory: quick, bounded, and gone with the process.
public struct MemoryOutbox: Outbox, Sendable {
  /// The most bytes that wait.
  public let capacity: Int
  public private(set) var droppedCount = 0

  /// The records, after `head` of them that are gone.
  private var records: [Record?] = []
  private var head = 0
  private var byteCount = 0
  /// The number of the record at `head`.
  private var first: UInt64 = 0

  /// What a record takes besides its text: what the text's memory is managed by, and its place in the
  /// array, which may have as many places more.
  private static let overhead = 48 + 2 * MemoryLayout<Record?>.stride

  /// - Parameter capacity: the most bytes that wait; a single record is always taken.
  public init(capacity: Int) {
    self.capacity = capacity
  }

  public var count: Int { records.count - head }

  /// From half of the bound on, so that what a sink has already read still finds room.
  public var isFull: Bool { byteCount >= capacity / 2 }

  public mutating func add(_ record: Record) {
    records.append(record)
    byteCount += MemoryOutbox.size(of: record)
    while byteCount > capacity, count > 1 {
      removeFirst()
      droppedCount += 1
    }
  }

  public func oldest(_ limit: Int) -> Batch {
    Batch(first: first, records: records[head...].prefix(limit).compactMap(\.self))
  }

  public mutating func remove(before number: UInt64) {
    while first < number, count > 0 { removeFirst() }
  }

  public mutating func refuse(_ number: UInt64, reason: String) {
    guard first == number, count > 0 else { return }
    removeFirst()
  }

  private mutating func removeFirst() {
    if let record = records[head] { byteCount -= MemoryOutbox.size(of: record) }
    records[head] = nil
    head += 1
    first += 1
    if head > 1024, head > records.count / 2 {
      records.removeSubrange(..<head)
      head = 0
    }
  }

  private static func size(of record: Record) -> Int {
    record.text.count + overhead
  }
}
