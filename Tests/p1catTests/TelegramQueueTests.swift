import TestValues
import Testing

@testable import p1cat

/// The buffer for a slow reader.
@Suite struct TelegramQueueTests {
  private static func telegram(_ number: Int, size: Int = 936) -> [UInt8] {
    Array("/\(number)\n".utf8) + [UInt8](repeating: UInt8(ascii: "."), count: size)
  }

  @Test func orderIsKept() {
    var queue = TelegramQueue(capacity: 1 << 20)
    #expect(queue.isEmpty && queue.next.isEmpty)
    for number in 0..<100 { queue.add(Self.telegram(number)) }
    for number in 0..<100 {
      #expect(Array(queue.next) == Self.telegram(number))
      // Each telegram is written in two parts.
      queue.removeFirst(10)
      #expect(Array(queue.next) == Array(Self.telegram(number).dropFirst(10)))
      queue.removeFirst(queue.next.count)
    }
    #expect(queue.isEmpty && queue.droppedCount == 0)
  }

  @Test func oldestGoBeyondTheBound() {
    var queue = TelegramQueue(capacity: 10_000)
    for number in 0..<25 { queue.add(Self.telegram(number)) }
    // Each takes at most 1004 bytes with its overhead.
    #expect(queue.count + queue.droppedCount == 25)
    #expect((8...10).contains(queue.count))
    #expect(Array(queue.next) == Self.telegram(queue.droppedCount))
  }

  @Test func restOfATelegramIsKept() {
    var queue = TelegramQueue(capacity: 3000)
    queue.add(Self.telegram(0))
    queue.removeFirst(500)
    for number in 1..<20 { queue.add(Self.telegram(number)) }
    #expect(Array(queue.next) == Array(Self.telegram(0).dropFirst(500)))
    queue.removeFirst(queue.next.count)
    #expect(Array(queue.next) == Self.telegram(queue.droppedCount + 1))
  }

  @Test func oneTelegramIsAlwaysTaken() {
    var queue = TelegramQueue(capacity: 10)
    queue.add(Self.telegram(0))
    #expect(queue.count == 1)
    queue.add(Self.telegram(1))
    #expect(queue.count == 1 && queue.droppedCount == 1)
  }

  /// Random operations, compared with a plain list.
  @Test func randomUse() {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<50 {
      var queue = TelegramQueue(capacity: 20_000)
      var written: [UInt8] = []
      var added = 0
      for _ in 0..<2000 {
        if Bool.random(using: &generator) {
          queue.add(Self.telegram(added, size: Int.random(in: 0...900, using: &generator)))
          added += 1
        } else if !queue.isEmpty {
          let count = Int.random(in: 1...queue.next.count, using: &generator)
          written += queue.next.prefix(count)
          queue.removeFirst(count)
        }
      }
      if Bool.random(using: &generator) { queue.dropUnbegun() }
      while !queue.isEmpty {
        written += queue.next
        queue.removeFirst(queue.next.count)
      }
      // The rest are whole telegrams in order.
      let numbers = String(decoding: written, as: UTF8.self).split(separator: "/").map { part in
        Int(part.prefix { $0 != "\n" }) ?? -1
      }
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      #expect(numbers.count == added - queue.droppedCount)
    }
  }
}
