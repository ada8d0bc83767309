import CommandLine

/// How long a sink still waits for its server after the end of the input, or after SIGTERM.
public struct ExitDeadline {
  private let linger: Duration
  private let confirmationDelay: Duration
  /// When the input ended; nil before that.
  private var endedAt: ContinuousClock.Instant?

  /// - Parameters:
  ///   - linger: how long to wait for the server at the end of the input, since its last answer.
  ///   - confirmationDelay: how long a record may still be lost by the server that acknowledged it.
  public init(linger: Duration, confirmationDelay: Duration = .zero) {
    self.linger = linger
    self.confirmationDelay = confirmationDelay
  }

  /// Notes the end of the input.
  ///
  /// - Returns: whether it has ended since the last call.
  mutating func noteEnd(of input: RecordInput) -> Bool {
    guard input.isEnded, endedAt == nil else { return false }
    endedAt = .now
    return true
  }

  /// When to exit whatever the server has answered by then; nil before the end of the input.
  ///
  /// - Parameters:
  ///   - isKept: whether all undelivered records are kept for the next process.
  ///   - isTimed: whether they carry their time.
  ///   - answeredAt: when the server last accepted or rejected something.
  func instant(
    _ input: RecordInput, isKept: Bool, isOutage: Bool, isTimed: Bool,
    answeredAt: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    guard let endedAt else { return nil }
    let lastAt = max(endedAt, answeredAt)
    // A value without its time is soon out of date.
    if !isTimed, input.isAskedToStop { return lastAt + min(linger, ExitTimeout.values) }
    guard isKept, input.isAskedToStop || isOutage else {
      return lastAt + linger + confirmationDelay
    }
    return (input.isAskedToStop ? endedAt : lastAt) + min(linger, ExitTimeout.records)
  }
}
