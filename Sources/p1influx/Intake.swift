import Console
import Delivery
import Records

/// What becomes of a record that is read before it waits for the server: it gets a time, if it has
/// none, becomes one of a period, if that is wanted, and is left out where it says nothing new.
struct Intake {
  private var summary: Summary?
  private var repeats = Repeats()

  init(_ summary: Summary?) {
    self.summary = summary
  }

  /// Takes a record that was read.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - handle: called with the records to be written, in order.
  mutating func take(_ record: Record, _ handle: (Record) -> Void) {
    let timed = record.timestamp == nil ? record.stamped(.now) : record
    guard summary != nil else { return pass(timed, handle) }
    var passed: [Record] = []
    summary?.add(timed) { passed.append($0) }
    for record in passed { pass(record, handle) }
  }

  /// There are no more records.
  mutating func finish(_ handle: (Record) -> Void) {
    var passed: [Record] = []
    summary?.finish { passed.append($0) }
    for record in passed { pass(record, handle) }
  }

  private mutating func pass(_ record: Record, _ handle: (Record) -> Void) {
    if !repeats.contains(record) { handle(record) }
  }
}
