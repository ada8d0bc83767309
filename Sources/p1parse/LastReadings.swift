import CommandLine
import Records

/// The last readings of each meter, for Prometheus.
struct LastReadings {
  private struct Key: Hashable {
    /// The name for Prometheus.
    let metric: String
    let meter: String
  }

  private struct Reading {
    let value: String
    let timestamp: Timestamp?
  }

  private let messages: Messages
  private var reader = RecordReader()
  private var readings: [Key: Reading] = [:]
  private var isFull = false

  private static let maximumReadings = 10_000

  init(_ messages: Messages) {
    self.messages = messages
  }

  /// Takes the readings of a telegram, whose records were written as lines.
  mutating func add(_ records: [UInt8]) {
    var latest: [Key: Reading] = [:]
    reader.read(records.span) { event in
      if case .record(let record) = event { LastReadings.add(record, to: &latest) }
    }
    for (key, reading) in latest { add(reading, as: key) }
  }

  /// Adds the numbers of a record. Of the values of the past, which a telegram may have as well, the newest counts.
  private static func add(_ record: Record, to latest: inout [Key: Reading]) {
    let meter = record.value(of: .meter).map { String(decoding: $0, as: UTF8.self) } ?? ""
    func set(_ metric: String, _ value: String) {
      let key = Key(metric: PrometheusMetric.name("p1_\(metric)"), meter: meter)
      if let old = latest[key]?.timestamp, let new = record.timestamp, new < old { return }
      latest[key] = Reading(value: value, timestamp: record.timestamp)
    }
    if let timestamp = record.timestamp { set("reading_timestamp_seconds", "\(timestamp.seconds)") }
    record.forEachField { key, value in
      guard !RecordKey.isReserved(key), DecimalText(value, ofMetric: key) != nil else { return }
      set(
        String(decoding: [UInt8](key), as: UTF8.self),
        String(decoding: [UInt8](value), as: UTF8.self))
    }
  }

  private mutating func add(_ reading: Reading, as key: Key) {
    guard readings[key] != nil || readings.count < LastReadings.maximumReadings else {
      if !isFull {
        messages.say(
          .warning, "standard input",
          "more than \(LastReadings.maximumReadings) readings; the metrics have only the first")
      }
      isFull = true
      return
    }
    readings[key] = reading
  }

  /// One metric for each key, with a sample for each meter.
  var metrics: [PrometheusMetric] {
    Dictionary(grouping: readings) { $0.key.metric }.sorted { $0.key < $1.key }
      .map { metric, readings in
        let samples = readings.sorted { $0.key.meter < $1.key.meter }.map { key, reading in
          PrometheusMetric.Sample([("meter", key.meter)], reading.value)
        }
        return PrometheusMetric(metric, .gauge, "Last value that the meter has sent.", samples)
      }
  }
}
