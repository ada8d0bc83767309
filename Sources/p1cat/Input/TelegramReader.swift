import CommandLine
import Encryption
import Records
import SystemPackage
import Telegrams

/// Copies telegrams from a source to standard output until the source ends, a signal asks to stop, or
/// the number of `-n` is reached.
struct TelegramReader {
  private var source: any Source
  private var writer: TelegramWriter
  private var statusReport: StatusReport
  private let messages: Messages
  private let stop: StopSignal
  /// SIGHUP, which reopens a source that has a fault.
  private let reload: NoticeSignal
  /// `-t`: how long to wait for the next telegram; nil for no limit.
  private let telegramTimeout: Duration?
  /// `--strict`: whether a source that ends without a telegram, or had a damaged one, is an error.
  private let isStrict: Bool
  /// The first bytes of a source that ends, which tell what it is if it holds no telegram.
  private var firstBytes: [UInt8] = []
  /// Why the first bytes hold no telegram; nil if they do, or are too few.
  private var missingTelegrams: String?
  private var finder: TelegramFinder

  private var statistics = ReadStatistics()
  /// When the last telegram arrived, or reading was paused.
  private var waitingSince = ContinuousClock.now
  private var lastRead = ContinuousClock.now
  private var ending: Ending?

  /// Reading has ended; only queued telegrams are still written.
  private struct Ending {
    let failure: Failure?
    /// How long to wait for a reader that does not read; nil for no limit.
    let deadline: ContinuousClock.Instant?
  }

  init(
    _ source: any Source, to writer: TelegramWriter, through finder: TelegramFinder,
    statusReport: StatusReport,
    messages: Messages, stop: StopSignal, reload: NoticeSignal, telegramTimeout: Duration?,
    isStrict: Bool
  ) {
    self.source = source
    self.writer = writer
    self.statusReport = statusReport
    self.finder = finder
    self.messages = messages
    self.stop = stop
    self.reload = reload
    self.telegramTimeout = telegramTimeout
    self.isStrict = isStrict
  }

  /// - Throws: `Failure` if the source fails, or no telegram arrives within the timeout.
  mutating func copyTelegrams() throws {
    defer { finish() }
    while ending == nil || writer.hasQueuedTelegrams {
      let isReading = ending == nil && (source.isLive || !writer.hasQueuedTelegrams)
      // The timeout does not run while reading is paused.
      if !isReading { waitingSince = .now }
      var interests = writer.interests + statusReport.interests + [.reading(reload.descriptor)]
      if isReading { interests += source.interests }
      if ending?.deadline == nil { interests.append(.reading(stop.descriptor)) }
      let deadline = earliest(
        isReading ? source.deadline : nil, isReading ? finder.listDeadline : nil,
        isReading ? telegramDeadline : nil, ending?.deadline,
        writer.deadline, statusReport.deadline, messages.deadline)
      statistics.longestUnread = max(statistics.longestUnread, .now - lastRead)
      let ready = try wait(for: interests, until: deadline)
      let now = ContinuousClock.now
      defer { lastRead = now }

      if ready.contains(.reading(reload.descriptor)) {
        reload.clear()
        if isReading, source.reconnect() { try process(.gap) }
      }
      if isReading { try read(ready) }
      try writer.writeQueued(ready)
      if ready.contains(.reading(stop.descriptor)) { try stopReading() }
      if let deadline = ending?.deadline, now >= deadline {
        if source.isLive { writer.reportUnwritten() }
        break
      }
      statusReport.update(
        source.fault?.description ?? finder.problem ?? (writer.count == 0 ? missingTelegrams : nil),
        storage: writer.problem ?? finder.rawProblem, hasStarted: writer.count > 0)
      if statusReport.takeRequest(ready) {
        updateStatistics()
        statusReport.write(statistics.counters)
      }
      messages.sayDue()
    }
    if let failure = ending?.failure { throw failure }
  }

  // MARK: - Reading

