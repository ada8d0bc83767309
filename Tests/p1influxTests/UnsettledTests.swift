import Testing

@testable import p1influx

/// Batches that count as delivered some time after they were acknowledged.
@Suite struct UnsettledTests {
  @Test func batchesSettleInTheirOrder() {
    let start = ContinuousClock.now
    var unsettled = Unsettled(for: .seconds(5))
    unsettled.add(0..<10, refused: 0, at: start)
    unsettled.add(10..<30, refused: 2, at: start + .seconds(1))
    #expect(unsettled.end == 30 && unsettled.deadline == start + .seconds(5))
    let early = unsettled.takeSettled(start + .seconds(4))
    #expect(early == nil)
    let first = unsettled.takeSettled(start + .seconds(5))
    #expect(first?.first == 0 && first?.end == 10 && first?.refused == 0)
    let again = unsettled.takeSettled(start + .seconds(5))
    let second = unsettled.takeSettled(start + .seconds(6))
    #expect(again == nil && second?.refused == 2)
    #expect(unsettled.isEmpty && unsettled.end == nil && unsettled.deadline == nil)
  }
}
