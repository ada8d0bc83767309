/// Values on their way to a receiver that keeps the newest of each name: all of them, in order,
/// while it takes them; after an outage only the newest of each.
///
/// What is sent carries no time, so that an old value sent late would pass for a new one.
public struct ValueQueue: Sendable {
  public struct Entry: Equatable, Sendable {
    public let name: String
    public let value: [UInt8]

    public init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }

    /// The bytes that it takes, about: both texts, what their memory is managed by, and its place in
    /// an array and a dictionary, which may have as many places more.
    var size: Int { name.utf8.count + value.count + 64 + 6 * MemoryLayout<Entry>.stride }
  }

  /// The most entries; a name more than that pushes the oldest out.
  public let capacity: Int
  /// The most bytes of their names and values; more push the oldest out.
  public let byteCapacity: Int
  /// How many entries were pushed out by the bound, since the beginning.
  public private(set) var droppedCount = 0

  /// Whether only the newest value of each name is kept, as during an outage.
  public private(set) var keepsNewestOnly = false

  /// The entries, after `head` of them that are gone; nil where a newer one of its name follows.
  private var entries: [Entry?] = []
  private var head = 0
  /// Where in `entries` the newest of each name stands, while only that is kept.
  private var newest: [String: Int] = [:]
  public private(set) var count = 0
  /// The bytes that they take, about.
  public private(set) var byteCount = 0

  public init(capacity: Int, byteCapacity: Int = 32 << 20) {
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  public var isEmpty: Bool { count == 0 }

  /// Adds a value.
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

  /// Takes the oldest entry out.
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

  /// The receiver takes values: each one counts.
  public mutating func keepAll() {
    keepsNewestOnly = false
    newest = [:]
  }

  /// The receiver is away: only the newest value of each name counts, of those that wait too.
  ///
  /// - Parameter unsent: entries taken out that did not arrive, oldest first.
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

  /// Forgets the room of entries that are gone, once they are the greater part.
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
