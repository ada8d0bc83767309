import Records

/// How exact the time of a point is.
enum Precision: String, CaseIterable {
  case nanoseconds = "ns"
  case microseconds = "us"
  case milliseconds = "ms"
  case seconds = "s"

  /// What InfluxDB 1.x calls it.
  var version1: String {
    switch self {
    case .nanoseconds: "n"
    case .microseconds: "u"
    default: rawValue
    }
  }

  /// What InfluxDB 3.x calls it.
  var version3: String {
    switch self {
    case .nanoseconds: "nanosecond"
    case .microseconds: "microsecond"
    case .milliseconds: "millisecond"
    case .seconds: "second"
    }
  }

  /// How many of its units make a second.
  private var unitsOfSecond: Int64 {
    switch self {
    case .nanoseconds: 1_000_000_000
    case .microseconds: 1_000_000
    case .milliseconds: 1000
    case .seconds: 1
    }
  }

  /// An instant in units since 1970, as points have it.
  func time(of timestamp: Timestamp) -> Int64 {
    let units = unitsOfSecond
    return timestamp.seconds * units + Int64(timestamp.nanoseconds) / (1_000_000_000 / units)
  }

  /// The times that have as many digits as any other of them: from 2001 on.
  var movableTimes: PartialRangeFrom<Int64> { (1_000_000_000 * unitsOfSecond)... }
}
