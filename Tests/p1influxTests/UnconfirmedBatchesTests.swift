import Testing

@testable import p1influx

/// Batches that count as delivered some time after they were acknowledged.
@Suite struct UnconfirmedBatchesTests {
  @Test func batchesAreConfirmedInOrder() {
    let start = ContinuousClock.now
    var batches = UnconfirmedBatches(delay: .seconds(5))
    batches.add(0..<10, rejected: 0, at: start)
    batches.add(10..<30, rejected: 2, at: start + .seconds(1))
    #expect(batches.end == 30 && batches.deadline == start + .seconds(5))
    let early = batches.takeConfirmed(start + .seconds(4))
    #expect(early == nil)
    let first = batches.takeConfirmed(start + .seconds(5))
    #expect(first?.first == 0 && first?.end == 10 && first?.rejected == 0)
    let again = batches.takeConfirmed(start + .seconds(5))
    let second = batches.takeConfirmed(start + .seconds(6))
    #expect(again == nil && second?.rejected == 2)
    #expect(batches.isEmpty && batches.end == nil && batches.deadline == nil)
  }
}
