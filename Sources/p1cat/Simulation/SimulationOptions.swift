import CommandLine
import Encryption
import Records

/// The options of a simulated meter, in a source that begins with `sim:`.
///
///     sim:seed=7,start=2026-01-01T00:00:00Z,step=60,count=1440,rate=max
struct SimulationOptions: Equatable {
  var seed: UInt64 = 1
  /// The time of the first telegram.
  var start: Timestamp
  /// The simulated time between two telegrams, in seconds.
  var step: Int64 = 1
  /// How many telegrams; nil for no limit but that of the meter's clock.
  var count: Int?
  /// The key that encrypts the telegrams; nil for plain ones.
  var key: MeterKey?
  /// The real time between two telegrams; nil for as fast as the pipe takes them.
  var interval: Duration? = .seconds(1)

  private static let prefix = "sim:"

  /// Nil for a source that does not begin with `sim:`.
  ///
  /// - Parameter now: the time of the first telegram unless the source has `start`.
  /// - Throws: `Failure` for an unknown option or an invalid value.
  init?(_ source: String, now: Timestamp = .now) throws {
    guard source.hasPrefix(SimulationOptions.prefix) else { return nil }
    start = Timestamp(seconds: now.seconds)
    for option in source.dropFirst(SimulationOptions.prefix.count).split(separator: ",") {
      let name = option.prefix { $0 != "=" }
      let value = String(option.dropFirst(name.count + 1))
      func invalid(_ reason: String) -> Failure {
        Failure(SimulationOptions.withoutKey(source), reason, .usage)
      }
      switch name {
      case "seed":
        guard let seed = UInt64(value) else {
          throw invalid("seed must be a whole number, such as 1")
        }
        self.seed = seed
      case "start":
        guard let start = Timestamp([UInt8](value.utf8).span),
          Timestamp.simulated.contains(start)
        else {
          throw invalid("start must be a time from 2001 to 2058, such as 2026-01-01T00:00:00Z")
        }
        self.start = Timestamp(seconds: start.seconds)
      case "step":
        guard let step = Int64(value), (1...86_400).contains(step) else {
          throw invalid("step must be a whole number of seconds from 1 to 86400")
        }
        self.step = step
      case "count":
        guard let count = Int(value), count > 0 else {
          throw invalid("count must be a whole number greater than 0")
        }
        self.count = count
      case "rate":
        guard let interval = SimulationOptions.interval(rate: value) else {
          throw invalid("rate must be telegrams per second, from 0.01 to 100000, or max")
        }
        self.interval = interval
      case "key":
        guard let key = MeterKey(hexadecimal: value) else {
          throw invalid("key must have 32 hexadecimal digits")
        }
        self.key = key
      default:
        throw invalid("unknown option \"\(name)\"; use seed, start, step, count, rate or key")
      }
    }
  }

  /// A source as messages show it.
  static func withoutKey(_ source: String) -> String {
    guard source.hasPrefix(prefix) else { return source }
    return source.split(separator: ",", omittingEmptySubsequences: false).map { option in
      let name = option.hasPrefix(prefix) ? option.dropFirst(prefix.count) : option
      return name.hasPrefix("key=")
        ? option.prefix(option.count - name.count) + "key=(secret)" : option
    }.joined(separator: ",")
  }

  /// How many telegrams to make, at most as many as the meter's clock can show.
  var limit: Int {
    let possible = (Timestamp.simulated.upperBound.seconds - 1 - start.seconds) / step + 1
    return min(count ?? .max, Int(possible))
  }

  /// The inner nil stands for `max`, the outer nil for an invalid value.
  private static func interval(rate: String) -> Duration?? {
    if rate == "max" { return .some(nil) }
    guard let perSecond = Double(rate), (0.01...100_000).contains(perSecond) else { return nil }
    return .seconds(1 / perSecond)
  }
}

extension Timestamp {
  /// The times that the meter can print.
  fileprivate static let simulated =
    Timestamp(seconds: 978_307_200)..<Timestamp(seconds: 2_808_604_800)
}
