import Records

/// What was published last, so that what says nothing new can be left out.
struct Changes {
  private struct Last {
    let value: [UInt8]
    /// The instant that it is of, and when it was published.
    let timestamp: Timestamp?
    let at: ContinuousClock.Instant
  }

  private let silence: Int64
  private var last: [String: Last] = [:]

  /// Of more names than this, all are forgotten, and so published again.
  private static let mostNames = 10_000

  /// - Parameter silence: after how many seconds, by the records' time or ours, the same is news again.
  init(silence: Int) {
    self.silence = Int64(silence)
  }

  /// Whether a value is news, and is published therefore.
  ///
  /// - Parameters:
  ///   - value: the value.
  ///   - name: of what it is one.
  ///   - timestamp: the instant that it is of, if it has one.
  ///   - now: the time.
  /// - Returns: whether it is.
  mutating func isNews(
    _ value: [UInt8], of name: String, _ timestamp: Timestamp?, at now: ContinuousClock.Instant
  ) -> Bool {
    if let last = last[name], last.value == value, now < last.at + .seconds(silence),
      !isLong(from: last.timestamp, to: timestamp)
    {
      return false
    }
    if last[name] == nil, last.count >= Changes.mostNames { forget() }
    last[name] = Last(value: value, timestamp: timestamp, at: now)
    return true
  }

  mutating func forget() {
    last = [:]
  }

  /// A clock that was set back is news as well.
  private func isLong(from first: Timestamp?, to last: Timestamp?) -> Bool {
    guard let first, let last else { return false }
    return last < first || last.seconds - first.seconds >= silence
  }
}
