import CommandLine
import Records

/// The last readings of each meter, for Prometheus.
///
/// The records of a telegram are kept as text, which those of the next telegram of the same shape replace. They are read
/// when the metrics are written: to read all of them would take many times as long as to write them.
struct LastReadings {
  /// The last records of a shape.
  private struct TelegramText {
    var text: [UInt8]
    /// All but the digits of the values. It has the meters and the keys.
    let shape: ByteRanges
    /// The number of the telegram.
    var order: Int
    /// Whether they are in ``readings``.
    var isRead = false
  }

  private struct Key: Hashable {
    /// The name for Prometheus.
    let metric: String
    let meter: String
    /// Of a sub-meter on the M-Bus; some have no number.
    let channel: String
  }

  private struct Reading {
    let value: String
    let timestamp: Timestamp?
  }

  private let messages: Messages
  private var records = PredictiveCache<TelegramText>(capacity: .max)
  /// The bytes of their texts.
  private var size = 0
  private var telegramCount = 0
  private var readings: [Key: Reading] = [:]
  private var isFull = false

  /// The records of a thousand meters.
  private static let maximumSize = 1 << 20
  private static let maximumReadings = 10_000
  private static let time = "p1_reading_timestamp_seconds"

  init(_ messages: Messages) {
    self.messages = messages
  }

  /// Takes the readings of a telegram, whose records were written as lines.
  mutating func add(_ text: Span<UInt8>) {
    telegramCount += 1
    let order = telegramCount
    let isReplaced: Bool? = records.first { last in
      guard last.shape.matches(text) else { return nil }
      last.text.overwrite(with: text)
      (last.order, last.isRead) = (order, false)
      return true
    }
    guard isReplaced == nil else { return }
    if size + text.count > LastReadings.maximumSize {
      readRecords()
      records.removeAll()
      size = 0
    }
    size += text.count
    records.add(
      TelegramText(text: [UInt8](text), shape: LastReadings.shape(of: text), order: order))
  }

  private static func shape(of text: Span<UInt8>) -> ByteRanges {
    var shape = ByteRanges(text)
    var recordStart = 0
    forEachRecord(in: text) { record in
      let meter = record.range(of: .meter)
      var start = 0
      while let (_, value) = record.field(from: start) {
        if value != meter {
          shape.allowDigits(in: recordStart + value.lowerBound..<recordStart + value.upperBound)
        }
        start = value.upperBound + 1
      }
      recordStart += record.text.count + 1
    }
    return shape
  }

  private static func forEachRecord(in text: Span<UInt8>, _ body: (Record) -> Void) {
    var reader = RecordReader()
    reader.read(text) { event in
      if case .record(let record) = event { body(record) }
    }
  }

  /// Brings ``readings`` up to date.
  private mutating func readRecords() {
    var unread: [TelegramText] = []
    records.forEach { records in
      if !records.isRead { unread.append(records) }
      records.isRead = true
    }
    for records in unread.sorted(by: { $0.order < $1.order }) {
      var latest: [Key: Reading] = [:]
      LastReadings.forEachRecord(in: records.text.span) { LastReadings.add($0, to: &latest) }
      for (key, reading) in latest { add(reading, as: key) }
    }
  }

  /// Adds the numbers of a record. Of the values of the past, which a telegram may have as well, the newest counts.
  private static func add(_ record: Record, to latest: inout [Key: Reading]) {
    func text(of key: RecordKey) -> String {
      record.value(of: key).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    let (meter, channel) = (text(of: .meter), text(of: .channel))
    func set(_ metric: String, _ value: String) {
      let key = Key(metric: metric, meter: meter, channel: channel)
      if let old = latest[key]?.timestamp, let new = record.timestamp, new < old { return }
      latest[key] = Reading(value: value, timestamp: record.timestamp)
    }
    if let timestamp = record.timestamp { set(time, "\(timestamp.seconds)") }
    record.forEachField { key, value in
      guard !RecordKey.isReserved(key), DecimalText(value, ofMetric: key) != nil else { return }
      set(
        PrometheusMetric.name("p1_\(String(decoding: [UInt8](key), as: UTF8.self))"),
        String(decoding: [UInt8](value), as: UTF8.self))
    }
  }

  private mutating func add(_ reading: Reading, as key: Key) {
    guard readings[key] != nil || readings.count < LastReadings.maximumReadings else {
      if !isFull {
        messages.say(
          .warning, "standard input",
          "more than \(LastReadings.maximumReadings) readings; the metrics file has only the first \(LastReadings.maximumReadings)"
        )
      }
      isFull = true
      return
    }
    readings[key] = reading
  }

  /// One metric for each key, with a sample for each meter.
  mutating func metrics() -> [PrometheusMetric] {
    readRecords()
    return Dictionary(grouping: readings) { $0.key.metric }.sorted { $0.key < $1.key }
      .map { metric, readings in
        let samples = readings.sorted {
          ($0.key.meter, $0.key.channel) < ($1.key.meter, $1.key.channel)
        }.map { key, reading in
          let channel = key.channel.isEmpty ? [] : [("channel", key.channel)]
          return PrometheusMetric.Sample([("meter", key.meter)] + channel, reading.value)
        }
        let help =
          metric == LastReadings.time
          ? "Time of the last reading, in seconds since 1970."
          : "Last value that the meter has sent."
        return PrometheusMetric(metric, .gauge, help, samples)
      }
  }
}
