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
    return TextTable.text(of: rows + readings)
  }
}
