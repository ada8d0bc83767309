import CommandLine

/// Whether a server takes what it is sent, and when it is tried again where it does not.
public struct ServerState: Sendable {
  /// Until when nothing is sent; nil while the server takes what it gets.
  public private(set) var retryAt: ContinuousClock.Instant?
  /// Why the last try failed; nil while the server takes what it gets.
  public private(set) var failure: String?
  private var backoff = Backoff()
  /// Whether the server itself has asked to be left alone.
  private var isAsked = false

  /// The longest that a server gets to put a request off.
  private static let longestDelay = Duration.seconds(600)

  public init() {}

  /// Whether the server is away.
  public var isOutage: Bool { failure != nil }

  /// A try has failed.
  ///
  /// - Parameters:
  ///   - reason: why.
  ///   - delay: the time that the server asked to be left alone for.
  ///   - now: the time.
  /// - Returns: whether the one before failed for another reason, or did not fail.
  public mutating func fail(
    _ reason: String, for delay: Duration = .zero, at now: ContinuousClock.Instant
  ) -> Bool {
    let isNew = reason != failure
    failure = reason
    isAsked = delay > .zero
    retryAt = now + max(min(delay, ServerState.longestDelay), backoff.next())
    return isNew
  }

  /// There is no more time to lose: the server is tried at once, unless it asked to be left alone.
  public mutating func hurry(_ now: ContinuousClock.Instant) {
    if retryAt != nil, !isAsked { retryAt = now }
  }

  /// Retries at once: a change may have removed what made the server fail.
  public mutating func retryNow(_ now: ContinuousClock.Instant) {
    backoff.reset()
    isAsked = false
    hurry(now)
  }

  /// The server has let us in, and is still to take something.
  ///
  /// - Returns: whether it was away before.
  public mutating func connect() -> Bool {
    let wasOutage = isOutage
    failure = nil
    retryAt = nil
    return wasOutage
  }

  /// The server has taken something.
  ///
  /// - Returns: whether the server was away before.
  public mutating func succeed() -> Bool {
    backoff.reset()
    return connect()
  }
}
