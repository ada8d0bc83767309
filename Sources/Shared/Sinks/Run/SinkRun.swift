import CommandLine
import Delivery
import Records

/// The run loop of both sinks: reads records, has them delivered, and reports how that goes.
///
/// ``Backpressure`` decides when the input may be paused, as `tee` then starves the other sink.
public struct SinkRun<Delivery: RecordDelivery> {
  private var delivery: Delivery
  private var preprocessor: RecordPreprocessor
  private var backpressure: Backpressure
  private var exitDeadline: ExitDeadline
  private let outboxName: String
  /// Why records are in memory only, with the directory of the spool; nil where they are not.
  private var storageProblem: String?
  private var leftovers: Leftovers?
  private var statusReport: StatusReport
  private let reloadSignal: NoticeSignal
  private var isReloadDue = false
  private let messages: Messages
  private var progress: Progress

  /// - Throws: ``Failure`` where SIGHUP cannot be caught.
  public init(
    _ delivery: Delivery, _ preprocessor: RecordPreprocessor, _ backpressure: Backpressure,
    _ exitDeadline: ExitDeadline, _ storage: SinkStorage, _ statusReport: StatusReport,
    _ messages: Messages
  ) throws {
    self.delivery = delivery
    self.preprocessor = preprocessor
    self.backpressure = backpressure
    self.exitDeadline = exitDeadline
    outboxName = storage.name
    storageProblem = storage.problem
    leftovers = storage.leftovers
    self.statusReport = statusReport
    self.messages = messages
    reloadSignal = try NoticeSignal(.reload)
    progress = Progress(messages)
  }

  /// Delivers the records of the input, until it ends or a signal asks to stop.
  ///
  /// - Throws: ``Failure`` where records could not be delivered and are not kept.
  public mutating func run(_ input: inout RecordInput) throws {
    var result = Result { try deliver(&input) }
    progress.end()
    statusReport.notifyStopping()
    if case .success = result { result = Result { try delivery.disconnect() } }
    removeLeftovers()
    delivery.close()
    leftovers?.close()
    sayEvents()
    let statistics = delivery.statistics.atEnd
    statusReport.finish(statistics.counters)
    do {
      try statistics.end(outboxName, to: delivery.serverName, messages)
    } catch let lost as Failure {
      // The reason of the end is the last message.
      guard case .failure = result else { throw lost }
      messages.say(lost)
    }
    try result.get()
  }

  private mutating func deliver(_ input: inout RecordInput) throws {
    sayEvents()
    while true {
      try delivery.sendDue()
      // It may be long until something else happens.
      reportState()
      if isDone(input) { return }
      let hasLeftovers = takesLeftovers(input)
      let wantsMore =
        !hasLeftovers
        && backpressure.wantsMore(
          input, isFull: delivery.isFull, isOutage: delivery.outage != nil,
          answeredAt: delivery.answeredAt)
      if backpressure.isOverdue { delivery.overflow() }
      let interests =
        input.interests(wantsMore: wantsMore) + statusReport.interests
        + [.reading(reloadSignal.descriptor)]
      let deadline = earliest(
        delivery.deadline, input.deadline, giveUpAt(input), backpressure.holdDeadline,
        hasLeftovers ? .now : leftovers?.deadline, statusReport.deadline, messages.deadline,
        progress.deadline)
      let happened = try delivery.communicate(interests, until: deadline)
      if hasLeftovers { try takeLeftovers() }
      try read(&input, happened)
      reloadIfAsked(happened)
      report(happened, input)
    }
  }

  private mutating func read(_ input: inout RecordInput, _ happened: [Interest]) throws {
    var records: [Record] = []
    try input.read(happened) { records.append($0) }
    try delivery.read(records, &preprocessor)
    backpressure.stop(&input)
    if exitDeadline.noteEnd(of: input) {
      delivery.endInput()
      for record in preprocessor.finish() { try delivery.add(record, at: .now) }
    }
    // A meter repeats a gas reading for an hour. A reading that was dropped is sent when it comes again.
    if delivery.store(at: .now) { preprocessor.forgetRepeats() }
    // What is kept need not stay in the pipe.
    input.release()
  }

  // MARK: - Leftovers

  /// Whether leftover records are taken before more of the input is read.
  private func takesLeftovers(_ input: RecordInput) -> Bool {
    leftovers?.hasMore ?? false && !delivery.isFull && !input.isAskedToStop
  }

  private mutating func takeLeftovers() throws {
    guard let records = leftovers?.take() else { return }
    try delivery.read(records, &preprocessor)
    guard leftovers?.hasMore == false else { return }
    for record in preprocessor.finish() { try delivery.add(record, at: .now) }
  }

  /// Removes the leftovers that were taken, once they are delivered or in the outbox. Those of an open period of
  /// `--every` are in neither.
  private mutating func removeLeftovers() {
    let areTaken = leftovers?.hasMore == false || !preprocessor.hasPeriods
    leftovers?.attend(isDelivered: areTaken && (delivery.isDone || delivery.keepsAll))
  }

  // MARK: - Reports

  /// Reads the files of the settings again, if SIGHUP asked for that.
  private mutating func reloadIfAsked(_ happened: [Interest]) {
    if happened.contains(.reading(reloadSignal.descriptor)) {
      reloadSignal.clear()
      isReloadDue = true
    }
    guard isReloadDue, delivery.canReload else { return }
    isReloadDue = false
    do {
      let done = try delivery.reload()
      messages.say(.notice, delivery.serverName, done)
    } catch {
      messages.warnReloadFailed(error)
    }
  }

  private mutating func report(_ happened: [Interest], _ input: RecordInput) {
    removeLeftovers()
    sayEvents()
    if statusReport.takeRequest(happened) { statusReport.write(delivery.statistics.counters) }
    messages.sayDue()
    progress.show(delivery.statistics, input, at: .now)
  }

  private mutating func reportState() {
    let rejection = delivery.rejection.flatMap { $0.isRecent(at: .now) ? $0.reason : nil }
    statusReport.update(delivery.outage ?? rejection, storage: storageProblem)
  }

  private mutating func sayEvents() {
    if let path = leftovers?.path { messages.say(leftovers?.takeEvents() ?? [], of: path) }
    let events = delivery.takeEvents()
    messages.say(events, of: outboxName)
    for event in events {
      switch event {
      case .disconnected: storageProblem = "\(outboxName): \(event)"
      case .reconnected: storageProblem = nil
      default: break
      }
    }
    delivery.sayNotices()
  }

  // MARK: - The end

  private func isDone(_ input: RecordInput) -> Bool {
    guard let giveUpAt = giveUpAt(input) else { return false }
    return delivery.isDone && !takesLeftovers(input) || .now >= giveUpAt
  }

  private func giveUpAt(_ input: RecordInput) -> ContinuousClock.Instant? {
    exitDeadline.instant(
      input, isKept: delivery.keepsAll, isOutage: delivery.outage != nil,
      isTimed: delivery.isTimed, answeredAt: delivery.answeredAt)
  }
}

extension Messages {
  /// Says what happened to an outbox, which messages call `outboxName`.
  fileprivate func say(_ events: [OutboxEvent], of outboxName: String) {
    for event in events {
      say(event.isGood ? .notice : .warning, outboxName, event.description, repeating: event.kind)
    }
  }
}
