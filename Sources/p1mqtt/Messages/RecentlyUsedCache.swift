/// Values by key within a bound on their bytes: beyond it, those that were used longest ago are
/// removed. Each operation takes the same time, however many there are.
struct RecentlyUsedCache<Key: Hashable, Value> {
  private struct Entry {
    let key: Key
    var value: Value
    /// The bytes that it takes, about.
    var size: Int
    /// The places of the entries that were used before it and after it.
    var older: Int?
    var newer: Int?
  }

  /// The most bytes.
  let capacity: Int
  /// The bytes that all take, about.
  private(set) var size = 0
  private var entries: [Entry?] = []
  private var places: [Key: Int] = [:]
  private var freePlaces: [Int] = []
  private var oldest: Int?
  private var newest: Int?

  /// What an entry takes besides what its value says: its places in the array and in the dictionary,
  /// which may have as many places more.
  private static var overhead: Int {
    2 * (MemoryLayout<Entry?>.stride + MemoryLayout<Key>.stride + MemoryLayout<Int>.stride)
  }

  init(capacity: Int) {
    self.capacity = capacity
  }

  var count: Int { places.count }
  /// Whether there is more than the bound allows: then ``removeOldest()`` makes room.
  var isOverfull: Bool { size > capacity }

  /// The keys, in no order.
  var keys: some Collection<Key> { places.keys }

  /// The value of a key, which is not used by that.
  subscript(key: Key) -> Value? { places[key].flatMap { entries[$0]?.value } }

  /// Uses the value of a key.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - initial: the value to begin with, where there is none.
  ///   - body: uses or changes it, and returns how many bytes more it holds then.
  mutating func use(
    _ key: Key, default initial: @autoclosure () -> Value, _ body: (inout Value) -> Int = { _ in 0 }
  ) {
    let place = places[key] ?? add(key, initial())
    if newest != place {
      unlink(place)
      linkNewest(place)
    }
    guard var entry = entries[place] else { return }
    // Out of there meanwhile: what two hold is copied as one of them changes it.
    entries[place] = nil
    let growth = body(&entry.value)
    entry.size += growth
    size += growth
    entries[place] = entry
  }

  /// Removes the entry that was used longest ago.
  mutating func removeOldest() -> (key: Key, value: Value)? {
    guard let oldest, let entry = entries[oldest] else { return nil }
    unlink(oldest)
    entries[oldest] = nil
    places[entry.key] = nil
    freePlaces.append(oldest)
    size -= entry.size
    return (entry.key, entry.value)
  }

  mutating func removeAll() {
    self = RecentlyUsedCache(capacity: capacity)
  }

  private mutating func add(_ key: Key, _ value: Value) -> Int {
    let entry = Entry(
      key: key, value: value, size: RecentlyUsedCache.overhead, older: nil, newer: nil)
    size += entry.size
    let place = freePlaces.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    places[key] = place
    linkNewest(place)
    return place
  }

  private mutating func linkNewest(_ place: Int) {
    entries[place]?.older = newest
    entries[place]?.newer = nil
    if let newest { entries[newest]?.newer = place }
    newest = place
    oldest = oldest ?? place
  }

  private mutating func unlink(_ place: Int) {
    guard let entry = entries[place] else { return }
    if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
    if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
  }
}

/// The bound of the buffer in memory, which also bounds what is remembered of meters.
struct MemoryRoom {
  /// The most bytes in the buffer.
  let buffer: Int
  /// The most bytes of each of the things that are remembered of meters: topics, times, what was
  /// published last, and what Home Assistant is told.
  var share: Int { buffer / 4 }
}
