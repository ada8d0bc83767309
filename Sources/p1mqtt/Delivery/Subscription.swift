/// Whether the broker tells us what others publish. Some end the connection where they do not.
struct Subscription {
  private var failures = 0
  private var isUnanswered = false

  /// So many connections in a row that end before the answer are taken for a refusal.
  private static let maximumFailures = 2

  var isPossible: Bool { failures < Subscription.maximumFailures }

  mutating func asked() { isUnanswered = true }

  mutating func answered(isGranted: Bool) {
    isUnanswered = false
    failures = isGranted ? 0 : Subscription.maximumFailures
  }

  /// The connection is gone.
  ///
  /// - Returns: whether that was a refusal, from now on.
  mutating func disconnected() -> Bool {
    guard isUnanswered else { return false }
    isUnanswered = false
    failures += 1
    return !isPossible
  }
}
