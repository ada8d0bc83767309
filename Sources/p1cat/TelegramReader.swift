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
  /// What was counted of the line when that was last said.
  private var saidFaults = LineFaults()

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
      report()
      source.close()
    }
    var lastTelegram = ContinuousClock.now
    var looked = lastTelegram
    while !output.isComplete {
      let end = patience.map { lastTelegram + $0 }
      let interests =
        source.interests + output.interests + health.interests + [.reading(stop.descriptor)]
      let deadline = earliest(end, source.deadline, health.deadline)
      counters.longestUnread = max(counters.longestUnread, .now - looked)
      let happened = try wait(for: interests, until: deadline)
      looked = .now
      if happened.contains(.reading(stop.descriptor)) { break }

      let before = output.count
      let arrival = try source.read(happened, into: &framer)
      try take(arrival)
      if output.count > before {
        lastTelegram = .now
        counters.lastTelegram = lastTelegram
      }
      try output.writeWhatFits()
      health.note(source.trouble)
      if health.attend(happened) { health.tell(counted) }
      if arrival == .end { break }
      if let patience, output.count == before, let end, .now >= end {
        try output.finish(stop)
        throw Failure(
          source.name, "no telegram for \(patience.components.seconds) s", .temporaryFailure)
      }
    }
    health.isStopping()
    try output.finish(stop)
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
        source.telegramCame()
      case .dropped(let defect):
        dropped(defect)
      }
    }
    let bytes = framer.bytes
    try output.flush(bytes.span)
  }

  // MARK: - What is counted and said

  /// All that is counted, as it is now.
  private var counted: Counters {
    var counters = counters
    counters.telegrams = output.count
    counters.noiseBytes += framer.noiseCount
    counters.dropped = output.droppedCount
    counters.reconnects = source.reconnectCount
    counters.lineFaults = source.lineFaults.count
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

  /// Says what the receiver has lost since that was last said.
  private mutating func sayFaults() {
    let faults = source.lineFaults
    guard faults != saidFaults else { return }
    messages.say(.warning, source.name, "\(faults - saidFaults)", repeating: "faults")
    saidFaults = faults
  }

  private mutating func report() {
    output.sayDropped()
    sayFaults()
    let noise = counted.noiseBytes
    guard noise > 0 else { return }
    messages.say(.info, source.name, "\(Console.counted(noise, "byte")) outside telegrams")
  }
}
