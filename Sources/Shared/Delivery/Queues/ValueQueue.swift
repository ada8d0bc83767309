/// A queue of named values for a receiver that keeps only the newest value of each name.
///
/// Every value is sent, in order, while the receiver takes them. After an outage only the newest of
/// each name is sent: a value carries no time, so an old value sent late would look like a new one.
public struct ValueQueue: Sendable {
  public struct Entry: Equatable, Sendable {
    public let name: String
    public let value: [UInt8]

    public init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }

    /// The approximate memory of an entry, in bytes: both texts, the headers of their memory, and
    /// places in an array and a dictionary, twice because both may have as many free places.
    var size: Int { name.utf8.count + value.count + 64 + 6 * MemoryLayout<Entry>.stride }
  }

  /// The most entries; beyond it the oldest is dropped.
  public let capacity: Int
  /// The most bytes of all entries; beyond it the oldest is dropped.
  public let byteCapacity: Int
  /// How many entries were dropped because the queue was full.
  public private(set) var droppedCount = 0

  /// Whether only the newest value of each name is kept, as during an outage.
  public private(set) var keepsNewestOnly = false

  /// The entries, behind `head` removed ones; nil if a newer entry of the same name follows.
  private var entries: [Entry?] = []
  private var head = 0
  /// The index in `entries` of the newest entry of each name, while only that is kept.
  private var newest: [String: Int] = [:]
  public private(set) var count = 0
  /// The approximate memory of all entries, in bytes.
  public private(set) var byteCount = 0

  public init(capacity: Int, byteCapacity: Int = 32 << 20) {
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  public var isEmpty: Bool { count == 0 }

  public mutating func add(_ entry: Entry) {
    if keepsNewestOnly {
      if let index = newest[entry.name], let older = entries[index] {
        entries[index] = nil
        count -= 1
        byteCount -= older.size
      }
      newest[entry.name] = entries.count
    }
    entries.append(entry)
    count += 1
    byteCount += entry.size
    while count > 1, count > capacity || byteCount > byteCapacity, removeFirst() != nil {
      droppedCount += 1
    }
    compact()
  }

  /// Removes the oldest entry.
  public mutating func removeFirst() -> Entry? {
    while head < entries.count {
      let entry = entries[head]
      entries[head] = nil
      head += 1
      guard let entry else { continue }
      count -= 1
      byteCount -= entry.size
      if newest[entry.name] == head - 1 { newest[entry.name] = nil }
      return entry
    }
    return nil
  }

  /// Removes all entries of a name.
  public mutating func remove(named name: String) {
    for index in entries[head...].indices {
      guard let entry = entries[index], entry.name == name else { continue }
      entries[index] = nil
      count -= 1
      byteCount -= entry.size
    }
    newest[name] = nil
  }

  /// Keeps every value from now on: the receiver takes them.
  public mutating func keepAll() {
    keepsNewestOnly = false
    newest = [:]
  }

  /// Keeps only the newest value of each name, of the queued ones too: the receiver is unreachable.
  ///
  /// - Parameter unsent: entries that were removed and did not arrive, oldest first.
  public mutating func keepNewestOnly(returning unsent: [Entry] = []) {
    let waiting = unsent + entries[head...].compactMap(\.self)
    entries = []
    head = 0
    count = 0
    byteCount = 0
    newest = [:]
    keepsNewestOnly = true
    for entry in waiting { add(entry) }
  }

  /// Drops the removed entries once they are the greater part of the array.
  private mutating func compact() {
    guard entries.count > 1024, count < entries.count / 2 else { return }
    entries = entries[head...].filter { $0 != nil }
    head = 0
    guard keepsNewestOnly else { return }
    newest = [:]
    for (index, entry) in entries.enumerated() {
      if let entry { newest[entry.name] = index }
    }
  }
}
