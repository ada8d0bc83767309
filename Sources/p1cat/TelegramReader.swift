import Console
import Records
import SystemPackage
import Telegrams

/// Reads a source and copies its telegrams, until its end, a signal, or enough of them.
struct TelegramReader {
  private var source: any Source
  private var output: TelegramOutput
  private var health: Health
  private let messages: Messages
  private let stop: StopSignal
  /// How long the next telegram is waited for; nil for ever.
  private let patience: Duration?
  private let checksums: Framer.Checksums
  private var framer: Framer
  private var counters = Counters()
  /// Since when the next telegram is waited for.
  private var patientSince = ContinuousClock.now
  private var lastTelegram: ContinuousClock.Instant?
  private var lastLook = ContinuousClock.now
  private var ending: Ending?
  /// How much the line had lost when that was last said.
  private var saidFaultCount = 0

  /// Nothing is read any more: what waits goes out, and that is all.
  private struct Ending {
    /// What all ends with.
    let failure: Failure?
    /// Until when a reader that takes nothing is waited for; nil for ever.
    let deadline: ContinuousClock.Instant?
  }

  init(
    _ source: any Source, to output: TelegramOutput, checksums: Framer.Checksums, health: Health,
    messages: Messages, stop: StopSignal, patience: Duration?
  ) {
    self.source = source
    self.output = output
    self.health = health
    self.checksums = checksums
    framer = Framer(checksums: checksums)
    self.messages = messages
    self.stop = stop
    self.patience = patience
  }

  /// - Throws: `Failure` where the source fails, or where `patience` is at its end.
  mutating func copyTelegrams() throws {
    defer {
      if ending == nil { end() }
      report()
    }
    while ending == nil || output.isWaiting {
      let isReading = ending == nil && (source.isLive || !output.isWaiting)
      // What is not read may well have telegrams.
      if !isReading { patientSince = .now }
      var interests = output.interests + health.interests
      if isReading { interests += source.interests }
      if ending?.deadline == nil { interests.append(.reading(stop.descriptor)) }
      let deadline = earliest(
        isReading ? source.deadline : nil, isReading ? givesUpAt : nil, ending?.deadline,
        health.deadline, messages.deadline)
      counters.longestUnread = max(counters.longestUnread, .now - lastLook)
      let happened = try wait(for: interests, until: deadline)
      lastLook = .now

      if isReading { try read(happened) }
      try output.writeWhatFits()
      if happened.contains(.reading(stop.descriptor)) { end(isForced: true) }
      if let deadline = ending?.deadline, lastLook >= deadline { break }
      health.note(source.trouble)
      if health.attend(happened) { health.tell(currentCounters()) }
      messages.sayDue()
    }
    if let failure = ending?.failure { throw failure }
  }

  /// Reads what there is, and sees whether that is the end.
  private mutating func read(_ happened: [Interest]) throws {
    let before = output.count
    var failure: Failure?
    var arrival = Arrival.gap
    do {
      arrival = try source.read(happened, into: &framer)
    } catch let thrown as Failure {
      failure = thrown
    }
    try take(arrival)
    if failure != nil || arrival == .end || output.isComplete { end(failure) }
    if output.count > before {
      patientSince = .now
      lastTelegram = patientSince
      sayFaults()
    } else if let end = givesUpAt, let patience, ending == nil, .now >= end {
      let reason = "no telegram for \(patience.components.seconds) s"
      self.end(Failure(source.name, reason, .temporaryFailure), isForced: true)
    }
  }

  private var givesUpAt: ContinuousClock.Instant? {
    patience.map { patientSince + $0 }
  }

  /// Reads no more.
  ///
  /// - Parameters:
  ///   - failure: what all ends with.
  ///   - isForced: whether a reader of the output that takes nothing is not waited for.
  private mutating func end(_ failure: Failure? = nil, isForced: Bool = false) {
    if ending == nil {
      sayFaults()
      // Whoever waits for the line need not wait for our reader.
      source.close()
      health.isStopping()
    }
    ending = Ending(
      failure: failure ?? ending?.failure,
      deadline: isForced ? .now + FileDescriptor.graceOfReader : nil)
  }

  private mutating func take(_ arrival: Arrival) throws {
    switch arrival {
    case .nothing: break
    case .bytes(let count):
      counters.bytes += count
      try copyWhatIsWhole()
    case .end: try copyWhatIsWhole(atEnd: true)
    case .gap:
      try copyWhatIsWhole(atEnd: true, isTorn: true)
      counters.noiseBytes += framer.noiseCount
      framer = Framer(checksums: checksums)
    }
  }

  private mutating func copyWhatIsWhole(atEnd: Bool = false, isTorn: Bool = false) throws {
    while !output.isComplete, let event = framer.next(atEnd: atEnd, isTorn: isTorn) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        try output.add(telegram.range, of: bytes.span, receivedAt: telegram.receivedAt)
        // One that only the end has made whole says nothing of what comes now.
        if !atEnd { source.telegramCame() }
      case .dropped(let defect):
        dropped(defect)
      }
    }
    let bytes = framer.bytes
    try output.flush(bytes.span)
  }

  // MARK: - What is counted and said

  /// All that is counted, as it is now.
  private mutating func currentCounters() -> Counters {
    var counters = counters
    counters.telegrams = output.count
    counters.lastTelegram = lastTelegram
    counters.noiseBytes += framer.noiseCount
    counters.dropped = output.droppedCount
    counters.reconnects = source.reconnectCount
    counters.lineFaults = source.lineFaults().count
    return counters
  }

  /// Counts and says that a telegram is none.
  private mutating func dropped(_ defect: Framer.Defect) {
    switch defect {
    case .wrongChecksum, .wrongParity: counters.checksumFailures += 1
    case .cutShort, .tooLong: counters.resyncs += 1
    }
    messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
    sayFaults()
  }

  /// Says what the line has lost in all, where there is more than when that was last said.
  private mutating func sayFaults() {
    let faults = source.lineFaults()
    guard faults.count > saidFaultCount else { return }
    messages.say(.warning, source.name, "\(faults)", repeating: "faults")
    saidFaultCount = faults.count
  }

  private mutating func report() {
    output.sayWhatIsLeft()
    let noise = counters.noiseBytes + framer.noiseCount
    guard noise > 0 else { return }
    messages.say(.info, source.name, "\(counted(noise, "byte")) outside telegrams")
  }
}
