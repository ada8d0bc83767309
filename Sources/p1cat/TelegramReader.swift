import CommandLine
import Records
import SystemPackage
import Telegrams

/// Reads a source and copies its telegrams, until its end, a signal, or enough of them.
struct TelegramReader {
  private var source: any Source
  private var output: TelegramOutput
  private var statusReport: StatusReport<Trouble>
  private let messages: Messages
  private let stop: StopSignal
  /// Asks for a source that has gone to be opened again at once.
  private let reload: NoticeSignal
  /// How long the next telegram is waited for; nil for ever.
  private let patience: Duration?
  /// Whether a source that ends without a telegram, or with one that was dropped, is an error.
  private let isStrict: Bool
  /// The first bytes of a source that ends, which tell what it is where it holds no telegram.
  private var head: [UInt8] = []
  /// A framer that has read nothing.
  private let freshFramer: Framer
  private var framer: Framer

  private var counters = Counters()
  /// Bytes that belonged to no telegram, before the framer began anew.
  private var noiseBefore = 0
  /// Since when the next telegram is waited for.
  private var patientSince = ContinuousClock.now
  private var lastLook = ContinuousClock.now
  private var ending: Ending?

  /// Nothing is read any more: what waits goes out, and that is all.
  private struct Ending {
    /// What all ends with.
    let failure: Failure?
    /// Until when a reader that takes nothing is waited for; nil for ever.
    let deadline: ContinuousClock.Instant?
  }

  init(
    _ source: any Source, to output: TelegramOutput, by framer: Framer,
    statusReport: StatusReport<Trouble>,
    messages: Messages, stop: StopSignal, reload: NoticeSignal, patience: Duration?,
    isStrict: Bool
  ) {
    self.source = source
    self.output = output
    self.statusReport = statusReport
    freshFramer = framer
    self.framer = framer
    self.messages = messages
    self.stop = stop
    self.reload = reload
    self.patience = patience
    self.isStrict = isStrict
  }

  /// - Throws: `Failure` where the source fails, or where `patience` is at its end.
  mutating func copyTelegrams() throws {
    defer { leave() }
    while ending == nil || output.isWaiting {
      let isReading = ending == nil && (source.isLive || !output.isWaiting)
      // What is not read may well have telegrams.
      if !isReading { patientSince = .now }
      var interests = output.interests + statusReport.interests + [.reading(reload.descriptor)]
      if isReading { interests += source.interests }
      if ending?.deadline == nil { interests.append(.reading(stop.descriptor)) }
      let deadline = earliest(
        isReading ? source.deadline : nil, isReading ? givesUpAt : nil, ending?.deadline,
        statusReport.deadline, messages.deadline)
      counters.longestUnread = max(counters.longestUnread, .now - lastLook)
      let happened = try wait(for: interests, until: deadline)
      let looked = ContinuousClock.now
      defer { lastLook = looked }

      if happened.contains(.reading(reload.descriptor)) {
        reload.clear()
        if isReading, source.reload() { try take(.gap) }
      }
      if isReading { try read(happened) }
      try output.writeWhatFits()
      if happened.contains(.reading(stop.descriptor)) { try stopReading() }
      if let deadline = ending?.deadline, looked >= deadline {
        if source.isLive { output.sayWhatIsLeft() }
        break
      }
      statusReport.update(source.trouble)
      if statusReport.isDue(happened) {
        count()
        statusReport.write(counters.text(at: .now))
      }
      messages.sayDue()
    }
    if let failure = ending?.failure { throw failure }
  }

  // MARK: - The source

  /// Reads what there is, and sees whether that is the end.
  private mutating func read(_ happened: [Interest]) throws {
    let before = output.count
    var failure: Failure?
    var arrival = Arrival.gap
    do {
      arrival = try source.read(happened, after: lastLook, into: &framer)
    } catch let thrown as Failure {
      failure = thrown
    }
    try take(arrival)
    if output.count > before {
      patientSince = .now
      counters.lastTelegram = patientSince
      sayFaults()
    }
    if failure != nil || arrival == .end || output.isComplete {
      end(failure ?? (arrival == .end ? judgeAll() : nil))
    } else if output.count == before, hasGivenUp(arrival) {
      try stopReading(giveUp: true)
    }
  }

  private mutating func take(_ arrival: Arrival) throws {
    switch arrival {
    case .nothing: break
    case .bytes(let count):
      counters.bytes += count
      keepHead(count)
      try copyWhatIsWhole()
    case .end: try copyWhatIsWhole(atEnd: true)
    case .gap:
      try copyWhatIsWhole(atEnd: true, isTorn: true)
      noiseBefore += framer.noiseCount
      framer = freshFramer
    }
  }

