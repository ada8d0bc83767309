import Testing

@testable import p1mqtt

/// A queue that holds each element once, in order.
@Suite struct UniqueQueueTests {
  @Test func anElementIsQueuedOnce() {
    var queue = UniqueQueue<String>()
    for name in ["a", "b", "a", "c", "b"] { queue.append(name) }
    #expect(queue.count == 3)
    #expect(queue.removeFirst() == "a")
    // After it was removed, it can be added again.
    queue.append("a")
    #expect([queue.removeFirst(), queue.removeFirst(), queue.removeFirst()] == ["b", "c", "a"])
    #expect(queue.removeFirst() == nil && queue.isEmpty)
  }

  @Test func orderIsKept() {
    var queue = UniqueQueue<Int>()
    for number in 0..<100 { queue.append(number) }
    for number in 0..<10_000 {
      queue.append(number + 100)
      #expect(queue.removeFirst() == number)
      #expect(queue.count == 100)
    }
  }
}
