import Delivery
import Records
import TestValues
import Testing

@testable import p1influx

/// Batches in parts: what is halved stays in order, and is whole in the end.
@Suite struct PreparedBatchTests {
  private func record(_ number: Int, meter: String = "E1", _ lines: String = "") throws -> Record {
    let text = "timestamp=2026-01-15T12:00:00Z\nmeter=\(meter)\nn=\(number)\n\(lines)"
    return try #require(Record(text.bytes))
  }

  private func batch(_ records: [Record], lanes: Int = 1) -> PreparedBatch {
    var outbox = MemoryOutbox(capacity: 1 << 20)
    for record in records { outbox.add(record, at: .now) }
    return PreparedBatch(outbox.batch(from: 0, count: 1000, size: 1 << 20), lanes: lanes)
  }

  /// Sends the parts of a lane to somebody who takes what `isTaken` says, and halves the rest.
  ///
  /// - Returns: the texts that were taken, and those of single values that were not.
  private func deliver(
    _ lane: inout PreparedBatch.Lane, _ isTaken: ([String]) -> Bool
  ) -> (taken: [String], rejected: [String]) {
    var (taken, rejected): ([String], [String]) = ([], [])
    while let part = lane.parts.last {
      let texts = part.records.map(\.text.text)
      if isTaken(texts) {
        taken += texts
        lane.removeNext()
      } else if !lane.splitNext() {
        rejected += texts
        lane.rejected.insert(part.pieceOf ?? part.first)
        lane.removeNext()
      }
    }
    return (taken, rejected)
  }

  @Test func wholeBatchIsOnePart() throws {
    let records = try (0..<5).map { try record($0) }
    let batch = batch(records)
    #expect(batch.first == 0 && batch.end == 5 && batch.lanes.count == 1 && !batch.isDone)
    #expect(batch.lanes[0].parts.count == 1)
    #expect(batch.lanes[0].parts[0].records.elementsEqual(records))
  }

  @Test func emptyBatchIsDone() {
    #expect(batch([], lanes: 4).isDone)
  }

  @Test(arguments: 1...9)
  func halvesAreSentInOrder(_ count: Int) throws {
    let records = try (0..<count).map { try record($0) }
    for most in 1...count {
      var batch = batch(records)
      let (taken, rejected) = deliver(&batch.lanes[0]) { $0.count <= most }
      #expect(taken == records.map(\.text.text) && rejected.isEmpty)
      #expect(batch.isDone && batch.rejectedCount == 0)
    }
  }

  @Test func oneFieldIsRefusedAlone() throws {
    let records = try (0..<7).map { try record($0, $0 == 3 ? "a=1\nbad=1\nb=1\n" : "a=1\n") }
    var batch = batch(records)
    let (taken, rejected) = deliver(&batch.lanes[0]) { !$0.contains { $0.contains("bad=") } }
    let identity = "timestamp=2026-01-15T12:00:00Z\nmeter=E1\n"
    #expect(rejected == [identity + "bad=1\n"])
    #expect(batch.rejectedCount == 1)
    #expect(
      taken == records[..<3].map(\.text.text) + [identity + "n=3\na=1\n", identity + "b=1\n"]
        + records[4...].map(\.text.text))
  }

  @Test func recordIsCountedOnceHoweverManyFieldsAreRefused() throws {
    let records = try (0..<6).map { number in
      try record(number, number % 2 == 0 ? "bad1=1\na=1\nbad2=1\nbad3=1\n" : "")
    }
    var batch = batch(records)
    let (_, rejected) = deliver(&batch.lanes[0]) { !$0.contains { $0.contains("bad") } }
    #expect(rejected.count == 9 && batch.rejectedCount == 3)
  }

  @Test func singleValueIsNotSplit() throws {
    var batch = batch([try record(1)])
    let isSplit = batch.lanes[0].splitNext()
    #expect(!isSplit && batch.lanes[0].parts.count == 1)
    batch.lanes[0].removeNext()
    let isNothingSplit = batch.lanes[0].splitNext()
    #expect(!isNothingSplit && batch.isDone)
  }

  @Test(arguments: [2, 3, 8, 64])
  func meterStaysInItsLane(_ count: Int) throws {
    let records = try (0..<200).map { try record($0, meter: "E\($0 % 10)") }
    let batch = batch(records, lanes: count)
    #expect((1...count).contains(batch.lanes.count))
    let lanes = batch.lanes.map { $0.parts.flatMap(\.records) }
    #expect(lanes.reduce(0) { $0 + $1.count } == 200 && lanes.allSatisfy { !$0.isEmpty })
    for meter in 0..<10 {
      let mine = lanes.map { $0.filter { $0.value(of: .meter)?.text == "E\(meter)" } }
      #expect(mine.count { !$0.isEmpty } == 1)
      #expect(
        mine.flatMap { $0 } == stride(from: meter, to: 200, by: 10).map { records[$0] })
    }
  }
}
