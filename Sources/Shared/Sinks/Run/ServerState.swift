import CommandLine

/// Whether a server works, and when to retry if it does not.
public struct ServerState: Sendable {
  /// When to retry; nil while the server works.
  public private(set) var retryAt: ContinuousClock.Instant?
  /// Why the last try failed; nil while the server works.
  public private(set) var failure: String?
  /// The delay before a sink retries its server: 1 s after the first failure, up to 30 s.
  private var backoff = Backoff(from: .seconds(1), to: .seconds(30))
  /// Whether the server itself asked for the pause (`Retry-After`).
  private var isAsked = false

  /// The longest pause that a server may ask for.
  private static let longestDelay = Duration.seconds(600)

  public init() {}

  public var isOutage: Bool { failure != nil }

  /// Notes a failed try, and sets the time of the next one.
  ///
  /// - Parameter delay: the pause that the server asked for.
  /// - Returns: whether the reason is another one than that of the try before.
  public mutating func fail(
    _ reason: String, for delay: Duration = .zero, at now: ContinuousClock.Instant
  ) -> Bool {
    let isNew = reason != failure
    failure = reason
    isAsked = delay > .zero
    retryAt = now + max(min(delay, ServerState.longestDelay), backoff.next())
    return isNew
  }

  /// Retries at once, as the tool is about to exit, unless the server asked for a pause.
  public mutating func hurry(_ now: ContinuousClock.Instant) {
    if retryAt != nil, !isAsked { retryAt = now }
  }

  /// Retries at once: a change may have removed what made the server fail.
  public mutating func retryNow(_ now: ContinuousClock.Instant) {
    backoff.reset()
    isAsked = false
    hurry(now)
  }

  /// Notes a connection, on which the server has not accepted anything yet. The back-off continues.
  ///
  /// - Returns: whether this ends an outage.
  public mutating func connect() -> Bool {
    let wasOutage = isOutage
    failure = nil
    retryAt = nil
    return wasOutage
  }

  /// Notes that the server has accepted something.
  ///
  /// - Returns: whether this ends an outage.
  public mutating func succeed() -> Bool {
    backoff.reset()
    return connect()
  }
}
