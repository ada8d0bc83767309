import Metrics

/// The table of metrics as text: name, unit, OBIS code and description of each, in columns.
enum MetricList {
  /// A line each.
  static var text: String {
    let rows = (MetricTable.main + MetricTable.submeter).filter { !$0.isSubmeterReading }.map {
      [$0.name, $0.unit?.symbol ?? "-", code(of: $0), $0.description]
    }
    let readings = SubmeterReading.allCases.flatMap { reading in
      MetricTable.submeter.filter { $0.isSubmeterReading && $0.canBe(reading) }.map {
        [reading.name, reading.unit.symbol, code(of: $0), reading.description]
      }
    }
    let all = rows + readings
    let widths = (0..<3).map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ") + "  \(row[3])\n"
    }.joined()
  }

  /// `0-n:24.2.1` for what any channel may have.
  static func code(of metric: Metric) -> String {
    let code = metric.code.description
    return metric.isOfSubmeter && metric.code.medium == 0 ? "0-n" + code.dropFirst(3) : code
  }
}
