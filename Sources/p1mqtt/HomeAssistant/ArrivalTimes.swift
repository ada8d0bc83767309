/// When the last records of a meter arrived, and how long its sensors stay valid without another one.
struct ArrivalTimes {
  private var last: ContinuousClock.Instant?
  /// The seconds between them, the latest last.
  private var intervals: [Int64] = []

  private static let maximumCount = 5
  /// A sensor expires after this many intervals.
  private static let factor: Int64 = 5
  /// The times after which sensors expire, in seconds. They are few, so that jitter changes nothing.
  private static let steps: [Int64] = [
    120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800,
  ]

  /// Whether ``expiry(repeatInterval:)`` may have given this time.
  static func isExpiry(_ seconds: Int) -> Bool { steps.contains(Int64(seconds)) }

  mutating func note(_ now: ContinuousClock.Instant) {
    defer { last = now }
    guard let last else { return }
    intervals.append((now - last).components.seconds + 1)
    if intervals.count > ArrivalTimes.maximumCount { intervals.removeFirst() }
  }

  /// The seconds between two records, at least 1; nil while that is not known.
  var interval: Int? {
    // The longest may be an outage.
    intervals.count == ArrivalTimes.maximumCount
      ? Int(intervals.sorted()[intervals.count - 2]) : nil
  }

  /// After how many seconds without a record a sensor has no state; nil while that is not known.
  ///
  /// - Parameter repeatInterval: the seconds after which an unchanged value is published.
  func expiry(repeatInterval: Int) -> Int? {
    interval.flatMap { ArrivalTimes.expiry(interval: max($0, repeatInterval)) }
  }

  /// - Parameter interval: the seconds between two values.
  static func expiry(interval: Int) -> Int? {
    steps.first { $0 >= Int64(interval) * factor }.map { Int($0) }
  }
}
