import DequeModule

/// A queue, first come, first served, that holds each element once, however often it is added.
struct UniqueQueue<Element: Hashable> {
  private var queue: Deque<Element> = []
  private var members: Set<Element> = []

  var count: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }

  /// Adds an element, unless it is in the queue.
  mutating func append(_ element: Element) {
    if members.insert(element).inserted { queue.append(element) }
  }

  mutating func removeFirst() -> Element? {
    guard let element = queue.popFirst() else { return nil }
    members.remove(element)
    return element
  }
}
