/// How long to wait before the next try: twice as long after each failure, up to a limit, and never
/// quite as long as anybody else, so that a server that comes back is not met by all at once.
///
/// The users say how long: `ServerState` for the server of a sink, `ReconnectingSource` for a meter.
public struct Backoff: Sendable {
  private let shortest: Duration
  private let longest: Duration
  private var failures = 0

  public init(from shortest: Duration, to longest: Duration) {
    self.shortest = shortest
    self.longest = longest
  }

  /// The time to wait now that a try has failed: between half and all of what is due.
  public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
    let due = min(longest, shortest * (1 << min(failures, 20)))
    failures += 1
    return due * Double.random(in: 0.5...1, using: &generator)
  }

  /// The time to wait now that a try has failed.
  public mutating func next() -> Duration {
    var generator = SystemRandomNumberGenerator()
    return next(using: &generator)
  }

  /// A try has succeeded.
  public mutating func reset() {
    failures = 0
  }
}
