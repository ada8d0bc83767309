import Metrics

/// The values of the records of one period, metric by metric, in the order of their first values.
///
/// Usually all records of a period have the same keys. Then only the means are calculated for each record, and the
/// last values are those of the newest record.
struct PeriodValues {
  private struct Metric {
    let key: [UInt8]
    /// The last value, as written.
    var last: [UInt8]
    /// Of no values for a counter or a text, of which the last value is kept.
    var mean: Mean
  }

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
      if value >= greatest { greatest = value }
      count += 1
    }
  }

  /// The keys of all records until now.
  private var keys: PeriodKeys
  private var newest: [UInt8] = []
  /// The means of ``PeriodKeys/averagedIndices``.
  private var means: [Mean] = []
  /// All values, once two records had different keys; until then empty.
  private var metrics: [Metric] = []
  private(set) var timestamp: Timestamp

  /// The fewest decimals of a mean, as meters print currents without any.
  private static let places = 3

  /// The first record of a period, with its shape.
  init(_ record: Span<UInt8>, _ timestamp: Timestamp, _ shape: PeriodShape) {
    keys = shape.keys
    self.timestamp = timestamp
    begin(with: record, timestamp, shape)
  }

  /// Begins another period with its first record.
  mutating func begin(with record: Span<UInt8>, _ timestamp: Timestamp, _ shape: PeriodShape) {
    keys = shape.keys
    self.timestamp = timestamp
    newest.overwrite(with: record)
    means.removeAll(keepingCapacity: true)
    if !metrics.isEmpty { metrics = [] }
    guard keys.isUnique else { return addFields(of: record) }
    for value in shape.averagedValues {
      means.append(Mean(value.number(in: record)))
    }
  }

  /// Adds the next record.
  mutating func add(_ record: Span<UInt8>, _ timestamp: Timestamp, _ shape: PeriodShape) {
    self.timestamp = timestamp
    guard metrics.isEmpty, shape.keys === keys else {
      if metrics.isEmpty { keepLastValues() }
      return addFields(of: record)
    }
    newest.overwrite(with: record)
    var means = self.means.mutableSpan
    for (index, value) in zip(means.indices, shape.averagedValues) {
      means[index].add(value.number(in: record))
    }
  }

  /// Whether a record is the newest one.
  func isNewest(_ record: Span<UInt8>) -> Bool { record == newest && metrics.isEmpty }

  private mutating func addFields(of record: Span<UInt8>) {
    var expected = 0
    record.forEachField { key, value in
      // Most records have the same keys in the same order.
      let isNext = expected < metrics.count && key == metrics[expected].key
      let index = isNext ? expected : metrics.firstIndex { key == $0.key }
      let number = ExactDecimal(value)
      if let index {
        metrics[index].last = [UInt8](value)
        metrics[index].mean.add(number)
        expected = index + 1
      } else {
        let mean = MetricTable.isInstantaneous(key) ? Mean(number) : .none
        metrics.append(Metric(key: [UInt8](key), last: [UInt8](value), mean: mean))
        expected = metrics.count
      }
    }
  }

  /// Makes ``metrics`` of the newest record and the means, as the next record has other keys.
  private mutating func keepLastValues() {
    let means = Dictionary(uniqueKeysWithValues: zip(keys.averagedIndices, means))
    var start = 0
    while let (key, value) = newest.span.field(from: start) {
      metrics.append(
        Metric(
          key: [UInt8](newest[key]), last: [UInt8](newest[value]),
          mean: means[metrics.count] ?? .none))
      start = value.upperBound + 1
    }
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
    if metrics.isEmpty {
      forEachValue(append)
    } else {
      for metric in metrics { append(metric.key.span, metric.last.span, metric.mean) }
    }
    guard isValid, text.count < RecordReader.maximumRecordLength else { return nil }
    return Record(checked: text, timestamp)
  }

  /// Calls `body` with each key, its last value and its mean, if all records have the same keys.
  private func forEachValue(_ body: (Span<UInt8>, Span<UInt8>, Mean) -> Void) {
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

  /// The name of a minimum or maximum, with the unit at its end: `power_import_min_kw`.
  private static func name(_ key: Span<UInt8>, _ word: String) -> [UInt8] {
    let name = String(decoding: [UInt8](key), as: UTF8.self)
    let unit = MetricUnit.allCases.first { name.hasSuffix("_\($0.suffix)") }
    guard let suffix = unit.map({ "_\($0.suffix)" }) else { return "\(name)_\(word)".utf8Bytes }
    return "\(name.dropLast(suffix.count))_\(word)\(suffix)".utf8Bytes
  }
}
