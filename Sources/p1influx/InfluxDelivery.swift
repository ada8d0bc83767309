import CommandLine
import Delivery
import Records
import Sinks

/// Carries records from the input to a database: batches, one after the other and in order, until
/// the server has acknowledged them.
struct InfluxDelivery {
  private(set) var server: InfluxServer
  /// What asks to read the files of the settings again, and the server with what they hold then.
  private let reload: (signal: NoticeSignal, server: () throws -> InfluxServer)
  private var hasToReload = false
  var lines: LineProtocol
  let limits: InfluxLimits
  let messages: Messages
  /// What messages call the outbox.
  private let outboxName: String
  var outbox: any Outbox
  /// How many records the outbox had dropped when that was last looked at.
  private var droppedCount = 0
  private var intake: Intake
  var duplicates = DuplicateFilter()
  var flow: Flow
  private var statusReport: StatusReport<String>
  private var progress: Progress

  var state = ServerState()
  /// Whether the database is to be made before anything is written to it.
  var needsDatabase: Bool
  /// What is on its way, and what follows it, as far as that was made ready.
  var current: PreparedBatch?
  var next: PreparedBatch?
  /// What was acknowledged and may still be forgotten.
  var unsettled: Unsettled
  /// Whether that is to be sent again, once nothing is under way.
  var hasToRewind = false
  /// When that was last so for no other reason than a new connection.
  var rewoundAt: ContinuousClock.Instant?
  /// Records that were dropped while the server took them: they have arrived all the same.
  var arrivedCount = 0
  /// The most bytes of a batch: fewer where the server takes no more.
  var sizeLimit: Int
  /// The most bytes that the server took at once.
  var takenSize = 0
  /// Whether it was said what a field of another type is.
  var hasExplainedConflict = false
  /// When the last batch was sent; a record that comes later than its age is sent at once.
  var sentAt: ContinuousClock.Instant?
  init(
    to server: InfluxServer,
    renewed reload: (signal: NoticeSignal, server: () throws -> InfluxServer),
    _ lines: LineProtocol, _ limits: InfluxLimits, _ flow: Flow,
    outbox: (any Outbox, name: String), _ intake: Intake, _ statusReport: StatusReport<String>,
    messages: Messages
  ) {
    self.server = server
    self.reload = reload
    self.lines = lines
    self.limits = limits
    self.flow = flow
    (self.outbox, outboxName) = outbox
    self.intake = intake
    self.statusReport = statusReport
    self.messages = messages
    progress = Progress(messages)
    needsDatabase = server.creation != nil
    unsettled = Unsettled(for: limits.settling)
    sizeLimit = limits.batchSize
    duplicates.delivered(before: self.outbox.first)
  }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where records are left that could not be delivered, and nothing keeps them.
  mutating func run(_ input: inout RecordInput) throws {
    do {
      try deliver(&input)
    } catch {
      close()
      // Why it ends is said last.
      do { try tally.end(outboxName, to: server.name, messages) } catch let lost as Failure {
        messages.say(lost)
      }
      throw error
    }
    close()
    try tally.end(outboxName, to: server.name, messages)
  }

  private mutating func deliver(_ input: inout RecordInput) throws {
    sayEvents()
    while !isDone(input) {
      try send(.now)
      try settle()
      // The answer may have been there at once.
      if isDone(input) { break }
      let wantsMore = flow.wantsMore(input, isFull: outbox.isFull, isOutage: state.isOutage)
      let interests =
        input.interests(wantsMore: wantsMore) + statusReport.interests
        + [.reading(reload.signal.descriptor)]
      let deadline = earliest(
        nextSend, input.deadline, giveUpAt(input), flow.patienceEnd, unsettled.deadline,
        outbox.deadline, statusReport.deadline, messages.deadline, progress.deadline)
      let happened = try server.client.wait(for: interests, until: deadline)
      try read(&input, happened)
      try server.client.proceed()
      try settle()
      attend(happened, input)
    }
  }

  private mutating func read(_ input: inout RecordInput, _ happened: [Interest]) throws {
    let now = ContinuousClock.now
    try input.read(happened) { add(intake.take($0), at: now) }
    if flow.attend(&input) {
      state.hurry(now)
      add(intake.finish(), at: now)
    }
    outbox.store(at: now)
    outbox.attend(now)
    forgetDropped()
    // What is kept need not be in the pipe any more.
    input.release()
  }

  private mutating func add(_ records: [Record], at now: ContinuousClock.Instant) {
    for record in records where !duplicates.contains(record, numbered: outbox.end) {
      outbox.add(record, at: now)
    }
  }

  /// A meter repeats a reading for an hour. A reading that was dropped before its delivery is sent when
  /// the meter repeats it.
  private mutating func forgetDropped() {
    let dropped = outbox.counts.dropped
    guard dropped > droppedCount else { return }
    droppedCount = dropped
    duplicates.forgetUndelivered(butFor: outbox.first..<outbox.end)
    intake.forgetRepeats()
  }

  private mutating func attend(_ happened: [Interest], _ input: RecordInput) {
    let now = ContinuousClock.now
    while let entry = unsettled.takeSettled(now) { confirm(entry) }
    sayEvents()
    statusReport.update(state.failure)
    if statusReport.isDue(happened) { statusReport.write(tally.text) }
    if happened.contains(.reading(reload.signal.descriptor)) {
      reload.signal.clear()
      hasToReload = true
    }
    renewServerIfAsked()
    messages.sayDue()
    progress.show(tally, input, at: now)
  }

  /// Reads the files of the settings again, once nothing is under way that was begun with them.
  private mutating func renewServerIfAsked() {
    guard hasToReload, !server.client.isBusy else { return }
    hasToReload = false
    do {
      server = try reload.server()
      messages.say(.notice, server.name, "password, token and certificates read again")
    } catch {
      messages.sayOldLogin(error)
    }
    state.retryNow(.now)
  }

  private mutating func sayEvents() { messages.say(outbox.takeEvents(), of: outboxName) }

  /// Buffered records are written to the spool on every way out.
  private mutating func close() {
    progress.end()
    statusReport.isStopping()
    outbox.close(at: .now)
    sayEvents()
  }

  private var tally: Tally { Tally(outbox, arrived: arrivedCount) }

  // MARK: - When to stop

  private func isDone(_ input: RecordInput) -> Bool {
    guard let giveUpAt = giveUpAt(input) else { return false }
    return outbox.isEmpty && current == nil || .now >= giveUpAt
  }

  private func giveUpAt(_ input: RecordInput) -> ContinuousClock.Instant? {
    flow.giveUpAt(input, isLasting: outbox.keepsAll, isOutage: state.isOutage)
  }
}
