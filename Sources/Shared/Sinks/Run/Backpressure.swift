import CommandLine

/// When a sink reads its input, and when it pauses it.
///
/// A server that accepts records may pause the input, so that a backfill runs at the server's pace. One that
/// is unreachable or stalls may not, unless the input can wait.
public struct Backpressure {
  private let pausesInput: Bool
  private let pausesFiles: Bool
  /// Since when the buffer is full; nil while it has room.
  private var fullSince: ContinuousClock.Instant?
  /// When a pause of the input ends; nil while there is none, or it was too long.
  private(set) var holdDeadline: ContinuousClock.Instant?

  /// A server that answers nothing for this long no longer pauses the input.
  private static let longestPause = Duration.seconds(5)

  /// - Parameters:
  ///   - pausesInput: whether any input pauses, rather than that the oldest records are dropped.
  ///   - pausesFiles: whether a file does so in any case.
  public init(pausesInput: Bool, pausesFiles: Bool = true) {
    self.pausesInput = pausesInput
    self.pausesFiles = pausesFiles
  }

  /// Ends an input that may be paused when a signal asks to stop, as it could last without end.
  func stop(_ input: inout RecordInput) {
    if input.isAskedToStop, pausesInput { input.stop() }
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
    guard !isOutage else {
      fullSince = nil
      return true
    }
    let now = ContinuousClock.now
    let since = fullSince ?? now
    fullSince = since
    let end = max(since, answeredAt) + Backpressure.longestPause
    holdDeadline = now < end ? end : nil
    return isOverdue
  }

  /// Whether the input was paused for too long, and the buffer is still full.
  var isOverdue: Bool { fullSince != nil && holdDeadline == nil }
}
