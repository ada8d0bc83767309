import CommandLine
import Records
import Telegrams

/// A simulated meter, which waits for a slow reader, so no telegram is lost.
struct SimulatedSource: Source {
  let name: String
  private var meter: SimulatedMeter
  private var remainingCount: Int
  /// The real time between two telegrams; nil for as fast as possible.
  private let interval: Duration?
  private var due = ContinuousClock.now
  private var telegram: [UInt8] = []
  /// The simulated time, as a stamp with the time of this machine would contradict the telegram.
  private(set) var now: Timestamp

  init(_ name: String, _ options: SimulationOptions) {
    self.name = name
    now = options.start
    meter = SimulatedMeter(start: options.start, step: options.step, seed: options.seed)
    remainingCount = options.limit
    interval = options.interval
  }

  var interests: [Interest] { [] }
  var deadline: ContinuousClock.Instant? { remainingCount == 0 ? .now : due }

  mutating func read(
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival {
    if remainingCount == 0 { return .end }
    guard interval == nil || ContinuousClock.now >= due else { return .nothing }
    if let interval { due += interval }
    remainingCount -= 1
    now = meter.time
    telegram.removeAll(keepingCapacity: true)
    meter.appendTelegram(to: &telegram)
    framer.fill(with: telegram.span)
    return .bytes(telegram.count)
  }
}
