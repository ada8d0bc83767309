import Records
import TestValues
import Testing

@testable import Delivery

/// Power failures on the model disk, before each operation of a run, with any subset of the
/// unsynced changes surviving.
@Suite struct SpoolPowerTests {
  /// The state of the disk, and what the spool had to deliver, at one operation.
  private struct Cut {
    /// The operation before the power failure.
    let kind: ModelDisk.Operation.Kind?
    let unsyncedState: ModelDisk.UnsyncedState
    let state: SpoolRun.State
    let now: ContinuousClock.Instant
  }

  private static let limits = SpoolLimits(
    capacity: 32 << 10, memory: 64 << 10, sync: .seconds(5))

  /// The states before each operation of a run, one of which may fail.
  private static func cuts(seed: UInt64, failing: Int? = nil) throws -> [Cut] {
    let disk = ModelDisk()
    if let failing { disk.failures[failing] = .error(.ioError) }
    let run = try SpoolRun(disk, limits, seed: seed)
    var cuts: [Cut] = []
    disk.onOperation = {
      cuts.append(
        Cut(
          kind: disk.operations.last?.kind, unsyncedState: disk.unsyncedState, state: run.state,
          now: disk.now))
    }
    run.play()
    run.finish()
    disk.onOperation = {}
    #expect(run.isEmpty && disk.fileNames == ["bad/0000000000000001"])
    return cuts
  }

  /// How the guarantee is broken after a power failure; nil if it is kept.
  private static func fault(of cut: Cut, _ survives: () -> ModelDisk.Survival) -> String? {
    let disk = ModelDisk(after: cut.unsyncedState, at: cut.now, survives)
    do {
      var spool = try Spool(disk, limits, at: cut.now)
      let numbers = spool.drainNumbers(10)
      spool.close(at: cut.now)
      if numbers.contains(-1) { return "what was never added came out" }
      if numbers.last ?? 0 >= cut.state.added.count { return "a record of the future" }
      if zip(numbers, numbers.dropFirst()).contains(where: { $0 >= $1 }) {
        return "out of order: \(numbers)"
      }
      let owed = Set(0..<cut.state.synced).subtracting(cut.state.done)
      let lost = owed.subtracting(numbers).sorted()
      if !lost.isEmpty { return "lost: \(lost), of \(owed.sorted()), got \(numbers)" }
      if !spool.isEmpty { return "some do not come out" }
      if disk.fileNames.contains(where: { !$0.hasPrefix("bad/") }) { return "\(disk.fileNames)" }
      let bad = disk.fileNames.flatMap { Record.all(in: disk.text($0) ?? []) }
      if !bad.allSatisfy({ $0.number != nil }) { return "half a record in bad/" }
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: 1...2) func powerCutCostsNothingThatIsOwed(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var executions = 0
    for (index, cut) in try SpoolPowerTests.cuts(seed: seed).enumerated() {
      var faults: [String?] = [
        SpoolPowerTests.fault(of: cut) { .nothing }, SpoolPowerTests.fault(of: cut) { .whole },
      ]
      if cut.unsyncedState.count <= 4 {
        // Every subset.
        for subset in 0..<(1 << cut.unsyncedState.count) {
          var left = subset
          faults.append(
            SpoolPowerTests.fault(of: cut) {
              defer { left >>= 1 }
              return left & 1 == 1 ? .whole : .nothing
            })
        }
      }
      for _ in 0..<(cut.unsyncedState.count == 0 ? 0 : 8) {
        let odds = Int.random(in: 5...95, using: &generator)
        let torn = Int.random(in: 0...1, using: &generator) * 20
        faults.append(
          SpoolPowerTests.fault(of: cut) {
            if Int.random(in: 0..<100, using: &generator) < torn {
              return .part(Int.random(in: 0...1000, using: &generator))
            }
            return Int.random(in: 0..<100, using: &generator) < odds ? .whole : .nothing
          })
      }
      executions += faults.count
      for fault in faults.compactMap(\.self) { Issue.record("before operation \(index): \(fault)") }
    }
    #expect(executions > 900)
  }

  /// The guarantee also holds if an fsync fails and the segment is written to a new file.
  @Test func powerCutAfterAFailedSyncCostsNothingThatIsOwed() throws {
    let whole = try SpoolPowerTests.cuts(seed: 1)
    // The first operations only list the directory.
    let offset = 2
    let failing = whole.indices.filter { whole[$0].kind == .sync }.map { $0 - 1 + offset }
    #expect(failing.count > 10)
    for failing in failing {
      let cuts = try SpoolPowerTests.cuts(seed: 1, failing: failing)
      // Nothing differs before the failure, and little changes long after it.
      for (index, cut) in cuts.enumerated().dropFirst(failing - offset).prefix(30) {
        if let fault = SpoolPowerTests.fault(of: cut, { .nothing }) {
          Issue.record("after \(failing) failed, before \(index): \(fault)")
        }
      }
    }
  }
}
