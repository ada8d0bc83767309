import Delivery
import TestValues
import Testing

@Suite struct ValueQueueTests {
  private func entry(_ name: String, _ value: Int) -> ValueQueue.Entry {
    ValueQueue.Entry(name: name, value: "\(value)".bytes)
  }

  private func drained(_ queue: ValueQueue) -> [String] {
    var queue = queue
    var values: [String] = []
    while let entry = queue.removeFirst() { values.append("\(entry.name)\(entry.value.text)") }
    #expect(queue.isEmpty)
    return values
  }

  @Test func everyValueCountsWhileTheyAreTaken() {
    var queue = ValueQueue(capacity: 10)
    for value in 1...3 {
      queue.add(entry("a", value))
      queue.add(entry("b", value))
    }
    #expect(queue.count == 6 && !queue.keepsNewestOnly)
    #expect(drained(queue) == ["a1", "b1", "a2", "b2", "a3", "b3"])
  }

  @Test func newestCountsDuringAnOutage() {
    var queue = ValueQueue(capacity: 10)
    for value in 1...3 {
      queue.add(entry("a", value))
      queue.add(entry("b", value))
    }
    queue.keepNewestOnly()
    #expect(queue.keepsNewestOnly)
    #expect(drained(queue) == ["a3", "b3"])
    queue.add(entry("a", 4))
    queue.add(entry("c", 1))
    #expect(drained(queue) == ["b3", "a4", "c1"])
    #expect(queue.droppedCount == 0)
    queue.keepAll()
    queue.add(entry("a", 5))
    #expect(drained(queue) == ["b3", "a4", "c1", "a5"])
  }

  @Test func whatDidNotArriveComesBackBeforeWhatWaits() {
    var queue = ValueQueue(capacity: 10)
    for name in ["a", "b", "c"] { queue.add(entry(name, 1)) }
    let unsent = [queue.removeFirst(), queue.removeFirst()].compactMap(\.self)
    queue.add(entry("a", 2))
    queue.keepNewestOnly(returning: unsent)
    #expect(drained(queue) == ["b1", "c1", "a2"])
  }

  @Test(arguments: [false, true]) func namesAreRemoved(_ keepsNewestOnly: Bool) {
    var queue = ValueQueue(capacity: 10)
    if keepsNewestOnly { queue.keepNewestOnly() }
    for value in 1...2 {
      for name in ["a", "b"] { queue.add(entry(name, value)) }
    }
    queue.remove(named: "a")
    #expect(queue.count == (keepsNewestOnly ? 1 : 2))
    queue.add(entry("a", 3))
    #expect(drained(queue) == (keepsNewestOnly ? ["b2", "a3"] : ["b1", "b2", "a3"]))
    while queue.removeFirst() != nil {}
    #expect(queue.byteCount == 0 && queue.droppedCount == 0)
  }

  @Test func oldestIsPushedOutByTheBound() {
    var queue = ValueQueue(capacity: 3)
    for value in 1...5 { queue.add(entry("a", value)) }
    #expect(queue.count == 3 && queue.droppedCount == 2)
    #expect(drained(queue) == ["a3", "a4", "a5"])
    queue.keepNewestOnly()
    for name in ["b", "c", "d", "b"] { queue.add(entry(name, 9)) }
    #expect(queue.droppedCount == 3)
    #expect(drained(queue) == ["c9", "d9", "b9"])
  }

  /// A simple queue for comparison: a list that is searched linearly.
  private struct Model {
    let capacity: Int
    var entries: [ValueQueue.Entry] = []
    var droppedCount = 0
    var keepsNewestOnly = false

    mutating func add(_ entry: ValueQueue.Entry) {
      if keepsNewestOnly { entries.removeAll { $0.name == entry.name } }
      entries.append(entry)
      if entries.count > capacity {
        entries.removeFirst()
        droppedCount += 1
      }
    }

    mutating func keepNewestOnly(returning unsent: [ValueQueue.Entry]) {
      let waiting = unsent + entries
      entries = []
      keepsNewestOnly = true
      for entry in waiting { add(entry) }
    }
  }

  @Test(arguments: [(1, 3), (5, 8), (40, 20), (3000, 10)])
  func queueBehavesAsAListWould(_ capacity: Int, _ names: Int) {
    var generator = SeededGenerator(seed: 63)
    var queue = ValueQueue(capacity: capacity)
    var model = Model(capacity: capacity)
    var sent: [ValueQueue.Entry] = []
    for value in 0..<8000 {
      switch Int.random(in: 0..<100, using: &generator) {
      case 0..<75:
        let entry = entry("n\(Int.random(in: 0..<names, using: &generator))", value)
        queue.add(entry)
        model.add(entry)
      case 75..<98:
        let first = queue.removeFirst()
        #expect(first == (model.entries.isEmpty ? nil : model.entries.removeFirst()))
        sent = (sent + [first].compactMap(\.self)).suffix(5)
      case 98:
        queue.keepNewestOnly(returning: sent)
        model.keepNewestOnly(returning: sent)
        sent = []
      default:
        queue.keepAll()
        model.keepsNewestOnly = false
      }
      guard queue.count == model.entries.count, queue.droppedCount == model.droppedCount,
        queue.keepsNewestOnly == model.keepsNewestOnly, queue.isEmpty == model.entries.isEmpty
      else {
        Issue.record("after \(value): \(queue.count) wait, not \(model.entries.count)")
        return
      }
    }
    while let entry = queue.removeFirst() { #expect(entry == model.entries.removeFirst()) }
    #expect(model.entries.isEmpty)
  }

  @Test func longOutageTakesNoMoreRoomThanItsNames() {
    var queue = ValueQueue(capacity: 100_000)
    queue.keepNewestOnly()
    for value in 0..<20_000 { queue.add(entry("n\(value % 7)", value)) }
    #expect(queue.count == 7)
    #expect(drained(queue) == (19_993..<20_000).map { "n\($0 % 7)\($0)" })
  }
}
