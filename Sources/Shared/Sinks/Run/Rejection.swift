/// Why a server has rejected a record. A server seldom rejects all records, so the status shows a rejection for ten
/// minutes.
public struct Rejection: Sendable {
  public let reason: String
  private let at: ContinuousClock.Instant

  private static let lifetime = Duration.seconds(600)

  public init(_ reason: String, at now: ContinuousClock.Instant) {
    self.reason = reason
    at = now
  }

  public func isRecent(at now: ContinuousClock.Instant) -> Bool { now < at + Rejection.lifetime }
}
