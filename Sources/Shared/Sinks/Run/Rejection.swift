/// Why a server has rejected a record, for the status of the sink: it shows a rejection for a while, as records are
/// seldom all rejected.
public struct Rejection: Sendable {
  fileprivate let reason: String
  fileprivate let at: ContinuousClock.Instant

  fileprivate static let lifetime = Duration.seconds(600)

  public init(_ reason: String, at now: ContinuousClock.Instant) {
    self.reason = reason
    at = now
  }
}

extension Rejection? {
  /// The reason, until some minutes later.
  public func recent(at now: ContinuousClock.Instant) -> String? {
    flatMap { now < $0.at + Rejection.lifetime ? $0.reason : nil }
  }
}
