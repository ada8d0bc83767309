import Metrics

/// Writes records as a table in CSV (RFC 4180, with line feeds): a header, then a row for each record, with an
/// empty cell where the record lacks the key of the column.
///
///     timestamp,meter,channel,power_import_kw,gas_m3
///     2026-11-23T10:00:00Z,E0043,,0.321,
///     2026-11-23T09:55:00Z,G0039,1,,3456.789
///
/// Values are text without the escapes of p1record(5), in UTF-8. A value with a comma, a quote or a line end is
/// quoted, and so is an empty one, as an empty cell means that there is no value.
public struct CSVTable {
  public let columns: [[UInt8]]
  /// Whether a column has had a value yet, in the order of ``columns``.
  public private(set) var isFilled: [Bool]
  /// The number of values left out, as their keys have no column.
  public private(set) var leftOutCount = 0

  /// The keys without a column that were reported.
  private var leftOutKeys: Set<[UInt8]> = []
  private static let maximumKeys = 1024

  /// Whether each column is that of a metric.
  private let isOfMetric: [Bool]
  /// The value of each column in the current record.
  private var cells: [Range<Int>?]

  public init(columns: [[UInt8]]) {
    self.columns = columns
    isOfMetric = columns.map { !RecordKey.isReserved($0.span) }
    isFilled = columns.map { _ in false }
    cells = columns.map { _ in nil }
  }

  /// A table with a column for each key of some records: those that a record begins with, then the others as
  /// they occur.
  public init(columnsOf records: [Record]) {
    var columns: [[UInt8]] = []
    for record in records {
      record.forEachField { key, _ in
        if !columns.contains(where: { key == $0 }) { columns.append([UInt8](key)) }
      }
    }
    let reserved = RecordKey.allCases.map { [UInt8]($0.rawValue.utf8) }
    self.init(
      columns: reserved.filter(columns.contains) + columns.filter { !reserved.contains($0) })
  }

  /// Appends the line with the names of the columns.
  public func appendHeader(to output: inout [UInt8]) {
    for (index, column) in columns.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output += column
    }
    output.append(UInt8(ascii: "\n"))
  }

  /// Appends the row of a record, if it has a metric with a column.
  ///
  /// - Parameter report: called with each key that has no column, once.
  /// - Returns: whether there is a row.
  public mutating func append(
    _ record: Record, to output: inout [UInt8], _ report: (_ key: [UInt8]) -> Void
  ) -> Bool {
    for index in cells.indices { cells[index] = nil }
    var hasMetric = !isOfMetric.contains(true)
    var expected = 0
    var start = 0
    while let (key, value) = record.field(from: start) {
      start = value.upperBound + 1
      let name = record.text.span.extracting(key)
      // Most records have their keys in the order of the columns.
      let isNext = expected < columns.count && name == columns[expected]
      guard let column = isNext ? expected : columns.firstIndex(where: { name == $0 }) else {
        leaveOut(name, report)
        continue
      }
      expected = column + 1
      hasMetric = hasMetric || isOfMetric[column]
      cells[column] = value
    }
    guard hasMetric else { return false }
    for (index, cell) in cells.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      guard let cell else { continue }
      isFilled[index] = true
      CSVTable.append(record.text.span.extracting(cell), to: &output)
    }
    output.append(UInt8(ascii: "\n"))
    return true
  }

  private mutating func leaveOut(_ key: Span<UInt8>, _ report: ([UInt8]) -> Void) {
    guard !RecordKey.isReserved(key) else { return }
    leftOutCount += 1
    let key = [UInt8](key)
    guard leftOutKeys.count < CSVTable.maximumKeys, leftOutKeys.insert(key).inserted else { return }
    report(key)
  }

  /// Appends a value as written in a record.
  private static func append(_ value: Span<UInt8>, to output: inout [UInt8]) {
    let isPlain =
      value.count > 0
      && value.indices.allSatisfy {
        switch value[$0] {
        case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x80...: false
        default: true
        }
      }
    if isPlain { return output.append(contentsOf: value) }
    let text = String(decoding: Escape.decode(value), as: UTF8.self).utf8
    let isQuoted = text.isEmpty || text.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
    if isQuoted { output.append(UInt8(ascii: "\"")) }
    for byte in text {
      if byte == UInt8(ascii: "\"") { output.append(byte) }
      output.append(byte)
    }
    if isQuoted { output.append(UInt8(ascii: "\"")) }
  }
}
