/// A few things that were of use lately, to be tried again, the likeliest first: the one that came
/// after the last one before.
public struct Recent<Element> {
  fileprivate struct Entry {
    var element: Element
    /// Which entry was of use after this one.
    var follower: Int
  }

  /// So many are kept: what comes in turns (the records of a telegram, the telegrams of two meters)
  /// and what comes now and then.
  private let capacity: Int
  private var entries: [Entry] = []
  /// The entry that was of use last.
  private var last = 0
  /// The entry that the next thing takes the place of, once all places are taken.
  private var oldest = 0

  public init(capacity: Int = 4) {
    self.capacity = capacity
  }

  /// Tries one after the other, until one is of use.
  ///
  /// - Parameter use: uses a thing, or returns false.
  /// - Returns: whether any was.
  public mutating func use(_ use: (inout Element) -> Bool) -> Bool {
    guard !entries.isEmpty else { return false }
    let likeliest = entries[last].follower
    if use(&entries[likeliest].element) {
      last = likeliest
      return true
    }
    for index in entries.indices where index != likeliest && use(&entries[index].element) {
      follow(by: index)
      return true
    }
    return false
  }

  /// Adds the thing that is of use now, in the place of the oldest one.
  public mutating func add(_ element: Element) {
    let index = entries.count < capacity ? entries.count : oldest
    if index == entries.count {
      entries.append(Entry(element: element, follower: index))
    } else {
      entries[index] = Entry(element: element, follower: index)
      oldest = (index + 1) % capacity
    }
    follow(by: index)
  }

  private mutating func follow(by index: Int) {
    entries[last].follower = index
    last = index
  }
}

extension Recent: Sendable where Element: Sendable {}
extension Recent.Entry: Sendable where Element: Sendable {}
