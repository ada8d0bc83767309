import Records
import SystemPackage

/// Something that happened to an outbox and has to be logged.
public enum OutboxEvent: Equatable, Sendable {
  /// Records were dropped because the outbox was full: how many since it was made, and the range of
  /// timestamps of those that were dropped now.
  case dropped(total: Int, times: ClosedRange<Timestamp>?)
  /// The spool had this many records from an earlier run.
  case found(Int)
  /// Part of a segment is not a whole record, and was copied to `bad/`.
  case damaged(segment: String)
  /// A segment cannot be read and was moved to `bad/`, with this many records.
  case unreadable(segment: String, Int, Errno)
  /// Another program removed a segment, with this many records.
  case gone(segment: String, Int)
  /// The disk cannot be written; new records are buffered in memory.
  case disconnected(Errno)
  /// The disk can be written again.
  case reconnected
  /// fsync of a segment failed, and the segment was written to a new file.
  case rewritten(segment: String, Errno)
  /// fsync failed.
  case syncFailed(Errno)
  /// The oldest file of `bad/` was removed because `bad/` reached its bound.
  case quarantineTrimmed(file: String)
  /// `bad/` cannot be written; rejected records are held in memory.
  case quarantineHeld(Errno)
  /// A rejected record is lost because `bad/` cannot be written.
  case quarantineLost(Errno)
}

extension OutboxEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .dropped(let total, let times):
      let last = times.map { ", of \($0.lowerBound) to \($0.upperBound) most recently" } ?? ""
      return
        "\(OutboxEvent.records(total)) dropped so far, the oldest first\(last): the limit is reached"
    case .found(let count): return "\(OutboxEvent.records(count)) left from an earlier run"
    case .damaged(let segment):
      return "segment \(segment): damaged records moved to bad/"
    case .unreadable(let segment, let count, let errno):
      return "segment \(segment): \(errno); moved to bad/ with \(OutboxEvent.records(count))"
    case .gone(let segment, let count):
      return "segment \(segment) was removed by another program, with \(OutboxEvent.records(count))"
    case .disconnected(let errno): return "\(errno); new records are kept in memory"
    case .reconnected: return "writing again"
    case .rewritten(let segment, let errno):
      return "segment \(segment): \(errno) during fsync; written again to a new file"
    case .syncFailed(let errno):
      return "\(errno) during fsync; records may be lost if the power fails"
    case .quarantineTrimmed(let file): return "\(file) removed: bad/ is full"
    case .quarantineHeld(let errno):
      return "bad/ cannot be written: \(errno); rejected records are kept in memory"
    case .quarantineLost(let errno):
      return "bad/ cannot be written: \(errno); a rejected record is lost"
    }
  }

  private static func records(_ count: Int) -> String {
    count == 1 ? "1 record" : "\(count) records"
  }

  /// Whether the event is a notice rather than a warning.
  public var isGood: Bool {
    switch self {
    case .found, .reconnected: true
    default: false
    }
  }

  /// Events of the same kind count as repetitions when messages are rate-limited.
  public var kind: String {
    switch self {
    case .dropped: "dropped"
    case .found: "found"
    case .damaged: "damaged"
    case .unreadable: "unreadable"
    case .gone: "gone"
    case .disconnected: "disconnected"
    case .reconnected: "reconnected"
    case .rewritten: "rewritten"
    case .syncFailed: "sync failed"
    case .quarantineTrimmed: "forgot"
    case .quarantineHeld: "held"
    case .quarantineLost: "lost"
    }
  }
}

/// The events of an outbox that were not logged yet. Consecutive drops are joined into one event.
struct OutboxEvents {
  private var events: [OutboxEvent] = []

  mutating func append(_ event: OutboxEvent) {
    // A backfill may add millions of records before the events are taken.
    if events.last != event { events.append(event) }
  }

  /// Adds the drop of a record.
  ///
  /// - Parameters:
  ///   - total: how many records were dropped since the outbox was made.
  ///   - timestamp: the timestamp of this record, if it has one.
  mutating func dropped(total: Int, _ timestamp: Timestamp?) {
    var times = timestamp.map { $0...$0 }
    if case .dropped(_, let others)? = events.last {
      events.removeLast()
      if let range = times, let others {
        times = min(range.lowerBound, others.lowerBound)...max(range.upperBound, others.upperBound)
      } else {
        times = times ?? others
      }
    }
    events.append(.dropped(total: total, times: times))
  }

  mutating func take() -> [OutboxEvent] {
    guard !events.isEmpty else { return [] }
    defer { events = [] }
    return events
  }
}