  private mutating func copyWhatIsWhole(atEnd: Bool = false, isTorn: Bool = false) throws {
    while !output.isComplete, let event = framer.next(atEnd: atEnd, isTorn: isTorn) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        try output.add(
          telegram.range, of: bytes.span, stampedAt: telegram.receivedAt, receivedAt: source.now)
        source.telegramCame(isLate: atEnd)
      case .dropped(let defect):
        // What we leave in its middle is no damage.
        if ending == nil { dropped(defect) }
      }
    }
    let bytes = framer.bytes
    try output.flush(bytes.span)
  }

  private mutating func keepHead(_ count: Int) {
    guard !source.isLive, head.count < StreamKind.length else { return }
    let bytes = framer.bytes
    head.append(
      contentsOf: bytes.span.extracting(last: count).extracting(
        first: StreamKind.length - head.count))
  }

  /// Judges all of a source that has come to its end: says where there was no telegram in it.
  ///
  /// - Returns: what is wrong, where that is to be an error.
  private func judgeAll() -> Failure? {
    guard !source.isLive else { return nil }
    var reason: String?
    if output.count == 0 {
      reason = "no telegram in it"
      if counters.refused == 0 {
        reason = "no telegram in it: it looks like \(StreamKind(head.span))"
      }
      if counters.bytes == 0 { reason = isStrict ? "it is empty" : nil }
    } else if counters.refused > 0, isStrict {
      reason = "\(counted(counters.refused, "telegram")) dropped"
    }
    guard let reason else { return nil }
    if isStrict { return Failure(source.name, reason, .badData) }
    messages.say(.warning, source.name, reason)
    return nil
  }

  private var givesUpAt: ContinuousClock.Instant? {
    patience.map { patientSince + $0 }
  }

  /// Whether no telegram has come for too long. What came while nobody looked is read before that is
  /// said, but not for ever.
  private func hasGivenUp(_ arrival: Arrival) -> Bool {
    guard let end = givesUpAt else { return false }
    return arrival == .nothing ? .now >= end && lastLook >= end : lastLook >= end + .seconds(1)
  }

  // MARK: - The end

  /// Ends before the source does: by a signal, or as no telegram comes. A reader that takes nothing is
  /// not waited for.
  private mutating func stopReading(giveUp: Bool = false) throws {
    let isFirst = ending == nil
    let deadline = ContinuousClock.now + FileDescriptor.graceOfReader
    end(deadline: deadline)
    guard isFirst else { return }
    // There may be a telegram of which only the next bytes would have told that it is whole.
    if source.isLive { try take(.gap) }
    guard giveUp, !output.isComplete, let patience else { return }
    let reason = "no telegram for \(patience.inSeconds) s"
    end(Failure(source.name, reason, .temporaryFailure), deadline: deadline)
  }

  /// Reads no more.
  ///
  /// - Parameters:
  ///   - failure: what all ends with.
  ///   - deadline: until when a reader that takes nothing is waited for; nil for ever.
  private mutating func end(
    _ failure: Failure? = nil, deadline: ContinuousClock.Instant? = nil
  ) {
    if ending == nil {
      sayFaults()
      // Whoever waits for the line need not wait for our reader.
      source.close()
      statusReport.isStopping()
    }
    ending = Ending(failure: failure ?? ending?.failure, deadline: deadline)
  }

  private mutating func leave() {
    if ending == nil { end() }
    output.leave()
    count()
    guard counters.noiseBytes > 0 else { return }
    let noise = counted(counters.noiseBytes, "byte")
    messages.say(.info, source.name, "\(noise) outside telegrams")
  }

  // MARK: - What is counted

  /// Brings the counters up to now.
  private mutating func count() {
    counters.telegrams = output.count
    counters.noiseBytes = noiseBefore + framer.noiseCount
    counters.dropped = output.droppedCount
    counters.captureFailures = output.captureFailureCount
    counters.reconnects = source.reconnectCount
    sayFaults()
  }

  /// Counts and says that a telegram is none.
  private mutating func dropped(_ defect: Framer.Defect) {
    switch defect {
    case .wrongChecksum, .damagedByte: counters.checksumFailures += 1
    case .cutShort, .tooLong: counters.resyncs += 1
    }
    messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
    sayFaults()
  }

  /// Says what the line has lost in all, where there is more than when that was last said.
  private mutating func sayFaults() {
    let faults = source.lineFaults()
    guard faults.count > counters.lineFaults else { return }
    counters.lineFaults = faults.count
    messages.say(.warning, source.name, "\(faults)", repeating: "faults")
  }
}
