/// Values by key, within a bound on their bytes. Each operation takes the same time, whatever the size.
struct LRUCache<Key: Hashable, Value> {
  private struct Entry {
    let key: Key
    var value: Value
    /// About how many bytes it takes.
    var size: Int
    /// The places of the entries used just before it and just after it.
    var older: Int?
    var newer: Int?
  }

  /// The most bytes.
  let capacity: Int
  /// About how many bytes all entries take.
  private(set) var size = 0
  private var entries: [Entry?] = []
  private var places: [Key: Int] = [:]
  private var freePlaces: [Int] = []
  private var oldestPlace: Int?
  private var newestPlace: Int?

  /// What an entry takes besides its value: its places in the array and in the dictionary, of which half
  /// may be empty.
  private static var overhead: Int {
    2 * (MemoryLayout<Entry?>.stride + MemoryLayout<Key>.stride + MemoryLayout<Int>.stride)
  }

  init(capacity: Int) {
    self.capacity = capacity
  }

  var count: Int { places.count }
  /// Whether ``removeOldest()`` is to be called.
  var isOverfull: Bool { size > capacity }

  /// The keys, in no order.
  var keys: some Collection<Key> { places.keys }

  /// The value of a key. To read it does not count as a use.
  subscript(key: Key) -> Value? { places[key].flatMap { entries[$0]?.value } }

  /// The entry that was used longest ago.
  var oldest: (key: Key, value: Value)? {
    oldestPlace.flatMap { entries[$0] }.map { ($0.key, $0.value) }
  }

  /// Uses the value of a key.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - initial: the value of a key that is not there yet.
  ///   - body: uses or changes the value, and returns by how many bytes it has grown.
  mutating func use(
    _ key: Key, default initial: @autoclosure () -> Value, _ body: (inout Value) -> Int = { _ in 0 }
  ) {
    let place = places[key] ?? add(key, initial())
    if newestPlace != place {
      unlink(place)
      linkNewest(place)
    }
    guard var entry = entries[place] else { return }
    // Taken out of the array meanwhile: a second reference would make `body` copy the value.
    entries[place] = nil
    let growth = body(&entry.value)
    entry.size += growth
    size += growth
    entries[place] = entry
  }

  /// Removes the entry that was used longest ago.
  mutating func removeOldest() -> (key: Key, value: Value)? {
    guard let place = oldestPlace, let entry = entries[place] else { return nil }
    unlink(place)
    entries[place] = nil
    places[entry.key] = nil
    freePlaces.append(place)
    size -= entry.size
    return (entry.key, entry.value)
  }

  mutating func removeAll() {
    self = LRUCache(capacity: capacity)
  }

  private mutating func add(_ key: Key, _ value: Value) -> Int {
    let entry = Entry(key: key, value: value, size: LRUCache.overhead, older: nil, newer: nil)
    size += entry.size
    let place = freePlaces.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    places[key] = place
    linkNewest(place)
    return place
  }

  private mutating func linkNewest(_ place: Int) {
    entries[place]?.older = newestPlace
    entries[place]?.newer = nil
    if let newestPlace { entries[newestPlace]?.newer = place }
    newestPlace = place
    oldestPlace = oldestPlace ?? place
  }

  private mutating func unlink(_ place: Int) {
    guard let entry = entries[place] else { return }
    if let older = entry.older {
      entries[older]?.newer = entry.newer
    } else {
      oldestPlace = entry.newer
    }
    if let newer = entry.newer {
      entries[newer]?.older = entry.older
    } else {
      newestPlace = entry.older
    }
  }
}

/// The bounds on memory that `--buffer` sets.
struct MemoryLimits {
  /// The most bytes in the buffer.
  let buffer: Int
  /// The most bytes of each of the caches of meters: topics, times, published values, and discovery.
  var cache: Int { buffer / 4 }
}
