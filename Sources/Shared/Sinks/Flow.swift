import CommandLine

/// When a sink reads its input, and when it gives its server up.
///
/// A server that goes on taking things may hold the input up, so that a replay goes at its pace; one that
/// is away, or takes nothing, may not, unless the input can wait.
public struct Flow {
  private let linger: Duration
  private let settling: Duration
  private let holds: Bool
  private let leavesFiles: Bool
  /// When the input ended; nil before that.
  private var endedAt: ContinuousClock.Instant?
  /// When the server last took or refused something.
  private var progressAt = ContinuousClock.now
  /// Since when there was no room for more; nil while there is.
  private var heldSince: ContinuousClock.Instant?
  /// Until when the input is held up; nil where it is not, or was for too long.
  public private(set) var patienceEnd: ContinuousClock.Instant?

  /// A server that takes nothing for so long no longer holds the input up.
  private static let patience = Duration.seconds(5)
  /// Asked to stop, what is on its way gets so long, where what waits is kept for the next time.
  public static let farewell = Duration.seconds(5)
  /// Asked to stop, what does not say when it was measured gets so long: soon nobody wants it.
  private static let undatedFarewell = Duration.seconds(2)

  /// - Parameters:
  ///   - linger: how long the server is waited for after the end of the input, since it last took
  ///     something.
  ///   - settling: how long it is not believed after that.
  ///   - holds: whether the input waits, rather than that the oldest of it goes.
  ///   - leavesFiles: whether a file does so in any case.
  public init(
    linger: Duration, settling: Duration = .zero, holds: Bool, leavesFiles: Bool = true
  ) {
    self.linger = linger
    self.settling = settling
    self.holds = holds
    self.leavesFiles = leavesFiles
  }

  /// Whether the input has ended.
  public var isEnding: Bool { endedAt != nil }

  /// The server has taken or refused something.
  public mutating func answered() { progressAt = .now }

  /// Sees to the end of the input.
  ///
  /// - Parameter input: what was just read.
  /// - Returns: whether it has ended now.
  public mutating func attend(_ input: inout RecordInput) -> Bool {
    if input.isAskedToStop, holds { input.stop() }
    guard input.isEnded, endedAt == nil else { return false }
    endedAt = .now
    return true
  }

  /// Whether the input is read now.
  ///
  /// - Parameters:
  ///   - input: the input.
  ///   - isFull: whether there is no more room.
  ///   - isOutage: whether the server is away.
  /// - Returns: whether it is.
  public mutating func wantsMore(_ input: RecordInput, isFull: Bool, isOutage: Bool) -> Bool {
    patienceEnd = nil
    guard isFull, !input.isAskedToStop else {
      heldSince = nil
      return true
    }
    if holds || leavesFiles && input.isFile { return false }
    guard !isOutage else { return true }
    let now = ContinuousClock.now
    let since = heldSince ?? now
    heldSince = since
    // Where the server takes what it is sent, the rest finds its way.
    let end = max(since, progressAt) + Flow.patience
    patienceEnd = now < end ? end : nil
    return isOverdue
  }

  /// Whether the input was held up for too long, and there is no room yet.
  public var isOverdue: Bool { heldSince != nil && patienceEnd == nil }

  /// When the server is waited for no longer; nil before the end of the input.
  ///
  /// - Parameters:
  ///   - input: the input.
  ///   - isLasting: whether all that waits is there for the next process.
  ///   - isOutage: whether the server is away.
  ///   - isDated: whether what waits says when it was measured.
  /// - Returns: the instant.
  public func giveUpAt(
    _ input: RecordInput, isLasting: Bool, isOutage: Bool, isDated: Bool = true
  ) -> ContinuousClock.Instant? {
    guard let endedAt else { return nil }
    let lastAt = max(endedAt, progressAt)
    if !isDated, input.isAskedToStop { return lastAt + min(linger, Flow.undatedFarewell) }
    // What is kept can go another time.
    guard isLasting, input.isAskedToStop || isOutage else { return lastAt + linger + settling }
    return (input.isAskedToStop ? endedAt : lastAt) + min(linger, Flow.farewell)
  }
}
