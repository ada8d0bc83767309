/// A cache that predicts which element is needed next: the one that followed the last element
/// when that was used before. It is tried first, and then all others.
public struct PredictiveCache<Element> {
  @usableFromInline
  struct Entry {
    @usableFromInline var element: Element
    /// The entry that was used after this one.
    @usableFromInline var follower: Int

    @inlinable
    init(_ element: Element, follower: Int) {
      self.element = element
      self.follower = follower
    }
  }

  /// The most elements. They have to cover what comes in turns (the records of a telegram, the
  /// telegrams of two meters) and what alternates, as three currents do around 10 A.
  @usableFromInline let capacity: Int
  @usableFromInline var entries: [Entry] = []
  /// The entry that was used last.
  @usableFromInline var last = 0
  /// The entry that the next element replaces once the cache is full.
  @usableFromInline var oldest = 0
  /// What making elements is worth: more with each result, less with each element.
  @usableFromInline var worth = PredictiveCache.highestWorth
  /// How often no element gave a result.
  @usableFromInline var missCount = 0

  @inlinable
  public init(capacity: Int = 16) {
    self.capacity = capacity
  }

  public mutating func removeAll() {
    self = PredictiveCache(capacity: capacity)
  }

  /// Calls `use` with one element after the other until it returns a result, and returns that; nil
  /// if no element gives one.
  @inlinable
  public mutating func first<Result>(_ use: (inout Element) -> Result?) -> Result? {
    guard !entries.isEmpty else { return nil }
    let likeliest = entries[last].follower
    if let result = use(&entries[likeliest].element) {
      last = likeliest
      noteResult()
      return result
    }
    for index in entries.indices where index != likeliest {
      guard let result = use(&entries[index].element) else { continue }
      follow(by: index)
      noteResult()
      return result
    }
    missCount &+= 1
    return nil
  }

  /// Calls `body` with each element.
  @inlinable
  public mutating func forEach(_ body: (inout Element) -> Void) {
    for index in entries.indices { body(&entries[index].element) }
  }

  /// Whether it is worth the time to make an element for what was not found just now. Only now and then if those made
  /// before gave few results, as with telegrams of hundreds of meters in turns.
  public var needsElement: Bool {
    capacity > 0 && (worth > 0 || missCount.isMultiple(of: PredictiveCache.longestPause))
  }

  @usableFromInline static var highestWorth: Int { 64 }
  /// An element is made at least once in this many misses.
  @usableFromInline static var longestPause: Int { 64 }
  /// An element is worth making if at least one in this many gives a result.
  @usableFromInline static var resultWorth: Int { 4 }

  @inlinable
  mutating func noteResult() {
    worth = min(PredictiveCache.highestWorth, worth + PredictiveCache.resultWorth)
  }

  /// Adds the element that is used now, replacing the oldest one if the cache is full.
  @inlinable
  public mutating func add(_ element: Element) {
    guard capacity > 0 else { return }
    worth = max(0, worth - 1)
    let index = entries.count < capacity ? entries.count : oldest
    if index == entries.count {
      entries.append(Entry(element, follower: index))
    } else {
      entries[index] = Entry(element, follower: index)
      oldest = (index + 1) % capacity
    }
    follow(by: index)
  }

  @inlinable
  mutating func follow(by index: Int) {
    entries[last].follower = index
    last = index
  }
}

extension PredictiveCache: Sendable where Element: Sendable {}
extension PredictiveCache.Entry: Sendable where Element: Sendable {}
