/// A few things that were of use lately, to be tried again, the likeliest first: the one that came
/// after the last one before.
public struct Recent<Element> {
  @usableFromInline
  struct Entry {
    @usableFromInline var element: Element
    /// Which entry was of use after this one.
    @usableFromInline var follower: Int

    @inlinable
    init(_ element: Element, follower: Int) {
      self.element = element
      self.follower = follower
    }
  }

  /// So many are kept: what comes in turns (the records of a telegram, the telegrams of two meters),
  /// and what comes to and fro, as three currents do that are now below 10 A and now above it.
  @usableFromInline let capacity: Int
  @usableFromInline var entries: [Entry] = []
  /// The entry that was of use last.
  @usableFromInline var last = 0
  /// The entry that the next thing takes the place of, once all places are taken.
  @usableFromInline var oldest = 0

  @inlinable
  public init(capacity: Int = 16) {
    self.capacity = capacity
  }

  /// Forgets all of them.
  public mutating func removeAll() {
    self = Recent(capacity: capacity)
  }

  /// Tries one after the other, until one is of use.
  ///
  /// - Parameter use: uses a thing; nil where it is of no use.
  /// - Returns: what the first one was used for, nil where none was of use.
  @inlinable
  public mutating func first<Result>(_ use: (inout Element) -> Result?) -> Result? {
    guard !entries.isEmpty else { return nil }
    let likeliest = entries[last].follower
    if let result = use(&entries[likeliest].element) {
      last = likeliest
      return result
    }
    for index in entries.indices where index != likeliest {
      guard let result = use(&entries[index].element) else { continue }
      follow(by: index)
      return result
    }
    return nil
  }

  /// Adds the thing that is of use now, in the place of the oldest one.
  @inlinable
  public mutating func add(_ element: Element) {
    guard capacity > 0 else { return }
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

extension Recent: Sendable where Element: Sendable {}
extension Recent.Entry: Sendable where Element: Sendable {}
