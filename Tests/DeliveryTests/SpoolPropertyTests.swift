import Records
import SystemPackage
import TestValues
import Testing

@testable import Delivery

/// Compares a spool with a simple list in random sequences of operations.
@Suite struct SpoolPropertyTests {
  /// The list that the spool is compared with.
  private struct Model {
    /// The numbers of the buffered records.
    var waiting: [Int] = []
    /// The numbers of the removed records, in order.
    var gone: [Int] = []
    var next = 0

    mutating func remove(_ count: Int) {
      gone += waiting.prefix(count)
      waiting.removeFirst(count)
    }

    /// Takes the numbers after a restart, with some removed ones in front again.
    ///
    /// - Returns: whether these numbers are possible.
    mutating func restart(_ numbers: [Int]) -> Bool {
      let again = numbers.prefix(max(0, numbers.count - waiting.count))
      let isRight =
        numbers.suffix(waiting.count) == waiting[...] && Set(again).isSubset(of: gone)
        && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
      gone.removeAll { again.contains($0) }
      waiting = numbers
      return isRight
    }
  }

  @Test(arguments: 1...24) func spoolBehavesAsAListWould(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: 7000 + seed)
    let disk = ModelDisk()
    let limits = SpoolLimits(
      capacity: [8 << 10, 40 << 10, 1 << 20][Int(seed % 3)],
      memory: [4 << 10, 30 << 10][Int(seed % 2)], sync: .seconds(3))
    var spool = try Spool(disk, limits, at: disk.now)
    var model = Model()
    var sent: UInt64 = 0
    var dropped = 0
    for step in 0..<500 {
      let choice = Int.random(in: 0..<100, using: &generator)
      switch choice {
      case 0..<45:
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
          let length = Int.random(in: 0...(step % 50 == 0 ? 5000 : 200), using: &generator)
          spool.add(.numbered(model.next, length: length), at: disk.now)
          model.waiting.append(model.next)
          model.next += 1
        }
        if choice < 40 { spool.store(at: disk.now) }
      case 45..<75:
        sent = max(sent, spool.first)
        let offset = Int(sent - spool.first)
        let count = Int.random(in: 0...20, using: &generator)
        let batch = spool.batch(
          from: sent, count: count, size: Int.random(in: 1...4000, using: &generator))
        let numbers = batch.records.map { $0.number ?? -1 }
        let expected = Array(model.waiting.dropFirst(offset).prefix(numbers.count))
        #expect(numbers == expected, "seed \(seed), step \(step)")
        #expect(numbers.isEmpty == (count == 0 || model.waiting.count == offset))
        #expect(numbers.isEmpty || batch.first == sent)
        sent = batch.end
      case 75..<88:
        guard sent > spool.first else { continue }
        let number = UInt64.random(in: spool.first...sent, using: &generator)
        let count = Int(number - spool.first)
        let rejected = Int.random(in: 0...min(1, count), using: &generator)
        if rejected > 0 { spool.quarantine(.numbered(-5), reason: "no") }
        spool.remove(before: number, rejected: rejected)
        model.remove(count)
      case 88..<93:
        disk.now += .milliseconds(Int.random(in: 0...12_000, using: &generator))
        spool.attend(disk.now)
      case 93..<96:
        let kill = choice == 95 && spool.unkeptCount == 0
        if kill { disk.kill() } else { spool.close(at: disk.now) }
        // The oldest may have been dropped, and what was in memory is lost with the process.
        model.remove(spool.counts.dropped - dropped)
        model.waiting.removeLast(spool.unwritten.count)
        #expect(kill || disk.openCount == 0)
        spool = try Spool(disk, limits, at: disk.now)
        let all = spool.batch(from: 0, count: .max, size: .max).records.map { $0.number ?? -1 }
        let isRight = model.restart(all)
        #expect(isRight, "seed \(seed), step \(step)")
        // Nothing is loaded yet.
        spool = try Spool(disk, limits, at: disk.now)
        sent = 0
        dropped = 0
      case 96, 97:
        disk.capacity = disk.size + Int.random(in: 0...3000, using: &generator)
      default:
        disk.capacity = .max
      }
      let counts = spool.counts
      model.remove(counts.dropped - dropped)
      dropped = counts.dropped
      guard spool.count == model.waiting.count, spool.unwritten.size <= 2 * limits.memory,
        spool.size <= limits.capacity + limits.segmentSize + 6000,
        spool.isEmpty == (spool.oldestSince == nil), !spool.isEmpty || spool.size == 0
      else {
        Issue.record("seed \(seed), step \(step): \(spool.count), not \(model.waiting.count)")
        return
      }
    }
    disk.capacity = .max
    #expect(spool.drainNumbers(50) == model.waiting)
    disk.now += .seconds(2)
    spool.attend(disk.now)
    spool.close(at: disk.now)
    #expect(disk.fileNames.allSatisfy { $0.hasPrefix("bad/") } && disk.openCount == 0)
  }

  // MARK: - Arbitrary directories

  private static let names: [String] =
    (0..<6).map { Segment.name($0) } + [
      "0000000000000001.new", "1", "", ".", "99999999999999999999", "9999999999999999",
      "9223372036854775807", "000000000000000x", "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠", "lock", "bad/0000000000000002",
      "bad/1.segment", "bad/x", "bad/9999999999999999.segment", "bad/18446744073709551615",
    ]

  private static let pieces: [[UInt8]] = [
    Record.stream(1...3), Record.numbered(4, length: 300).text + [10], "\n".bytes, "\n\n".bytes,
    "n=1".bytes, "=".bytes, "# x\n".bytes, "\r\n".bytes, "n=1\nx=\r\n\n".bytes, [0, 0, 0], [255],
    "timestamp=no\n\n".bytes, "timestamp=2026-11-23T10:00:00Z\n".bytes,
    [UInt8](repeating: 120, count: 70_000), "n=2\nx=\0\0\n\n".bytes,
  ]

  @Test(arguments: 1...6) func anyBytesAreSurvived(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: 8000 + seed)
    for round in 0..<40 {
      let disk = ModelDisk()
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        let name = SpoolPropertyTests.names.randomElement(using: &generator) ?? ""
        var text = generator.bytes(
          0...300, from: round % 2 == 0 ? "n=x\n\n\r1\0".bytes : [10, 61, 9])
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
          // The long one is slow.
          let piece = SpoolPropertyTests.pieces.randomElement(using: &generator) ?? []
          if piece.count < 1000 || round == 0 { text += piece }
        }
        disk.put(text, as: name)
      }
      if round % 4 == 3 { disk.capacity = disk.size }
      var spool = try Spool(
        disk, SpoolLimits(capacity: 64 << 10, memory: 16 << 20, sync: .seconds(5)), at: disk.now)
      spool.fill(100..<103, at: disk.now)
      let records = spool.drain(3, size: 500)
      #expect(spool.isEmpty && records.suffix(3).map(\.number) == [100, 101, 102])
      // Every delivered record is valid.
      #expect(records.allSatisfy { Record.all(in: $0.text + [10]) == [$0] })
      disk.capacity = .max
      spool.attend(disk.now + .seconds(2))
      spool.close(at: disk.now)
      let left = disk.fileNames.filter { !$0.hasPrefix("bad/") }
      #expect(left.allSatisfy { Segment.sequence($0) == nil && !$0.hasSuffix(".new") })
      for name in disk.fileNames where name.hasPrefix("bad/") {
        _ = Record.all(in: disk.text(name) ?? [])
      }
    }
  }

  @Test(arguments: 1...6) func wholeRecordsComeOutOfDamage(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: 9000 + seed)
    for _ in 0..<30 {
      let disk = ModelDisk()
      var expected: [Int] = []
      for place in 1...4 {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
          if Bool.random(using: &generator) {
            expected.append(expected.count)
            let length = Int.random(in: 0...200, using: &generator)
            text += Record.numbered(expected.count - 1, length: length).text + [10]
          } else {
            // An empty line ends the damaged part.
            text += generator.bytes(1...60, from: "no key\0\t".bytes) + [10, 10]
          }
        }
        if Bool.random(using: &generator) {
          text += Record.numbered(9).text.prefix(Int.random(in: 1..<7, using: &generator))
        }
        disk.put(text, as: Segment.name(UInt64(place)))
      }
      if Int.random(in: 0..<3, using: &generator) == 0 { disk.capacity = disk.size }
      var spool = try Spool(
        disk, SpoolLimits(capacity: 64 << 10, memory: 16 << 20, sync: .seconds(5)), at: disk.now)
      #expect(spool.count == expected.count)
      #expect(spool.drainNumbers(3) == expected)
      spool.close(at: disk.now)
      let bad = disk.fileNames.flatMap { Record.all(in: disk.text($0) ?? []) }
      #expect(disk.capacity < .max || bad == [])
    }
  }
}
