import Records
import SystemPackage
import TestValues
import Testing

@testable import Delivery

/// No record is lost if any one operation of a run fails.
@Suite struct SpoolFaultTests {
  private let limits = SpoolLimits(capacity: 32 << 10, memory: 64 << 10, sync: .seconds(5))

  private static let failures: [(ModelDisk.Failure, times: Int)] = [
    (.error(.ioError), 1), (.error(.noSpace), 1), (.error(.interrupted), 1), (.short, 1),
    (.error(.ioError), 3), (.error(.noSpace), 3),
  ]

  /// Runs with failures, and compares the delivered records with the added ones.
  private func run(_ failures: [Int: ModelDisk.Failure], restarts: Bool) throws -> String? {
    let disk = ModelDisk()
    let run = try SpoolRun(disk, limits, seed: 5)
    disk.failures = failures
    run.play(restarts: restarts)
    disk.failures = [:]
    run.finish()
    // A segment that could be neither read nor moved is delivered by the next process.
    run.restart(kill: false)
    run.finish()
    if !run.isEmpty { return "some do not come out" }
    if run.delivered.contains(-1) { return "what was never added came out" }
    // A segment that cannot be read is in bad/.
    let bad = disk.fileNames.flatMap { Record.all(in: disk.text($0) ?? []) }
    if !bad.allSatisfy({ $0.number != nil }) { return "half a record in bad/" }
    let unread = disk.fileNames.filter { $0.hasSuffix(".segment") }
      .flatMap { Record.all(in: disk.text($0) ?? []).compactMap(\.number) }
    let lost = Set(run.state.added.indices).subtracting(run.delivered).subtracting(unread)
    if !lost.isEmpty { return "lost: \(lost.sorted())" }
    if run.events.contains(where: \.isUnreadable) { return nil }
    // The order is kept, but for the records that are sent again after a restart.
    var highest = -1
    var last = -1
    for number in run.delivered {
      if number > last + 1, !(last + 1..<number).allSatisfy({ unread.contains($0) }) {
        guard number <= highest else { return "out of order: \(last), \(number)" }
      }
      highest = max(highest, number)
      last = number
    }
    if !restarts, Set(run.delivered).count < run.delivered.count { return "twice" }
    let left = disk.fileNames.filter { !$0.hasPrefix("bad/") }
    if !left.isEmpty { return "left: \(left)" }
    return disk.openCount == 0 ? nil : "\(disk.openCount) files are open"
  }

  @Test(arguments: failures)
  func everyOperationMayFail(_ failure: ModelDisk.Failure, _ times: Int) throws {
    for restarts in times > 1 ? [true] : [false, true] {
      let disk = ModelDisk()
      let whole = try SpoolRun(disk, limits, seed: 5)
      whole.play(restarts: restarts)
      whole.finish()
      #expect(whole.delivered.count >= whole.state.added.count)
      for index in 1..<disk.operations.count {
        let failures = (index..<index + times).map { ($0, failure) }
        let fault = try run(Dictionary(uniqueKeysWithValues: failures), restarts: restarts)
        if let fault { Issue.record("at \(index), \(disk.operations[index]): \(fault)") }
      }
    }
  }
}
