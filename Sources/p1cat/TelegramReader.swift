import Console
import Records
import SystemPackage
import Telegrams

/// Reads a source and copies its telegrams, until its end, a signal, or enough of them.
struct TelegramReader {
  private let source: Source
  private let messages: Messages
  private let stop: StopSignal
  /// How long the next telegram is waited for; nil for ever.
  private let patience: Duration?
  private var framer: Framer

  init(
    _ source: Source, checksums: Framer.Checksums, messages: Messages, stop: StopSignal,
    patience: Duration?
  ) {
    self.source = source
    framer = Framer(checksums: checksums)
    self.messages = messages
    self.stop = stop
    self.patience = patience
  }

  /// - Throws: `Failure` where the source fails, or where `patience` is at its end.
  mutating func copyTelegrams(to output: TelegramOutput) throws {
    defer { reportNoise() }
    var output = output
    var lastTelegram = ContinuousClock.now
    var silentSince = lastTelegram
    while !output.isComplete {
      if let patience, ContinuousClock.now >= lastTelegram + patience {
        throw Failure(
          source.name, "no telegram for \(patience.components.seconds) s", .temporaryFailure)
      }
      let deadline = earlier(
        patience.map { lastTelegram + $0 }, source.silence.map { silentSince + $0 })
      let ready = try wait(
        for: [.reading(source.descriptor), .reading(stop.descriptor)], until: deadline)
      if ready.contains(.reading(stop.descriptor)) { return }
      guard ready.contains(.reading(source.descriptor)) else {
        let now = ContinuousClock.now
        if let silence = source.silence, now >= silentSince + silence {
          messages.say(
            .warning, source.name, "nothing received for \(silence.components.seconds) s",
            repeating: "silence")
          silentSince = now
        }
        continue
      }
      guard let count = try read() else { continue }
      silentSince = ContinuousClock.now
      let before = output.count
      try copyWhatIsWhole(to: &output, atEnd: count == 0)
      if output.count > before { lastTelegram = silentSince }
      guard count > 0 else {
        if source.isSerialLine, !output.isComplete { throw hungUp }
        return
      }
    }
  }

  /// - Returns: how many bytes came, 0 at the end; nil for none yet.
  private mutating func read() throws -> Int? {
    do throws(Errno) {
      let descriptor = source.descriptor
      return try framer.fill { room throws(Errno) in try descriptor.read(into: &room) }
    } catch {
      switch error {
      case .wouldBlock, .interrupted: return nil
      case .ioError where source.isSerialLine: throw hungUp
      default: throw Failure(source.name, error)
      }
    }
  }

  /// A line does not end; it only goes away.
  private var hungUp: Failure { Failure(source.name, "the line was hung up", .ioError) }

  private mutating func copyWhatIsWhole(to output: inout TelegramOutput, atEnd: Bool) throws {
    while !output.isComplete, let event = framer.next(atEnd: atEnd) {
      switch event {
      case .telegram(let telegram):
        let bytes = framer.bytes
        try output.add(telegram.range, of: bytes.span, receivedAt: telegram.receivedAt)
      case .dropped(let defect):
        messages.say(.warning, source.name, "telegram dropped: \(defect)", repeating: "dropped")
      }
    }
    let bytes = framer.bytes
    try output.flush(bytes.span)
  }

  private func reportNoise() {
    guard framer.noiseCount > 0 else { return }
    messages.say(.info, source.name, "\(counted(framer.noiseCount, "byte")) outside telegrams")
  }

  private func earlier(
    _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?
  ) -> ContinuousClock.Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
