import Metrics

/// The values of the records of one period, metric by metric, in the order of their first values.
///
/// Of the records with the same keys, only the newest one and the means are kept; usually these are all records.
struct PeriodValues {
  private struct Mean {
    var sum: ExactDecimal
    var least: ExactDecimal
    var greatest: ExactDecimal
    /// The number of values; 0 if there is no mean.
    var count: Int

    static let none = Mean(nil)

    /// - Parameter value: the first value; nil if it is no number.
    init(_ value: ExactDecimal?) {
      let first = value ?? .zero
      (sum, least, greatest, count) = (first, first, first, value == nil ? 0 : 1)
    }

    /// Adds a value. There is no mean of a metric with a value that is no number, or if the sum has too many digits.
    mutating func add(_ value: ExactDecimal?) {
      guard count > 0 else { return }
      guard let value, let sum = sum.adding(value) else {
        count = 0
        return
      }
      self.sum = sum
      if value < least { least = value }
      if greatest < value { greatest = value }
      count += 1
    }

    /// Adds the values of another mean.
    mutating func add(_ other: Mean) {
      guard count > 0, other.count > 0, let sum = sum.adding(other.sum) else {
        count = 0
        return
      }
      self.sum = sum
      least = min(least, other.least)
      greatest = max(greatest, other.greatest)
      count += other.count
    }
  }

  /// The records with the same keys.
  private struct Part {
    let keys: PeriodKeys
    var newest: [UInt8]
    /// The number of ``newest`` in the period.
    var number: Int
    /// The means of ``PeriodKeys/averagedIndices``.
    var means: [Mean]

    init(_ record: Span<UInt8>, number: Int, _ shape: PeriodShape) {
      keys = shape.keys
      newest = [UInt8](record)
      self.number = number
      means = shape.averagedValues.map { Mean($0.number(in: record)) }
    }

    mutating func add(_ record: Span<UInt8>, number: Int, _ shape: PeriodShape) {
      newest.overwrite(with: record)
      self.number = number
      var means = self.means.mutableSpan
      for (index, value) in zip(means.indices, shape.averagedValues) {
        means[index].add(value.number(in: record))
      }
    }

    /// Calls `body` with each key, its last value and its mean.
    func forEachValue(_ body: (Span<UInt8>, Span<UInt8>, Mean) -> Void) {
      let newest = newest.span
      var (start, index, next) = (0, 0, 0)
      while let (key, value) = newest.field(from: start) {
        let isAveraged = next < keys.averagedIndices.count && keys.averagedIndices[next] == index
        body(newest.extracting(key), newest.extracting(value), isAveraged ? means[next] : .none)
        next += isAveraged ? 1 : 0
        index += 1
        start = value.upperBound + 1
      }
    }
  }

  /// The values of one key in several parts.
  private struct Metric {
    let key: [UInt8]
    /// The last value, as written.
    var last: [UInt8]
    /// The number of its record in the period.
    var number: Int
    /// Of no values for a counter or a text, of which the last value is kept.
    var mean: Mean
  }

  /// In the order of their first records.
  private var parts: [Part]
  /// The index of the part of the newest record.
  private var current = 0
  /// The values of parts that were joined, as there were too many.
  private var metrics: [Metric] = []
  private var recordCount = 1
  private(set) var timestamp: Timestamp

  /// The fewest decimals of a mean, as meters print currents without any.
  private static let places = 3
  private static let maximumParts = 16

  /// A period with its first record.
  init(_ record: Span<UInt8>, _ timestamp: Timestamp, _ shape: PeriodShape) {
    self.timestamp = timestamp
    parts = [Part(record, number: 1, shape)]
  }

  /// Adds the next record.
  mutating func add(_ record: Span<UInt8>, _ timestamp: Timestamp, _ shape: PeriodShape) {
    self.timestamp = timestamp
    recordCount += 1
    if parts[current].keys !== shape.keys {
      if parts.count == PeriodValues.maximumParts {
        metrics = joined()
        parts = []
      }
      current = parts.firstIndex { $0.keys === shape.keys } ?? parts.count
      if current == parts.count {
        return parts.append(Part(record, number: recordCount, shape))
      }
    }
    parts[current].add(record, number: recordCount, shape)
  }

  /// Whether a record is the newest one.
  func isNewest(_ record: Span<UInt8>) -> Bool { record == parts[current].newest }

  /// The values of all parts.
  private func joined() -> [Metric] {
    var metrics = metrics
    for part in parts {
      var expected = 0
      part.forEachValue { key, value, mean in
        // Most records have the same keys in the same order.
        let isNext = expected < metrics.count && key == metrics[expected].key
        let index = isNext ? expected : metrics.firstIndex { key == $0.key } ?? metrics.count
        expected = index + 1
        guard index < metrics.count else {
          let last = [UInt8](value)
          metrics.append(
            Metric(key: [UInt8](key), last: last, number: part.number, mean: mean))
          return
        }
        metrics[index].mean.add(mean)
        guard part.number >= metrics[index].number else { return }
        metrics[index].last = [UInt8](value)
        metrics[index].number = part.number
      }
    }
    return metrics
  }

  /// The record of the period, with the minimum and the maximum behind each mean if `withExtremes`; nil if it, or a
  /// key, is too long.
  func record(withExtremes: Bool) -> Record? {
    var text: [UInt8] = []
    var isValid = true
    func append(_ key: Span<UInt8>, _ value: Span<UInt8>, _ mean: Mean) {
      text.append(contentsOf: key)
      text.append(UInt8(ascii: "="))
      if mean.count > 1 {
        mean.sum.divided(by: mean.count, places: PeriodValues.places).append(to: &text)
      } else {
        text.append(contentsOf: value)
      }
      text.append(UInt8(ascii: "\n"))
      guard withExtremes, mean.count > 0 else { return }
      for (word, extreme) in [("min", mean.least), ("max", mean.greatest)] {
        let name = PeriodValues.name(key, word)
        isValid = isValid && name.count <= RecordKey.maximumLength
        text += name
        text.append(UInt8(ascii: "="))
        extreme.append(to: &text)
        text.append(UInt8(ascii: "\n"))
      }
    }
    if parts.count == 1, metrics.isEmpty, parts[0].keys.isUnique {
      parts[0].forEachValue(append)
    } else {
      for metric in joined() { append(metric.key.span, metric.last.span, metric.mean) }
    }
    guard isValid, text.count < RecordReader.maximumRecordLength else { return nil }
    return Record(checked: text, timestamp)
  }

  /// The name of a minimum or maximum, with the unit at its end: `power_import_min_kw`.
  private static func name(_ key: Span<UInt8>, _ word: String) -> [UInt8] {
    let name = String(decoding: [UInt8](key), as: UTF8.self)
    let unit = MetricUnit.allCases.first { name.hasSuffix("_\($0.suffix)") }
    guard let suffix = unit.map({ "_\($0.suffix)" }) else { return "\(name)_\(word)".utf8Bytes }
    return "\(name.dropLast(suffix.count))_\(word)\(suffix)".utf8Bytes
  }
}
