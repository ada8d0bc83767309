import CommandLine
import SystemPackage

/// The progress of a backfill, shown on a terminal: records delivered, their rate, how much of a file is
/// read, and how many records wait.
struct Progress {
  private let messages: Messages
  private let isShown: Bool
  private var shownAt = ContinuousClock.now
  private var shownCount = 0
  /// Records a second: a moving average, as a batch delivers thousands at once.
  private var rate = 0.0
  /// Whether records come faster than from any meter.
  private var isBackfill = false

  private static let period = Duration.milliseconds(500)
  /// Records a second; no meter sends as many.
  private static let liveRate = 20.0

  init(_ messages: Messages) {
    self.messages = messages
    isShown = messages.showsProgress
  }

  /// When ``show(_:_:at:)`` has something new to show.
  var deadline: ContinuousClock.Instant? { isBackfill ? shownAt + Progress.period : nil }

  /// Shows the progress twice a second; nothing of values, of which a record has many.
  mutating func show(
    _ statistics: DeliveryStatistics, _ input: RecordInput, at now: ContinuousClock.Instant
  ) {
    guard isShown, statistics.unit == .record, now >= shownAt + Progress.period else { return }
    let (delivered, waiting) = (statistics.counts.delivered, statistics.waiting)
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
      "\(delivered) records, \(Int(rate)) per second\(place ?? ""), \(waiting) waiting")
  }

  /// Removes the line from the terminal.
  func end() { messages.show(nil) }
}
