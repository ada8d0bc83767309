import Foundation
import Synchronization
import TestValues
import Testing

/// Tests with `.computing` leave processors to other tests.
@Suite(.computing) struct ComputingTraitTests {
  private final class Spinning: Sendable {
    private let startedCount = Atomic(0)
    private let isOver = Atomic(false)

    /// Computes until a task of another test has run.
    func spin(asOneOf count: Int) -> Bool {
      if startedCount.add(1, ordering: .relaxed).newValue == count {
        Task.detached { self.isOver.store(true, ordering: .relaxed) }
      }
      let end = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < end {
        if isOver.load(ordering: .relaxed) { return true }
      }
      return false
    }
  }

  /// There are more computing tests than processors.
  @Test func othersGetTheirTurnMeanwhile() async {
    let count = 2 * ProcessInfo.processInfo.activeProcessorCount
    let spinning = Spinning()
    let areOver = await withTaskGroup { group in
      for _ in 0..<count { group.addTask { spinning.spin(asOneOf: count) } }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(areOver)
  }
}
