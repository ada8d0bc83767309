import Records
import TestValues

@testable import Delivery

extension Spool {
  /// Takes all records out as a sink does, up to where the spool has records and returns none.
  mutating func drain(_ count: Int = 7, size: Int = 4000) -> [Record] {
    var records: [Record] = []
    while !isEmpty {
      let batch = batch(from: first, count: count, size: size)
      guard !batch.records.isEmpty else { break }
      records += batch.records
      remove(before: batch.end, rejected: 0)
    }
    return records
  }

  /// The numbers of the records, -1 for a record that was changed.
  mutating func drainNumbers(_ count: Int = 7) -> [Int] { drain(count).map { $0.number ?? -1 } }

  /// Adds numbered records, and stores each at once.
  mutating func fill(
    _ numbers: Range<Int>, length: Int = 0, at now: ContinuousClock.Instant
  ) {
    for number in numbers {
      add(.numbered(number, length: length), at: now)
      store(at: now)
    }
  }
}

extension OutboxEvent {
  var isUnreadable: Bool {
    if case .unreadable = self { true } else { false }
  }
}
