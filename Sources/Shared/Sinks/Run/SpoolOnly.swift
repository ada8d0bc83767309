import CommandLine
import Delivery
import Records

/// The work of a sink with `--spool-only`: records go to the spool, and none is delivered. A script runs a sink
/// so while it cannot run as it should, so that the other sink behind `tee` is not held up.
struct SpoolOnly: RecordDelivery {
  private var outbox: any Outbox
  private var droppedCount = 0
  let serverName: String

  /// Why the sink delivers nothing; nil if that is not known.
  private let reason: String?

  /// systemd shows it while p1run waits to restart the sink.
  var outage: String? { SpoolOnly.state + (reason.map { "; \($0)" } ?? "") }
  private static let state = "no record is delivered; they are kept here"
  let answeredAt = ContinuousClock.now
  var isFull: Bool { outbox.isFull }
  /// Nothing is sent, so the end of the input is the end.
  var isDone: Bool { true }
  var keepsAll: Bool { outbox.keepsAll }
  var isTimed: Bool { true }
  var statistics: DeliveryStatistics { DeliveryStatistics(outbox, arrived: 0) }
  var deadline: ContinuousClock.Instant? { outbox.deadline }

  /// - Parameter problem: what the process before has told systemd.
  init(_ storage: SinkStorage, after problem: String?) {
    reason = problem.flatMap { $0.contains(SpoolOnly.state) ? nil : $0 }
    outbox = storage.outbox
    serverName = storage.name
  }

  mutating func add(_ record: Record, at now: ContinuousClock.Instant) {
    outbox.add(record, at: now)
  }

  mutating func store(at now: ContinuousClock.Instant) -> Bool {
    outbox.store(at: now)
    outbox.attend(now)
    defer { droppedCount = outbox.counts.dropped }
    return outbox.counts.dropped > droppedCount
  }

  func endInput() {}
  func sendDue() {}

  func communicate(
    _ interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest] {
    try wait(for: interests, until: deadline)
  }

  func reload() -> String { "nothing to reload" }
  mutating func close() { outbox.close(at: .now) }
  mutating func takeEvents() -> [OutboxEvent] { outbox.takeEvents() }
}

extension SinkSettings {
  /// Reads records to the end of the input, and keeps them for the next run.
  ///
  /// - Throws: ``Failure`` if the spool cannot be used, or records could not be kept.
  public func spoolAll(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let storage = try SinkStorage(spoolingIn: self)
    let problem = StatusReport.lastProblem(messages)
    messages.stopWaiting()
    let statusReport = StatusReport(
      of: storage.name, "keeping records in", at: request, monitoring, messages: messages)
    var run = try SinkRun(
      SpoolOnly(storage, after: problem), RecordPreprocessor(summary),
      Backpressure(pausesInput: holds),
      ExitDeadline(linger: .zero), storage, statusReport, messages)
    try read(messages, isCareful: true) { try run.run(&$0) }
  }
}
