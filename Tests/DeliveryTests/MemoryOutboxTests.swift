import Delivery
import Records
import TestValues
import Testing

/// Records of the stream's text.
private func records(_ text: String) -> [Record] {
  var reader = RecordReader()
  var records: [Record] = []
  let handle = { (event: RecordReader.Event) in
    if case .record(let record) = event { records.append(record) }
  }
  reader.read(text.bytes.span, handle)
  reader.finish(handle)
  return records
}

private func record(_ number: Int, length: Int = 0) -> Record {
  records("n=\(number)" + String(repeating: "x", count: length))[0]
}

@Suite struct MemoryOutboxTests {
  @Test func recordsComeInOrderAndGoWhenAcknowledged() {
    var outbox = MemoryOutbox(capacity: 1 << 20)
    #expect(outbox.isEmpty && outbox.oldest(10).records == [])
    for number in 0..<5 { outbox.add(record(number)) }
    let batch = outbox.oldest(3)
    #expect(batch.first == 0 && batch.end == 3)
    #expect(batch.records == (0..<3).map { record($0) })
    // Looking takes nothing out.
    #expect(outbox.oldest(3) == batch)
    outbox.remove(before: batch.end)
    #expect(outbox.count == 2)
    #expect(outbox.oldest(10).first == 3)
    #expect(outbox.oldest(10).records == [record(3), record(4)])
    #expect(outbox.oldest(0).records == [])
    outbox.remove(before: 5)
    #expect(outbox.isEmpty && outbox.droppedCount == 0)
  }

  @Test func oldestGoWhereThereIsNoRoom() {
    var outbox = MemoryOutbox(capacity: 1000)
    for number in 0..<100 { outbox.add(record(number)) }
    #expect(outbox.count + outbox.droppedCount == 100)
    #expect((5...20).contains(outbox.count))
    #expect(outbox.oldest(1).first == UInt64(outbox.droppedCount))
    #expect(outbox.oldest(1).records == [record(outbox.droppedCount)])
    #expect(outbox.oldest(100).records.last == record(99))
  }

  @Test func singleRecordIsAlwaysTaken() {
    var outbox = MemoryOutbox(capacity: 10)
    outbox.add(record(1, length: 500))
    #expect(outbox.count == 1 && outbox.droppedCount == 0 && outbox.isFull)
    outbox.add(record(2, length: 500))
    #expect(outbox.count == 1 && outbox.droppedCount == 1)
    #expect(outbox.oldest(2).first == 1)
    outbox.remove(before: 2)
    #expect(!outbox.isFull)
  }

  @Test func fullIsSaidBeforeAnythingIsPushedOut() {
    let capacity = 1 << 20
    for length in [20, 100, 700, 8000] {
      var outbox = MemoryOutbox(capacity: capacity)
      let record = record(1, length: length)
      while !outbox.isFull, outbox.droppedCount == 0 { outbox.add(record) }
      #expect(outbox.droppedCount == 0 && outbox.count * (length + 128) > capacity / 2)
      // What a sink reads at once still has room: 64 KiB of the stream.
      for _ in 0...((64 << 10) / (record.text.count + 1)) { outbox.add(record) }
      #expect(outbox.droppedCount == 0, "records of \(length)")
    }
  }

  @Test func refusedRecordGoesAlone() {
    var outbox = MemoryOutbox(capacity: 1 << 20)
    for number in 0..<3 { outbox.add(record(number)) }
    outbox.refuse(0, reason: "no")
    #expect(outbox.oldest(5).first == 1 && outbox.count == 2)
    #expect(outbox.droppedCount == 0)
    // One that went before its refusal came changes nothing.
    outbox.refuse(0, reason: "no")
    #expect(outbox.oldest(5).first == 1 && outbox.count == 2)
    outbox.remove(before: 3)
    outbox.refuse(3, reason: "there is none")
    #expect(outbox.isEmpty)
    outbox.add(record(3))
    #expect(outbox.oldest(1).first == 3)
  }

  @Test func acknowledgementOfWhatWasPushedOutChangesNothing() {
    var outbox = MemoryOutbox(capacity: 300)
    outbox.add(record(0))
    let batch = outbox.oldest(1)
    for number in 1..<20 { outbox.add(record(number)) }
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
          let record = record(Int(next), length: Int.random(in: 0...40, using: &generator))
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
          outbox.refuse(first.number, reason: "")
          model.removeFirst()
        default:
          let number = UInt64.random(in: 0...(next + 1), using: &generator)
          guard Int.random(in: 0..<30, using: &generator) == 0 else { continue }
          outbox.remove(before: number)
          model.removeAll { $0.number < number }
        }
        // The bound alone may have taken more, from the front.
        let dropped = outbox.droppedCount - gone
        gone = outbox.droppedCount
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
