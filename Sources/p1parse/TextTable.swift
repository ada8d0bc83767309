/// Rows of text in columns, a line each.
enum TextTable {
  /// The columns are as wide as they need to be, two spaces apart; the last one has no width.
  static func text(of rows: [[String]]) -> String {
    let columnCount = rows.first?.count ?? 0
    let widths = (0..<columnCount).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count) + "  " }
        .joined() + (row.last ?? "") + "\n"
    }.joined()
  }
}