  private mutating func read(_ ready: [Interest]) throws {
    let countBefore = writer.count
    var failure: Failure?
    var arrival = Arrival.gap
    do {
      arrival = try source.read(ready, after: lastRead, into: &finder)
    } catch let thrown as Failure {
      failure = thrown
    }
    try process(arrival)
    if finder.releaseLists(dueAt: .now) { try copyWholeTelegrams() }
    // A list that waits counts as a telegram for `-t`.
    if finder.listDeadline != nil, case .bytes = arrival { waitingSince = .now }
    if writer.count > countBefore {
      waitingSince = .now
      statistics.lastTelegram = waitingSince
      reportSerialErrors()
    }
    if failure != nil || arrival == .end || writer.isComplete {
      end(failure ?? (arrival == .end ? checkWholeInput() : nil))
    } else if writer.count == countBefore, hasTimedOut(arrival) {
      try stopReading(timedOut: true)
    }
  }

  private mutating func process(_ arrival: Arrival) throws {
    switch arrival {
    case .nothing: break
    case .bytes(let count):
      statistics.bytes += count
      let isFull = keepFirstBytes()
      try copyWholeTelegrams()
      if isFull { reportMissingTelegrams() }
    case .end:
      finder.finish(isLast: true)
      try copyWholeTelegrams(atEnd: true)
    case .gap:
      finder.finish(isLast: false)
      try copyWholeTelegrams(atEnd: true, isSourceLost: true)
      finder.restart()
    }
  }

  private mutating func copyWholeTelegrams(atEnd: Bool = false, isSourceLost: Bool = false) throws {
    while !writer.isComplete, let event = finder.next(atEnd: atEnd, isSourceLost: isSourceLost) {
      switch event {
      case .telegram(let telegram):
        let bytes = finder.bytes
        try writer.add(
          telegram.range, of: bytes.span, stampedAt: telegram.receivedAt, receivedAt: source.now)
        source.receivedTelegram(afterEnd: atEnd)
      case .dropped(let defect):
        // A telegram that is cut short because reading stopped is not damaged.
        if ending == nil { drop(defect) }
      }
    }
    let bytes = finder.bytes
    try writer.flush(bytes.span)
    if finder.takeMessage(), !atEnd { source.receivedMessage() }
    for event in finder.takePushEvents() { report(event) }
    messages.say(finder.takeEvents(), of: source.name)
  }

  /// - Returns: whether the first bytes are complete now.
  private mutating func keepFirstBytes() -> Bool {
    guard !source.isLive, firstBytes.count < StreamKind.length else { return false }
    firstBytes.append(contentsOf: finder.newBytes.prefix(StreamKind.length - firstBytes.count))
    return firstBytes.count == StreamKind.length
  }

  /// Reports a pipe that begins without a telegram, as it may never end.
  private mutating func reportMissingTelegrams() {
    let kind = StreamKind(firstBytes.span)
    guard writer.count == 0, finder.problem == nil, kind != .telegramLines,
      (source as? FileSource)?.isRegular != true
    else {
      return
    }
    let text = "no telegram in the first \(firstBytes.count) bytes; they look like \(kind)"
    missingTelegrams = text
    messages.say(.warning, source.name, text)
  }

  /// Reports a source that ended without a telegram.
  ///
  /// - Returns: the failure with `--strict`, also for a source that had a damaged telegram.
  private func checkWholeInput() -> Failure? {
    guard !source.isLive else { return nil }
    var reason: String?
    if writer.count == 0 {
      let kind = StreamKind(firstBytes.span)
      let reasonIsLogged = missingTelegrams != nil || isLogged(kind)
      reason = reasonIsLogged ? "no telegram found" : "no telegram found; it looks like \(kind)"
      if statistics.bytes == 0 { reason = isStrict ? "it is empty" : nil }
    } else if isStrict {
      let count =
        statistics.damagedTelegrams + statistics.unknownMessages
        + (finder.decryption?.failures ?? 0)
      if count > 0 { reason = "\(counted(count, "telegram")) dropped" }
    }
    guard let reason else { return nil }
    if isStrict { return Failure(source.name, reason, .badData) }
    messages.say(.warning, source.name, reason)
    return nil
  }

