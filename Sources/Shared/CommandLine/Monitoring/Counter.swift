import Records

/// A counter of a tool, declared once: its name, its meaning and its value. The line of `--stats`, the file of
/// `--metrics-file` and the list in the manual are made of it.
public struct Counter {
  public enum Value {
    /// A number that only grows.
    case total(Int)
    /// A number that also falls.
    case number(Int)
    /// Shown in seconds.
    case duration(Duration)
    /// When something happened last; nil if it has not. The line of `--stats` has its age, and the file its time.
    case instant(ContinuousClock.Instant?)
  }

  private let name: String
  private let meaning: String
  private let value: Value

  /// - Parameters:
  ///   - name: without a unit.
  ///   - meaning: a sentence; of an instant, what happened then, as in `the last telegram`.
  public init(_ name: String, _ value: Value, _ meaning: String) {
    self.name = name
    self.meaning = meaning
    self.value = value
  }

  /// The name in the line of `--stats`.
  public var shownName: String {
    switch value {
    case .total, .number: name
    case .duration: "\(name)_s"
    case .instant: "\(name)_age_s"
    }
  }

  /// What the value in that line means, for the manual.
  public var description: String {
    if case .instant = value { "Seconds since \(meaning), or none." } else { meaning }
  }

  /// `telegrams=12`.
  private var text: String {
    let shown =
      switch value {
      case .total(let count), .number(let count): "\(count)"
      case .duration(let duration): duration.inMilliseconds
      case .instant(let instant): instant.map { (.now - $0).inMilliseconds } ?? "none"
      }
    return "\(shownName)=\(shown)"
  }

  /// The line of `--stats`, without its end.
  public static func line(_ counters: [Counter]) -> String {
    counters.map(\.text).joined(separator: " ")
  }

  /// The counter as Prometheus reads it, nil if it has no value yet.
  ///
  /// - Parameter tool: begins the name.
  func metric(of tool: String) -> PrometheusMetric? {
    switch value {
    case .total(let count):
      PrometheusMetric("\(tool)_\(name)_total", .counter, meaning, "\(count)")
    case .number(let count): PrometheusMetric("\(tool)_\(name)", .gauge, meaning, "\(count)")
    case .duration(let duration):
      PrometheusMetric("\(tool)_\(name)_seconds", .gauge, meaning, duration.inMilliseconds)
    case .instant(let instant):
      instant.map { instant in
        PrometheusMetric(
          "\(tool)_\(name)_timestamp_seconds", .gauge,
          "Time of \(meaning), in seconds since 1970.", Timestamp.ago(.now - instant))
      }
    }
  }
}

extension Timestamp {
  /// The time of this machine some time ago, in seconds since 1970.
  static func ago(_ age: Duration) -> String {
    let now = Timestamp.now
    return (.seconds(now.seconds) + .nanoseconds(now.nanoseconds) - age).inMilliseconds
  }
}
