import Records
import SystemPackage

/// What happened to an outbox that its user should know.
public enum OutboxEvent: Equatable, Sendable {
  /// Records went as there was no room: how many since the beginning, and of what times those that
  /// went now were.
  case dropped(total: Int, times: ClosedRange<Timestamp>?)
  /// So many records of an earlier run are still to be delivered.
  case found(Int)
  /// What a segment holds in one place is no record, and is kept apart.
  case damaged(segment: String)
  /// A segment cannot be read, and is kept apart as it is, with so many records.
  case unreadable(segment: String, Int, Errno)
  /// Somebody has removed a segment, with so many records.
  case gone(segment: String, Int)
  /// The disk takes nothing: what comes waits in memory.
  case disconnected(Errno)
  /// The disk takes records again.
  case reconnected
  /// The disk could not make sure of a segment, which was written anew.
  case rewritten(segment: String, Errno)
  /// The disk cannot make sure of what it has.
  case unsure(Errno)
  /// A file of what was refused went, as there were too many.
  case forgotRefused(file: String)
  /// What the receiver refused cannot be kept apart now.
  case heldRefused(Errno)
  /// Something that the receiver refused could not be kept apart.
  case lostRefused(Errno)
}

extension OutboxEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .dropped(let total, let times):
      let last = times.map { ", of \($0.lowerBound) to \($0.upperBound) at last" } ?? ""
      return
        "\(OutboxEvent.records(total)) dropped up to now, the oldest first\(last): there is no more room"
    case .found(let count): return "\(OutboxEvent.records(count)) left from before"
    case .damaged(let segment):
      return "segment \(segment): what is no whole record is kept in bad/"
    case .unreadable(let segment, let count, let errno):
      return "segment \(segment): \(errno); kept in bad/, with \(OutboxEvent.records(count))"
    case .gone(let segment, let count):
      return "segment \(segment) was removed, and \(OutboxEvent.records(count)) with it"
    case .disconnected(let errno): return "\(errno); what comes waits in memory"
    case .reconnected: return "writing again"
    case .rewritten(let segment, let errno):
      return "segment \(segment): \(errno) at a sync; written anew"
    case .unsure(let errno): return "\(errno) at a sync; a power cut would cost what waits"
    case .forgotRefused(let file): return "\(file) removed: too much was refused"
    case .heldRefused(let errno):
      return "what was refused waits in memory, as bad/ takes nothing: \(errno)"
    case .lostRefused(let errno): return "what was refused cannot be kept in bad/: \(errno)"
    }
  }

  private static func records(_ count: Int) -> String {
    count == 1 ? "1 record" : "\(count) records"
  }

  /// Whether it tells of something that is as it should be.
  public var isGood: Bool {
    switch self {
    case .found, .reconnected: true
    default: false
    }
  }

  /// What makes two events the same one said again.
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
    case .unsure: "unsure"
    case .forgotRefused: "forgot"
    case .heldRefused: "held"
    case .lostRefused: "lost"
    }
  }
}
