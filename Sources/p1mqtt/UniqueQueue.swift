/// What waits for its turn, first come, first served: each thing once, however often it is added.
struct UniqueQueue<Element: Hashable> {
  /// What was added, after `head` of it that is gone.
  private var elements: [Element] = []
  private var head = 0
  private var waiting: Set<Element> = []

  var count: Int { waiting.count }
  var isEmpty: Bool { waiting.isEmpty }
  /// For how many there is room already.
  var capacity: Int { elements.capacity }

  /// Adds what does not wait yet.
  mutating func append(_ element: Element) {
    if waiting.insert(element).inserted { elements.append(element) }
  }

  /// Takes the first one out.
  mutating func removeFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    waiting.remove(element)
    // The room of those that are gone is forgotten, once that is the greater part.
    if isEmpty || head > 1024 && head > elements.count / 2 {
      elements.removeSubrange(..<head)
      head = 0
    }
    return element
  }
}
