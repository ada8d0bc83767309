import Testing

@testable import p1mqtt

/// What is to be told: each once, in order.
@Suite struct UniqueQueueTests {
  @Test func eachWaitsOnce() {
    var queue = UniqueQueue<String>()
    for name in ["a", "b", "a", "c", "b"] { queue.append(name) }
    #expect(queue.count == 3)
    #expect(queue.removeFirst() == "a")
    // It has had its turn, and waits for another one.
    queue.append("a")
    #expect([queue.removeFirst(), queue.removeFirst(), queue.removeFirst()] == ["b", "c", "a"])
    #expect(queue.removeFirst() == nil && queue.isEmpty)
  }

  /// One that is never empty gives the room of what is gone back.
  @Test func orderIsKeptHoweverMuchGoes() {
    var queue = UniqueQueue<Int>()
    for number in 0..<100 { queue.append(number) }
    for number in 0..<10_000 {
      queue.append(number + 100)
      #expect(queue.removeFirst() == number)
      #expect(queue.count == 100)
    }
    #expect(queue.capacity < 10_000)
  }
}
