import CommandLine
import Delivery

/// How many of the records that a sink has read were delivered, rejected, dropped or still wait.
public struct DeliveryStatistics {
  /// What is counted.
  public enum Unit: String {
    case record, value
  }

  let unit: Unit
  public private(set) var counts: OutboxCounts
  private(set) var waiting: Int
  /// How many of those that wait are lost when the process ends.
  private var unkept: Int
  /// How many were rejected and are not kept in bad/.
  private let lostRejected: Int
  /// Since when the oldest waits; nil where none does.
  private var oldestSince: ContinuousClock.Instant?

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

  /// The statistics at the end of the process: what still waits and is not kept counts as dropped.
  var atEnd: DeliveryStatistics {
    var statistics = self
    statistics.counts.dropped += unkept
    statistics.waiting -= unkept
    statistics.unkept = 0
    if statistics.waiting == 0 { statistics.oldestSince = nil }
    return statistics
  }

  /// What `--stats` and `--metrics-file` report.
  public var counters: [Counter] {
    switch unit {
    case .record:
      [
        Counter("records", .total(counts.read), "Records to deliver, without repeated ones."),
        Counter("delivered", .total(counts.delivered), "Records that the server acknowledged."),
        Counter(
          "waiting", .number(waiting),
          "Undelivered records, with those found in the spool at the start."),
        Counter(
          "rejected", .total(counts.rejected),
          "Records that the server rejected, in part or completely, or that can never be sent."),
        Counter(
          "dropped", .total(counts.dropped),
          "Records dropped because the spool or the buffer was full, or left at the end."),
        Counter("oldest", .instant(oldestSince), "the arrival of the oldest undelivered record"),
      ]
    case .value:
      [
        Counter("records", .total(counts.read), "Records read."),
        Counter(
          "delivered", .total(counts.delivered),
          "Values that the broker acknowledged, or that were sent with QoS 0."),
        Counter("waiting", .number(waiting), "Values queued or in flight."),
        Counter(
          "rejected", .total(counts.rejected),
          "Values that the broker rejected, or that can never be sent."),
        Counter(
          "dropped", .total(counts.dropped),
          "Values dropped because the buffer was full, or left at the end."),
      ]
    }
  }

  /// Says how many are kept for the next process; for statistics ``atEnd``.
  ///
  /// - Parameters:
  ///   - outboxName: what messages call the outbox.
  ///   - server: what they call the server.
  /// - Throws: ``Failure`` where any are lost.
  func end(_ outboxName: String, to server: String, _ messages: Messages) throws {
    if waiting > 0 {
      messages.say(
        .notice, outboxName, "\(counted(waiting, unit.rawValue)) kept for the next run")
    }
    guard counts.dropped == 0 else {
      let rejected = lostRejected > 0 ? ", \(lostRejected) rejected" : ""
      throw Failure(
        server,
        "\(counted(counts.dropped, unit.rawValue)) could not be delivered" + rejected, .unavailable)
    }
    guard lostRejected == 0 else {
      // Values go to no spool.
      let remedy = unit == .record ? "; --spool keeps them in bad/" : ""
      throw Failure(
        server, "\(counted(lostRejected, unit.rawValue)) rejected and not kept" + remedy, .badData)
    }
  }
}
