import Metrics

/// The values of the records of one period, metric by metric, in the order of their first values.
struct PeriodValues {
  private struct Metric {
    let key: [UInt8]
    /// The last value, as written.
    var last: [UInt8]
    /// Nil for a counter or a text, of which the last value is kept.
    var mean: Mean?
  }

  private struct Mean {
    var sum: ExactDecimal
    var least: ExactDecimal
    var greatest: ExactDecimal
    var count = 1

    init(_ value: ExactDecimal) { (sum, least, greatest) = (value, value, value) }

    /// Nil if the sum has too many digits.
    func adding(_ value: ExactDecimal) -> Mean? {
      guard let sum = sum.adding(value) else { return nil }
      var mean = self
      mean.sum = sum
      mean.least = min(least, value)
      mean.greatest = max(greatest, value)
      mean.count += 1
      return mean
    }
  }

  private var metrics: [Metric] = []

  /// The fewest decimals of a mean, as meters print currents without any.
  private static let places = 3

  init(_ record: Record) { add(record) }

  mutating func add(_ record: Record) {
    var expected = 0
    record.forEachField { key, value in
      // Most records have the same keys in the same order.
      let isNext = expected < metrics.count && key == metrics[expected].key
      let index = isNext ? expected : metrics.firstIndex { key == $0.key }
      let number = ExactDecimal(value)
      if let index {
        metrics[index].last = [UInt8](value)
        metrics[index].mean = number.flatMap { metrics[index].mean?.adding($0) }
        expected = index + 1
      } else {
        let isMean = number != nil && MetricTable.isInstantaneous(key)
        metrics.append(
          Metric(
            key: [UInt8](key), last: [UInt8](value), mean: isMean ? number.map(Mean.init) : nil))
        expected = metrics.count
      }
    }
  }

  /// The lines of the record of the period, with the minimum and the maximum behind each mean if
  /// `withExtremes`.
  func text(withExtremes: Bool) -> [UInt8] {
    var text: [UInt8] = []
    for metric in metrics {
      guard let mean = metric.mean else {
        PeriodValues.append(metric.key, metric.last, to: &text)
        continue
      }
      let value =
        mean.count == 1
        ? metric.last
        : mean.sum.divided(by: mean.count, places: PeriodValues.places).description.utf8Bytes
      PeriodValues.append(metric.key, value, to: &text)
      guard withExtremes else { continue }
      for (word, extreme) in [("min", mean.least), ("max", mean.greatest)] {
        PeriodValues.append(
          PeriodValues.name(metric.key, word), extreme.description.utf8Bytes, to: &text)
      }
    }
    return text
  }

  /// The name of a minimum or maximum, with the unit at its end: `power_import_min_kw`.
  private static func name(_ key: [UInt8], _ word: String) -> [UInt8] {
    let name = String(decoding: key, as: UTF8.self)
    let unit = MetricUnit.allCases.first { name.hasSuffix("_\($0.suffix)") }
    guard let suffix = unit.map({ "_\($0.suffix)" }) else { return "\(name)_\(word)".utf8Bytes }
    return "\(name.dropLast(suffix.count))_\(word)\(suffix)".utf8Bytes
  }

  private static func append(_ key: [UInt8], _ value: [UInt8], to text: inout [UInt8]) {
    text += key
    text.append(UInt8(ascii: "="))
    text += value
    text.append(UInt8(ascii: "\n"))
  }
}
