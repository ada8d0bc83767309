import Metrics

/// The table of metrics as text: name, unit, OBIS code and description of each, in columns.
enum MetricList {
  /// A line each.
  static var text: String {
    let rows = (MetricTable.main + MetricTable.submeter).filter { !$0.isSubmeterReading }.map {
      [$0.name, $0.symbol ?? "-", $0.codeText, $0.description]
    }
    let readings = SubmeterReading.allCases.flatMap { reading in
      MetricTable.submeter.filter { $0.isSubmeterReading && $0.canBe(reading) }.map {
        [reading.name, reading.unit.symbol, $0.codeText, reading.description]
      }
    }
    let all = rows + readings
    let widths = (0..<3).map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ") + "  \(row[3])\n"
    }.joined()
  }
}
