import CommandLine
import Delivery

/// How many of the records that a sink has read were delivered, rejected, dropped or still wait.
public struct DeliveryStatistics {
  /// What is counted.
  public enum Unit: String {
    case record, value
  }

  let unit: Unit
  public let counts: OutboxCounts
  let waiting: Int
  /// How many of those that wait are lost when the process ends.
  private let unkept: Int
  /// How many were rejected and are not kept in bad/.
  private let lostRejected: Int
  /// Since when the oldest waits; nil where none does.
  private let oldestSince: ContinuousClock.Instant?

  /// The records of an outbox.
  ///
  /// - Parameter arrived: how many of those that the outbox dropped the server has acknowledged later.
  public init(_ outbox: any Outbox, arrived: Int) {
    unit = .record
    var counts = outbox.counts
    counts.delivered += arrived
    counts.dropped -= arrived
    self.counts = counts
    waiting = outbox.count
    unkept = outbox.unkeptCount
    lostRejected = outbox.lostRejectedCount
    oldestSince = outbox.oldestSince
  }

  /// Values, which are only in memory.
  public init(ofValues counts: OutboxCounts, waiting: Int) {
    unit = .value
    self.counts = counts
    self.waiting = waiting
    unkept = waiting
    lostRejected = counts.rejected
    oldestSince = nil
  }

  /// The counters in a line, as `name=value`.
  public var text: String {
    let text = """
      records=\(counts.read) delivered=\(counts.delivered) waiting=\(waiting) \
      rejected=\(counts.rejected) dropped=\(counts.dropped)
      """
    guard unit == .record else { return text }
    return text + " oldest_age_s=\(oldestSince.map { (.now - $0).inMilliseconds } ?? "none")"
  }

  /// Says at the end how many are kept for the next process.
  ///
  /// - Parameters:
  ///   - outboxName: what messages call the outbox.
  ///   - server: what they call the server.
  /// - Throws: ``Failure`` where any are lost.
  func end(_ outboxName: String, to server: String, _ messages: Messages) throws {
    let kept = waiting - unkept
    let lost = counts.dropped + unkept
    if kept > 0 {
      messages.say(.notice, outboxName, "\(counted(kept, unit.rawValue)) kept for the next run")
    }
    guard lost == 0 else {
      let rejected = lostRejected > 0 ? ", \(lostRejected) rejected" : ""
      throw Failure(
        server, "\(counted(lost, unit.rawValue)) could not be delivered" + rejected, .unavailable)
    }
    guard lostRejected == 0 else {
      // Values go to no spool.
      let remedy = unit == .record ? "; --spool keeps them in bad/" : ""
      throw Failure(
        server, "\(counted(lostRejected, unit.rawValue)) rejected and not kept" + remedy, .badData)
    }
  }
}
