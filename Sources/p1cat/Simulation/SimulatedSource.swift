import CommandLine
import Records
import Telegrams

/// A simulated meter, which waits for whoever reads it: nothing of it gets lost.
struct SimulatedSource: Source {
  let name: String
  private var meter: SimulatedMeter
  /// How many telegrams there are left.
  private var left: Int
  /// The time from one telegram to the next; nil for none.
  private let interval: Duration?
  private var due = ContinuousClock.now
  private var telegram: [UInt8] = []
  /// The simulated time: a stamp of the machine's clock would contradict the telegram.
  private(set) var now: Timestamp

  /// - Parameters:
  ///   - name: the source as it is named on the command line.
  ///   - simulation: what that stands for.
  init(_ name: String, _ simulation: SimulationOptions) {
    self.name = name
    now = simulation.start
    meter = SimulatedMeter(
      start: simulation.start, step: simulation.step, seed: simulation.seed)
    left = simulation.limit
    interval = simulation.interval
  }

  var interests: [Interest] { [] }
  var deadline: ContinuousClock.Instant? { left == 0 ? .now : due }

  mutating func read(
    _ happened: [Interest], after lastLook: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival {
    if left == 0 { return .end }
    guard interval == nil || ContinuousClock.now >= due else { return .nothing }
    if let interval { due += interval }
    left -= 1
    now = meter.time
    telegram.removeAll(keepingCapacity: true)
    meter.appendTelegram(to: &telegram)
    framer.fill(with: telegram.span)
    return .bytes(telegram.count)
  }
}
