import CommandLine
import Delivery
import Records

/// How the records of a sink reach its kind of server. ``SinkRun`` does what all sinks do alike.
public protocol RecordDelivery {
  /// What messages call the server.
  var serverName: String { get }
  /// Why the server cannot be reached, or accepts nothing; nil while it works.
  var outage: String? { get }
  /// What the server has rejected last, and why; nil for nothing.
  var rejection: Rejection? { get }
  /// When the server last accepted or rejected something.
  var answeredAt: ContinuousClock.Instant { get }

  /// Whether reading should pause while the server works, as the oldest records would soon be dropped.
  var isFull: Bool { get }
  /// Whether the server has answered everything, and nothing else is left to send.
  var isDone: Bool { get }
  /// Whether all undelivered records are on a disk, for the next process.
  var keepsAll: Bool { get }
  /// Whether what is sent carries its time, so that it is worth sending however late.
  var isTimed: Bool { get }
  var statistics: DeliveryStatistics { get }
  /// When ``sendDue()`` or ``store(at:)`` has something to do.
  var deadline: ContinuousClock.Instant? { get }
  /// Whether the settings can be read again now, as no request is under way that uses the old ones.
  var canReload: Bool { get }

  /// Takes records as they were read; the default adds what the preprocessor makes of each.
  mutating func read(_ records: [Record], _ preprocessor: inout RecordPreprocessor) throws

  /// Adds a record to the outbox.
  mutating func add(_ record: Record, at now: ContinuousClock.Instant) throws

  /// Writes to the disk what was added, and does what else is due in the outbox.
  ///
  /// - Returns: whether undelivered records were dropped since the last call.
  mutating func store(at now: ContinuousClock.Instant) -> Bool

  /// The input was paused for as long as is allowed: it is read on, and records without room are dropped.
  mutating func overflow()

  /// The input has ended: what is left is sent without delay.
  mutating func endInput()

  /// Sends what is due, and acts on the answers that have come.
  mutating func sendDue() throws

  /// Sends to and receives from the server until the deadline, or until something happens on one of
  /// the interests.
  ///
  /// - Returns: the interests that something happened on.
  mutating func communicate(
    _ interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest]

  /// Reads the files of the settings again, such as that of the password, and uses what they hold now.
  ///
  /// - Returns: the message that says so.
  /// - Throws: `Failure` where one cannot be used; the old settings then stay in use.
  mutating func reload() throws -> String

  /// Takes leave of the server, at the end of a run without a failure.
  mutating func disconnect() throws

  /// Closes the outbox: records in memory are written to the spool.
  mutating func close()

  /// What happened to the outbox since the last call.
  mutating func takeEvents() -> [OutboxEvent]

  /// Says what else the user should know since the last call.
  mutating func sayNotices()
}

extension RecordDelivery {
  public var rejection: Rejection? { nil }
  public var canReload: Bool { true }

  public mutating func read(
    _ records: [Record], _ preprocessor: inout RecordPreprocessor
  ) throws {
    let now = ContinuousClock.now
    for record in records {
      for record in preprocessor.process(record) { try add(record, at: now) }
    }
  }

  public mutating func overflow() {}
  public mutating func disconnect() {}
  public mutating func sayNotices() {}
}
