import CommandLine
import SystemPackage

/// How far a backfill has come, shown on a terminal: records, how many a second, where in a file,
/// and what waits.
public struct Progress {
  private let messages: Messages
  private let isShown: Bool
  private var shownAt = ContinuousClock.now
  private var shownCount = 0
  /// Records a second, as a mean of late.
  private var rate = 0.0
  /// Whether records come quicker than from any meter.
  private var isBackfill = false

  private static let period = Duration.milliseconds(500)
  /// No meter prints so many a second.
  private static let liveRate = 20.0

  public init(_ messages: Messages) {
    self.messages = messages
    isShown = messages.showsProgress
  }

  /// When there is something new to be shown.
  public var deadline: ContinuousClock.Instant? { isBackfill ? shownAt + Progress.period : nil }

  /// Shows it, once it is time for that; nothing of values, of which a record has many.
  public mutating func show(
    _ tally: Tally, _ input: RecordInput, at now: ContinuousClock.Instant
  ) {
    guard isShown, tally.unit == .record, now >= shownAt + Progress.period else { return }
    let (delivered, waiting) = (tally.counts.delivered, tally.waiting)
    // A batch makes thousands at once.
    let last = Double(delivered - shownCount) / ((now - shownAt) / .seconds(1))
    rate = rate == 0 ? last : 0.8 * rate + 0.2 * last
    shownAt = now
    shownCount = delivered
    isBackfill = rate > Progress.liveRate || isBackfill && (waiting > 0 || input.isFile)
    guard isBackfill else { return messages.show(nil) }
    let place = input.fileSize.map { size in
      ", \(size > 0 ? min(100, 100 * input.byteCount / size) : 100) %"
    }
    messages.show(
      "\(delivered) records, \(Int(rate)) a second\(place ?? ""), \(waiting) waiting")
  }

  /// Takes it away.
  public func end() { messages.show(nil) }
}
