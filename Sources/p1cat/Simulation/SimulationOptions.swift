import CommandLine
import Records

/// What `sim:` stands for: a simulated meter, from when, how many telegrams, how fast.
///
///     sim:seed=7,start=2026-01-01T00:00:00Z,step=60,count=1440,rate=max
struct SimulationOptions: Equatable {
  var seed: UInt64 = 1
  /// The instant of the first telegram.
  var start: Timestamp
  /// The seconds of simulated time from one telegram to the next.
  var step: Int64 = 1
  /// How many telegrams; nil for as many as the years of the meter's clock hold.
  var count: Int?
  /// The time from one telegram to the next; nil for as fast as the pipe takes them.
  var interval: Duration? = .seconds(1)

  private static let prefix = "sim:"

  /// Nil for a source that is no simulation.
  ///
  /// - Parameters:
  ///   - source: the source as it is named on the command line.
  ///   - now: the instant of the first telegram where the source names none.
  /// - Throws: `Failure` for an option that there is none of, or a value that it cannot have.
  init?(_ source: String, now: Timestamp = .now) throws {
    guard source.hasPrefix(SimulationOptions.prefix) else { return nil }
    start = Timestamp(seconds: now.seconds)
    for option in source.dropFirst(SimulationOptions.prefix.count).split(separator: ",") {
      let name = option.prefix { $0 != "=" }
      let value = String(option.dropFirst(name.count + 1))
      func refused(_ reason: String) -> Failure { Failure(source, reason, .usage) }
      switch name {
      case "seed":
        guard let seed = UInt64(value) else { throw refused("seed is a whole number") }
        self.seed = seed
      case "start":
        guard let start = Timestamp([UInt8](value.utf8).span),
          Timestamp.simulated.contains(start)
        else {
          throw refused("start is a time from 2001 to 2058, such as 2026-01-01T00:00:00Z")
        }
        self.start = Timestamp(seconds: start.seconds)
      case "step":
        guard let step = Int64(value), (1...86_400).contains(step) else {
          throw refused("step is a whole number of seconds from 1 to 86400")
        }
        self.step = step
      case "count":
        guard let count = Int(value), count > 0 else {
          throw refused("count is a whole number from 1")
        }
        self.count = count
      case "rate":
        guard let interval = SimulationOptions.interval(rate: value) else {
          throw refused("rate is telegrams a second, from 0.01 to 100000, or max")
        }
        self.interval = interval
      default:
        throw refused("\"\(name)\" is none of seed, start, step, count, rate")
      }
    }
  }

  /// How many telegrams there are at most: what the meter's clock cannot show is not simulated.
  var limit: Int {
    let left = (Timestamp.simulated.upperBound.seconds - 1 - start.seconds) / step + 1
    return min(count ?? .max, Int(left))
  }

  /// `max` and numbers; the outer nil is neither.
  private static func interval(rate: String) -> Duration?? {
    if rate == "max" { return .some(nil) }
    guard let perSecond = Double(rate), (0.01...100_000).contains(perSecond) else { return nil }
    return .seconds(1 / perSecond)
  }
}

extension Timestamp {
  /// The instants that a telegram can say.
  fileprivate static let simulated =
    Timestamp(seconds: 978_307_200)..<Timestamp(seconds: 2_808_604_800)
}
