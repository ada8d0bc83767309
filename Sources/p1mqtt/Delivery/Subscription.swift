/// Whether the broker grants the subscription. Some end the connection instead of refusing it.
struct Subscription {
  private var failures = 0
  private var isUnanswered = false

  /// This many connections in a row that end before the answer count as a refusal.
  private static let maximumFailures = 2

  var isPossible: Bool { failures < Subscription.maximumFailures }

  mutating func asked() { isUnanswered = true }

  mutating func answered(isGranted: Bool) {
    isUnanswered = false
    failures = isGranted ? 0 : Subscription.maximumFailures
  }

  /// The connection ended.
  ///
  /// - Returns: whether that counts as a refusal from now on.
  mutating func disconnected() -> Bool {
    guard isUnanswered else { return false }
    isUnanswered = false
    failures += 1
    return !isPossible
  }
}
