import Records
import SystemPackage
import TestValues

@testable import Delivery

/// A run of a spool on a model disk by a fixed script, and what the spool has to deliver.
final class SpoolRun {
  /// What the spool was given so far.
  struct State {
    /// The time at which each record was added, by number.
    var added: [ContinuousClock.Instant] = []
    /// The numbers of the records that were acknowledged, rejected or dropped.
    var done: Set<Int> = []
    /// How many records are synced or done.
    var synced = 0
  }

  let disk: ModelDisk
  let limits: SpoolLimits
  private(set) var state = State()
  private(set) var events: [OutboxEvent] = []
  /// The numbers of the delivered records, in order, -1 for a record that was never added.
  private(set) var delivered: [Int] = []
  private var spool: Spool
  private var generator: SeededGenerator
  private let start: ContinuousClock.Instant

  /// Opens the spool with what an earlier process left.
  init(_ disk: ModelDisk, _ limits: SpoolLimits, seed: UInt64) throws(Errno) {
    self.disk = disk
    self.limits = limits
    start = disk.now
    generator = SeededGenerator(seed: seed)
    spool = try Spool(disk, limits, at: disk.now)
  }

  private func wait(_ milliseconds: Int) {
    disk.now += .milliseconds(milliseconds)
    spool.attend(disk.now)
    let due = state.added.firstIndex { $0 + limits.sync > disk.now } ?? state.added.count
    state.synced = max(state.synced, due)
  }

  private func add(_ count: Int, _ lengths: ClosedRange<Int> = 0...150) {
    for _ in 0..<count {
      let length = Int.random(in: lengths, using: &generator)
      let record = Record.numbered(state.added.count, length: length)
      state.added.append(disk.now)
      spool.add(record, at: disk.now)
    }
    spool.store(at: disk.now)
  }

  private func deliver(_ count: Int, rejected: Int? = nil) {
    var left = count
    while left > 0 {
      let batch = spool.batch(from: spool.first, count: min(left, 5), size: 2000)
      guard !batch.records.isEmpty else { return }
      left -= batch.records.count
      let numbers = batch.records.map { $0.number ?? -1 }
      delivered += numbers
      state.done.formUnion(numbers)
      var rejectedCount = 0
      for (record, number) in zip(batch.records, numbers) where number == rejected {
        spool.quarantine(record, reason: "400 Bad Request")
        rejectedCount += 1
      }
      spool.remove(before: batch.end, rejected: rejectedCount)
    }
  }

  private func note() { events += spool.takeEvents() }

  /// Ends the process once nothing is in memory alone, and starts another one.
  func restart(kill: Bool) {
    for _ in 0..<10 where spool.unkeptCount > 0 { wait(1000) }
    if kill { disk.kill() } else { spool.close(at: disk.now) }
    note()
    if !kill, spool.unkeptCount == 0 { state.synced = state.added.count }
    while true {
      do throws(Errno) {
        spool = try Spool(disk, limits, at: disk.now)
        return
      } catch {
        continue
      }
    }
  }

  /// Plays the script: a fast receiver, an outage, restarts of both kinds, and the receiver back.
  func play(restarts: Bool = true) {
    for _ in 0..<6 {
      add(2)
      wait(1000)
      deliver(2)
    }
    for _ in 0..<12 {
      add(3, 50...250)
      wait(700)
    }
    deliver(11, rejected: state.done.count + 4)
    add(4)
    wait(300)
    if restarts { restart(kill: true) }
    for _ in 0..<5 {
      add(4, 100...400)
      wait(1500)
      deliver(3)
    }
    add(1, 3000...3000)
    if restarts { restart(kill: false) }
    for _ in 0..<4 {
      add(3)
      wait(1200)
    }
    deliver(30)
    wait(6000)
    add(5)
    deliver(.max)
    wait(11000)
    for _ in 0..<3 {
      add(2)
      wait(2600)
    }
    note()
  }

  /// Takes out what is left.
  func finish() {
    wait(2000)
    deliver(.max)
    spool.close(at: disk.now)
    note()
  }

  var isEmpty: Bool { spool.isEmpty }
  var counts: OutboxCounts { spool.counts }
}
