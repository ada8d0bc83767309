import Records

/// The unit of the times of points.
enum Precision: String, CaseIterable {
  case nanoseconds = "ns"
  case microseconds = "us"
  case milliseconds = "ms"
  case seconds = "s"

  /// The unit in the API of InfluxDB 1.x.
  var version1: String {
    switch self {
    case .nanoseconds: "n"
    case .microseconds: "u"
    default: rawValue
    }
  }

  /// The unit in the API of InfluxDB 3.x.
  var version3: String {
    switch self {
    case .nanoseconds: "nanosecond"
    case .microseconds: "microsecond"
    case .milliseconds: "millisecond"
    case .seconds: "second"
    }
  }

  private var unitsPerSecond: Int64 {
    switch self {
    case .nanoseconds: 1_000_000_000
    case .microseconds: 1_000_000
    case .milliseconds: 1000
    case .seconds: 1
    }
  }

  /// An instant in units since 1970.
  func time(of timestamp: Timestamp) -> Int64 {
    let units = unitsPerSecond
    return timestamp.seconds * units + Int64(timestamp.nanoseconds) / (1_000_000_000 / units)
  }

  /// The times that all have the same number of digits: from 2001 on.
  var equallyLongTimes: PartialRangeFrom<Int64> { (1_000_000_000 * unitsPerSecond)... }
}
