import CommandLine
import Delivery

/// What became of what a sink has read, to be told.
public struct Tally {
  /// What is counted.
  public enum Unit: String {
    case record, value
  }

  public let unit: Unit
  public let counts: OutboxCounts
  /// How many wait.
  public let waiting: Int
  /// How many of these are gone with the process.
  private let unkept: Int
  /// How many were refused and are kept nowhere.
  private let lostRefused: Int
  /// Since when the oldest waits; nil where none does.
  private let oldestSince: ContinuousClock.Instant?

  /// The records of an outbox.
  ///
  /// - Parameters:
  ///   - outbox: the outbox.
  ///   - arrived: how many it has dropped while the server took them: they have arrived all the same.
  public init(_ outbox: any Outbox, arrived: Int) {
    unit = .record
    var counts = outbox.counts
    counts.delivered += arrived
    counts.dropped -= arrived
    self.counts = counts
    waiting = outbox.count
    unkept = outbox.unkeptCount
    lostRefused = outbox.lostRefusedCount
    oldestSince = outbox.oldestSince
  }

  /// Values, which are gone with the process.
  ///
  /// - Parameters:
  ///   - counts: what became of them.
  ///   - waiting: how many wait.
  public init(ofValues counts: OutboxCounts, waiting: Int) {
    unit = .value
    self.counts = counts
    self.waiting = waiting
    unkept = waiting
    lostRefused = counts.refused
    oldestSince = nil
  }

  /// The counters in a line, as `name=value`.
  public var text: String {
    let text = """
      records=\(counts.read) delivered=\(counts.delivered) waiting=\(waiting) \
      refused=\(counts.refused) dropped=\(counts.dropped)
      """
    guard unit == .record else { return text }
    return text + " oldest_age_s=\(oldestSince.map { (.now - $0).inMilliseconds } ?? "none")"
  }

  private var andRefused: String { lostRefused > 0 ? ", \(lostRefused) refused" : "" }

  /// Says what is kept, and what is lost, once nothing more is sent.
  ///
  /// - Parameters:
  ///   - outboxName: what messages call the outbox.
  ///   - server: what they call the server.
  ///   - messages: where it is said.
  /// - Throws: ``Failure`` where something is lost.
  public func end(_ outboxName: String, to server: String, _ messages: Messages) throws {
    let kept = waiting - unkept
    let lost = counts.dropped + unkept
    if kept > 0 {
      messages.say(.notice, outboxName, "\(counted(kept, unit.rawValue)) kept for the next time")
    }
    guard lost == 0 else {
      throw Failure(
        server, "\(counted(lost, unit.rawValue)) could not be delivered" + andRefused,
        .unavailable)
    }
    guard lostRefused == 0 else {
      // Values go to no spool.
      let remedy = unit == .record ? "; --spool keeps them in bad/" : ""
      throw Failure(
        server, "\(counted(lostRefused, unit.rawValue)) refused and not kept" + remedy, .badData)
    }
  }
}
