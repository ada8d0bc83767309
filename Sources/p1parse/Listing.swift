import Metrics
import Telegrams

/// The tables that p1parse prints instead of records.
enum Listing {
  /// `--list`: name, unit, OBIS code and description of each metric.
  static var metrics: String {
    let rows = (MetricTable.main + MetricTable.submeter).filter { !$0.isSubmeterReading }.map {
      [$0.name, $0.symbol ?? "-", $0.codeText, $0.description]
    }
    let readings = SubmeterReading.allCases.flatMap { reading in
      MetricTable.submeter.filter { $0.isSubmeterReading && $0.canBe(reading) }.map {
        [reading.name, reading.unit.symbol, $0.codeText, reading.description]
      }
    }
    return text(of: rows + readings)
  }

  /// `--list-specs`: name, specification and description of each version of the P1 port.
  static func versions(_ files: [SpecificationSearchPath.LoadedFile]) -> String {
    let pathForAll = files.first { $0.version == nil }?.path
    let paths = Dictionary(files.map { ($0.version, $0.path) }) { first, _ in first }
    var rows = KnownVersion.all.map {
      [$0.name, pathForAll ?? paths[$0.name] ?? "built-in", $0.description]
    }
    rows += files.filter { $0.version.flatMap(KnownVersion.init(named:)) == nil }.map {
      [$0.version ?? "any other", $0.path, "-"]
    }
    return text(of: rows)
  }

  /// Rows in columns two spaces apart, each as wide as its longest text; the last one is not padded.
  private static func text(of rows: [[String]]) -> String {
    let columnCount = rows.first?.count ?? 0
    let widths = (0..<columnCount).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count) + "  " }
        .joined() + (row.last ?? "") + "\n"
    }.joined()
  }
}
