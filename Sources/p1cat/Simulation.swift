import Console
import Records

/// What `sim:` stands for: a simulated meter, from when, how many telegrams, how fast.
///
///     sim:seed=7,start=2026-01-01T00:00:00Z,count=86400,rate=max
struct Simulation: Equatable {
  var seed: UInt64 = 1
  /// The instant of the first telegram.
  var start: Timestamp
  /// How many telegrams; nil for no end.
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
    guard source.hasPrefix(Simulation.prefix) else { return nil }
    start = Timestamp(seconds: now.seconds)
    for option in source.dropFirst(Simulation.prefix.count).split(separator: ",") {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      let value = parts.count == 2 ? parts[1] : ""
      func refused(_ reason: String) -> Failure { Failure(source, reason, .usage) }
      switch parts[0] {
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
      case "count":
        guard let count = Int(value), count > 0 else {
          throw refused("count is a whole number from 1")
        }
        self.count = count
      case "rate":
        guard let interval = Simulation.interval(rate: value) else {
          throw refused("rate is telegrams a second, from 0.01 to 100000, or max")
        }
        self.interval = interval
      default:
        throw refused("\(parts[0]) is none of seed, start, count, rate")
      }
    }
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
