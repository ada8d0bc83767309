import Records

/// What was published last, so that what says nothing new can be left out. What is known of the meter
/// that was silent for longest is forgotten where there is no room for all, and so published again.
struct Changes {
  private struct Last {
    let value: [UInt8]
    /// The instant that it is of, and when it was published.
    let timestamp: Timestamp?
    let at: ContinuousClock.Instant

    /// The bytes that it takes beside its name, about: its place in a dictionary, which may have as
    /// many more, and the value.
    var size: Int {
      32 + value.count + 2 * (MemoryLayout<Last>.stride + MemoryLayout<String>.stride)
    }
  }

  private let silence: Int64
  /// By device and name.
  private var last: RecentlyUsedCache<RecordOrigin, [String: Last]>
  /// How many devices were forgotten.
  private(set) var forgottenCount = 0

  /// - Parameters:
  ///   - silence: after how many seconds, by the records' time or ours, the same is news again.
  ///   - capacity: the most bytes that are remembered.
  init(silence: Int, capacity: Int) {
    self.silence = Int64(silence)
    last = RecentlyUsedCache(capacity: capacity)
  }

  /// Whether a value is news, and is published therefore.
  ///
  /// - Parameters:
  ///   - value: the value.
  ///   - name: of what it is one.
  ///   - origin: who it is of.
  ///   - timestamp: the instant that it is of, if it has one.
  ///   - now: the time.
  /// - Returns: whether it is.
  mutating func isNews(
    _ value: [UInt8], of name: String, _ origin: RecordOrigin, _ timestamp: Timestamp?,
    at now: ContinuousClock.Instant
  ) -> Bool {
    let device = origin.device
    let silence = silence
    var isNews = true
    let isNew = last[device] == nil
    last.use(device, default: [:]) { known in
      let before = known[name]
      if let before, before.value == value, now < before.at + .seconds(silence),
        !Changes.isLong(from: before.timestamp, to: timestamp, silence)
      {
        isNews = false
        return 0
      }
      let entry = Last(value: value, timestamp: timestamp, at: now)
      known[name] = entry
      return entry.size - (before?.size ?? -name.utf8.count) + (isNew ? device.size : 0)
    }
    while last.isOverfull, last.removeOldest() != nil { forgottenCount += 1 }
    return isNews
  }

  mutating func forget() {
    last.removeAll()
  }

  /// A clock that was set back is news as well.
  private static func isLong(
    from first: Timestamp?, to last: Timestamp?, _ silence: Int64
  ) -> Bool {
    guard let first, let last else { return false }
    return last < first || last.seconds - first.seconds >= silence
  }
}
