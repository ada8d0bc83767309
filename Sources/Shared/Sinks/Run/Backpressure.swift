import CommandLine

/// When a sink reads its input, and when it gives its server up.
///
/// A server that accepts records may pause the input, so that a backfill runs at the server's pace. One that
/// is unreachable or stalls may not, unless the input can wait.
public struct Backpressure {
  private let linger: Duration
  private let confirmationDelay: Duration
  private let pausesInput: Bool
  private let pausesFiles: Bool
  /// When the input ended; nil before that.
  private var endedAt: ContinuousClock.Instant?
  /// Since when the buffer is full; nil while it has room.
  private var fullSince: ContinuousClock.Instant?
  /// When a pause of the input ends; nil while there is none, or it was too long.
  private(set) var holdDeadline: ContinuousClock.Instant?

  /// A server that answers nothing for this long no longer pauses the input.
  private static let responseTimeout = Duration.seconds(5)
  /// After SIGTERM, the server gets this long for records that are kept for the next process.
  public static let exitTimeout = Duration.seconds(5)
  /// After SIGTERM, the server gets this long for values without a time, which are worthless later.
  private static let untimedExitTimeout = Duration.seconds(2)

  /// - Parameters:
  ///   - linger: how long to wait for the server at the end of the input, since its last answer.
  ///   - confirmationDelay: how long a record may still be lost by the server that acknowledged it.
  ///   - pausesInput: whether any input pauses, rather than that the oldest records are dropped.
  ///   - pausesFiles: whether a file does so in any case.
  public init(
    linger: Duration, confirmationDelay: Duration = .zero, pausesInput: Bool,
    pausesFiles: Bool = true
  ) {
    self.linger = linger
    self.confirmationDelay = confirmationDelay
    self.pausesInput = pausesInput
    self.pausesFiles = pausesFiles
  }

  /// Notes the end of the input; one that may be paused also ends when a signal asks to stop.
  ///
  /// - Returns: whether it has ended since the last call.
  mutating func endsInput(_ input: inout RecordInput) -> Bool {
    if input.isAskedToStop, pausesInput { input.stop() }
    guard input.isEnded, endedAt == nil else { return false }
    endedAt = .now
    return true
  }

  /// Whether the input is read now.
  ///
  /// - Parameters:
  ///   - isFull: whether the buffer is full.
  ///   - answeredAt: when the server last accepted or rejected something.
  mutating func wantsMore(
    _ input: RecordInput, isFull: Bool, isOutage: Bool, answeredAt: ContinuousClock.Instant
  ) -> Bool {
    holdDeadline = nil
    guard isFull, !input.isAskedToStop else {
      fullSince = nil
      return true
    }
    if pausesInput || pausesFiles && input.isFile { return false }
    guard !isOutage else { return true }
    let now = ContinuousClock.now
    let since = fullSince ?? now
    fullSince = since
    let end = max(since, answeredAt) + Backpressure.responseTimeout
    holdDeadline = now < end ? end : nil
    return isOverdue
  }

  /// Whether the input was paused for too long, and the buffer is still full.
  var isOverdue: Bool { fullSince != nil && holdDeadline == nil }

  /// When to exit whatever the server has answered by then; nil before the end of the input.
  ///
  /// - Parameters:
  ///   - isKept: whether all undelivered records are kept for the next process.
  ///   - isTimed: whether they carry their time.
  ///   - answeredAt: when the server last accepted or rejected something.
  func giveUpAt(
    _ input: RecordInput, isKept: Bool, isOutage: Bool, isTimed: Bool,
    answeredAt: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    guard let endedAt else { return nil }
    let lastAt = max(endedAt, answeredAt)
    if !isTimed, input.isAskedToStop { return lastAt + min(linger, Self.untimedExitTimeout) }
    guard isKept, input.isAskedToStop || isOutage else {
      return lastAt + linger + confirmationDelay
    }
    return (input.isAskedToStop ? endedAt : lastAt) + min(linger, Self.exitTimeout)
  }
}
