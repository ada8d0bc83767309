import Delivery
import Records
import TestValues
import Testing

/// The tests do not depend on the time.
private let now = ContinuousClock.now

extension MemoryOutbox {
  fileprivate func oldest(_ count: Int) -> Batch {
    batch(from: first, count: count, size: .max)
  }

  fileprivate mutating func add(_ record: Record) { add(record, at: now) }
  fileprivate mutating func remove(before number: UInt64) { remove(before: number, rejected: 0) }
}

@Suite struct MemoryOutboxTests {
  @Test func recordsComeInOrderAndGoWhenAcknowledged() {
    var outbox = MemoryOutbox(capacity: 1 << 20)
    #expect(outbox.isEmpty && outbox.oldest(10).records == [])
    for number in 0..<5 { outbox.add(.numbered(number)) }
    let batch = outbox.oldest(3)
    #expect(batch.first == 0 && batch.end == 3)
    #expect(batch.records == (0..<3).map { Record.numbered($0) })
    // A batch removes nothing.
    #expect(outbox.oldest(3) == batch)
    outbox.remove(before: batch.end)
    #expect(outbox.count == 2)
    #expect(outbox.oldest(10).first == 3)
    #expect(outbox.oldest(10).records == [.numbered(3), .numbered(4)])
    #expect(outbox.oldest(0).records == [])
    outbox.remove(before: 5)
    #expect(outbox.isEmpty && outbox.counts.dropped == 0)
  }

  @Test func oldestGoWhereThereIsNoRoom() {
    var outbox = MemoryOutbox(capacity: 1000)
    for number in 0..<100 { outbox.add(.numbered(number)) }
    #expect(outbox.count + outbox.counts.dropped == 100)
    #expect((5...20).contains(outbox.count))
    #expect(outbox.oldest(1).first == UInt64(outbox.counts.dropped))
    #expect(outbox.oldest(1).records == [.numbered(outbox.counts.dropped)])
    #expect(outbox.oldest(100).records.last == .numbered(99))
  }

  @Test func singleRecordIsAlwaysTaken() {
    var outbox = MemoryOutbox(capacity: 10)
    outbox.add(.numbered(1, length: 500))
    #expect(outbox.count == 1 && outbox.counts.dropped == 0 && outbox.isFull)
    outbox.add(.numbered(2, length: 500))
    #expect(outbox.count == 1 && outbox.counts.dropped == 1)
    #expect(outbox.oldest(2).first == 1)
    outbox.remove(before: 2)
    #expect(!outbox.isFull)
  }

  @Test func fullIsSaidBeforeAnythingIsPushedOut() {
    let capacity = 1 << 20
    for length in [20, 100, 700, 8000] {
      var outbox = MemoryOutbox(capacity: capacity)
      let record = Record.numbered(1, length: length)
      while !outbox.isFull, outbox.counts.dropped == 0 { outbox.add(record) }
      #expect(outbox.counts.dropped == 0 && outbox.count * (length + 160) > capacity / 2)
      // What a sink reads at once still has room: 64 KiB of the stream.
      for _ in 0...((64 << 10) / (record.text.count + 1)) { outbox.add(record) }
      #expect(outbox.counts.dropped == 0, "records of \(length)")
    }
  }

  @Test func refusedRecordGoesAlone() {
    var outbox = MemoryOutbox(capacity: 1 << 20)
    for number in 0..<3 { outbox.add(.numbered(number)) }
    outbox.quarantine(.numbered(0), reason: "no")
    #expect(outbox.oldest(5).first == 0)
    outbox.remove(before: 1, rejected: 1)
    #expect(outbox.oldest(5).first == 1 && outbox.count == 2)
    #expect(outbox.counts.dropped == 0 && outbox.counts.rejected == 1)
    // The acknowledgement of a removed record changes nothing.
    outbox.remove(before: 1)
    #expect(outbox.oldest(5).first == 1 && outbox.count == 2)
    outbox.remove(before: 3)
    #expect(outbox.isEmpty)
    #expect(outbox.counts.read == 3 && outbox.counts.delivered == 2)
    outbox.add(.numbered(3))
    #expect(outbox.oldest(1).first == 3)
  }

  @Test func timeOfTheOldestAndOfThoseDroppedIsKnown() {
    var outbox = MemoryOutbox(capacity: 1000)
    #expect(outbox.oldestSince == nil && outbox.takeEvents() == [])
    outbox.add(.timed(0), at: now + .seconds(1))
    outbox.add(.timed(1), at: now + .seconds(2))
    #expect(outbox.oldestSince == now + .seconds(1))
    outbox.remove(before: 1)
    #expect(outbox.oldestSince == now + .seconds(2))
    for second in 2..<50 { outbox.add(.timed(second)) }
    let dropped = outbox.counts.dropped
    guard let from = Record.timed(1).timestamp, let to = Record.timed(dropped).timestamp else {
      Issue.record("no times")
      return
    }
    #expect(outbox.takeEvents() == [.dropped(total: dropped, times: from...to)])
    #expect(outbox.takeEvents() == [])
    #expect(outbox.unkeptCount > 0 && outbox.deadline == nil)
  }

  @Test func acknowledgementOfWhatWasPushedOutChangesNothing() {
    var outbox = MemoryOutbox(capacity: 300)
    outbox.add(.numbered(0))
    let batch = outbox.oldest(1)
    for number in 1..<20 { outbox.add(.numbered(number)) }
    let waiting = outbox.oldest(100)
    #expect(waiting.first > batch.end)
    outbox.remove(before: batch.end)
    #expect(outbox.oldest(100) == waiting)
    outbox.remove(before: .max)
    #expect(outbox.isEmpty)
    #expect(outbox.oldest(1).first == waiting.end)
  }

  @Test func outboxBehavesAsAListWould() {
    var generator = SeededGenerator(seed: 62)
    for capacity in [200, 2000, 400_000] {
      var outbox = MemoryOutbox(capacity: capacity)
      var model: [(number: UInt64, record: Record)] = []
      var next: UInt64 = 0
      var gone = 0
      for _ in 0..<1500 {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<7:
          let record = Record.numbered(Int(next), length: Int.random(in: 0...40, using: &generator))
          outbox.add(record)
          model.append((next, record))
          next += 1
        case 7:
          let batch = outbox.oldest(Int.random(in: 0...20, using: &generator))
          #expect(batch.records == model.prefix(batch.records.count).map(\.record))
          outbox.remove(before: batch.end)
          model.removeFirst(batch.records.count)
        case 8:
          guard let first = model.first else { continue }
          outbox.remove(before: first.number + 1, rejected: 1)
          model.removeFirst()
        default:
          let number = UInt64.random(in: 0...(next + 1), using: &generator)
          guard Int.random(in: 0..<30, using: &generator) == 0 else { continue }
          outbox.remove(before: number)
          model.removeAll { $0.number < number }
        }
        // The bound may have dropped more from the front.
        let dropped = outbox.counts.dropped - gone
        gone = outbox.counts.dropped
        model.removeFirst(dropped)
        #expect(outbox.count == model.count)
        #expect(outbox.oldest(1).records.first == model.first?.record)
        if let first = model.first { #expect(outbox.oldest(1).first == first.number) }
      }
      #expect(outbox.oldest(.max).records == model.map(\.record))
      #expect((gone > 0) == (capacity < 400_000))
    }
  }
}
