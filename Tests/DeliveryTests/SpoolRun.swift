import Records
import SystemPackage
import TestValues

@testable import Delivery

/// A run of a spool on a model disk, by a script that is the same each time, and what it owes.
final class SpoolRun {
  /// What a spool has been given and told so far.
  struct State {
    /// When each record was added, by its number.
    var added: [ContinuousClock.Instant] = []
    /// The numbers of those acknowledged, refused or dropped for want of room.
    var done: Set<Int> = []
    /// How many are for sure on the disk, or done.
    var kept = 0
  }

  let disk: ModelDisk
  let limits: SpoolLimits
  private(set) var state = State()
  private(set) var events: [OutboxEvent] = []
  /// The numbers that came out, in order, -1 for what was never put in.
  private(set) var delivered: [Int] = []
  private var spool: Spool
  private var generator: SeededGenerator
  private let start: ContinuousClock.Instant

  /// Goes on in the directory that an earlier process has left.
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
    state.kept = max(state.kept, due)
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

  private func deliver(_ count: Int, refused: Int? = nil) {
    var left = count
    while left > 0 {
      let batch = spool.batch(from: spool.first, count: min(left, 5), size: 2000)
      guard !batch.records.isEmpty else { return }
      left -= batch.records.count
      let numbers = batch.records.map { $0.number ?? -1 }
      delivered += numbers
      state.done.formUnion(numbers)
      var refusedCount = 0
      for (record, number) in zip(batch.records, numbers) where number == refused {
        spool.keepApart(record, reason: "400 Bad Request")
        refusedCount += 1
      }
      spool.remove(before: batch.end, refused: refusedCount)
    }
  }

  private func note() { events += spool.takeEvents() }

  /// Another process goes on, once it can; nothing is in memory only.
  func restart(kill: Bool) {
    for _ in 0..<10 where spool.unkeptCount > 0 { wait(1000) }
    if kill { disk.kill() } else { spool.close(at: disk.now) }
    note()
    if !kill, spool.unkeptCount == 0 { state.kept = state.added.count }
    while true {
      do throws(Errno) {
        spool = try Spool(disk, limits, at: disk.now)
        return
      } catch {
        continue
      }
    }
  }

  /// All that a spool does: a quick receiver, an outage of it, restarts of both kinds, and a receiver
  /// that comes back.
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
    deliver(11, refused: state.done.count + 4)
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