  /// Whether there are messages about each telegram that such a stream holds.
  private func isLogged(_ kind: StreamKind) -> Bool {
    switch kind {
    case .dlms, .mbus: statistics.damagedTelegrams + statistics.unknownMessages > 0
    case .encryptedTelegrams: finder.decryption != nil
    case .telegramLines: statistics.damagedTelegrams > 0 || finder.problem != nil
    default: finder.problem != nil
    }
  }

  private var telegramDeadline: ContinuousClock.Instant? {
    telegramTimeout.map { waitingSince + $0 }
  }

  /// Whether no telegram arrived in time. Bytes that arrived in time and were not read yet are read
  /// first, but for no longer than a second.
  private func hasTimedOut(_ arrival: Arrival) -> Bool {
    guard let deadline = telegramDeadline else { return false }
    return arrival == .nothing
      ? .now >= deadline && lastRead >= deadline : lastRead >= deadline + .seconds(1)
  }

  // MARK: - Ending

  /// Ends before the source does, without waiting for a reader that does not read.
  private mutating func stopReading(timedOut: Bool = false) throws {
    let isFirst = ending == nil
    let deadline = ContinuousClock.now + FileDescriptor.timeoutOfReader
    end(deadline: deadline)
    guard isFirst else { return }
    // The last telegram may be whole, although only the next bytes would have shown that.
    if source.isLive { try process(.gap) }
    guard timedOut, !writer.isComplete, let telegramTimeout else { return }
    let reason = "no telegram for \(telegramTimeout.inSeconds) s"
    end(Failure(source.name, reason, .temporaryFailure), deadline: deadline)
  }

  private mutating func end(
    _ failure: Failure? = nil, deadline: ContinuousClock.Instant? = nil
  ) {
    if ending == nil {
      reportSerialErrors()
      // Another process may use the line while the last telegrams are still being written.
      source.close()
      statusReport.notifyStopping()
    }
    ending = Ending(failure: failure ?? ending?.failure, deadline: deadline)
  }

  private mutating func finish() {
    if ending == nil { end() }
    writer.finish()
    updateStatistics()
    statusReport.finish(statistics.counters)
    guard statistics.noiseBytes > 0 else { return }
    let noise = counted(statistics.noiseBytes, "byte")
    messages.say(.info, source.name, "\(noise) outside telegrams")
  }

  // MARK: - Statistics

  private mutating func updateStatistics() {
    statistics.telegrams = writer.count
    statistics.noiseBytes = finder.noiseCount
    statistics.dropped = writer.droppedCount
    statistics.captureFailures = writer.captureFailureCount
    statistics.clients = writer.clients
    statistics.decryption = finder.decryption
    statistics.reconnects = source.reconnectCount
    reportSerialErrors()
  }

  private mutating func drop(_ defect: Framer.Defect) {
    // The decryptor has counted and logged it.
    if defect == .encrypted, finder.decryption != nil { return }
    switch defect {
    case .wrongChecksum, .damagedByte, .encrypted: statistics.checksumFailures += 1
    case .cutShort, .tooLong: statistics.resyncs += 1
    }
    messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
    reportSerialErrors()
  }

  private mutating func report(_ event: PushEvent) {
    // A message that is cut short because reading stopped is not damaged.
    if ending != nil, case .dropped = event { return }
    switch event {
    case .dropped(.wrongChecksum): statistics.checksumFailures += 1
    case .dropped(.cutShort), .dropped(.missingPart), .dropped(.tooLong): statistics.resyncs += 1
    case .dropped(.notDLMS), .dropped(.notAPush), .unread: statistics.unknownMessages += 1
    case .withoutUnit, .withoutNumber: break
    }
    messages.say(event, of: source.name)
    reportSerialErrors()
  }

  /// Logs the errors of the line so far if there are more than at the last message.
  private mutating func reportSerialErrors() {
    let errors = source.serialErrors()
    guard errors.count > statistics.serialErrors else { return }
    statistics.serialErrors = errors.count
    messages.say(.warning, source.name, "serial errors: \(errors)", repeating: "serial errors")
  }
}
