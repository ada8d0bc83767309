import CommandLine
import Encryption
import Records

/// A simulated meter, which waits for a slow reader, so no telegram is lost.
struct SimulatedSource: Source {
  let name: String
  private var meter: SimulatedMeter
  private var remainingCount: Int
  /// The real time between two telegrams; nil for as fast as possible.
  private let interval: Duration?
  private var due = ContinuousClock.now
  private var telegram: [UInt8] = []
  private var encryption: FrameEncryption?
  /// The simulated time, as a stamp with the time of this machine would contradict the telegram.
  private(set) var now: Timestamp

  init(_ name: String, _ options: SimulationOptions) {
    self.name = name
    now = options.start
    meter = SimulatedMeter(start: options.start, step: options.step, seed: options.seed)
    remainingCount = options.limit
    interval = options.interval
    encryption = options.key.map { FrameEncryption(key: $0) }
  }

  var interests: [Interest] { [] }
  var deadline: ContinuousClock.Instant? { remainingCount == 0 ? .now : due }

  mutating func read(
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into finder: inout TelegramFinder
  ) throws -> Arrival {
    if remainingCount == 0 { return .end }
    guard interval == nil || ContinuousClock.now >= due else { return .nothing }
    if let interval { due += interval }
    remainingCount -= 1
    now = meter.time
    telegram.removeAll(keepingCapacity: true)
    meter.appendTelegram(to: &telegram)
    let sent = try encryption?.frame(of: telegram) ?? telegram
    finder.fill(with: sent)
    return .bytes(sent.count)
  }
}
