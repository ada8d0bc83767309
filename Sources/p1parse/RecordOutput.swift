import CommandLine
import Records

/// The records on their way from the parser to standard output. Lines and JSON of single telegrams are written by
/// the parser itself; what takes more than one telegram, periods and tables, goes through ``FormattedRecords``.
struct RecordOutput {
  /// What the parser writes to.
  var writer: RecordWriter
  private var summary: Summary?
  /// Nil if the parser writes the output.
  private let formatted: FormattedRecords?
  private var reader = RecordReader()
  private var telegramCount = 0

  /// The columns of a table are those of the records of this many telegrams, as not every telegram has all records.
  private static let telegramsForColumns = 10

  /// - Parameters:
  ///   - columns: the columns of a table; nil for those of the first records.
  ///   - needsLines: whether the parser has to write lines, as others read them, too.
  init(
    _ format: OutputFormat, _ summary: Summary?, columns: [[UInt8]]?, needsLines: Bool,
    _ messages: Messages
  ) {
    self.summary = summary
    if format == .csv || summary != nil || needsLines && format == .json {
      formatted = FormattedRecords(format, columns: columns, messages)
      writer = RecordWriter()
    } else {
      formatted = nil
      writer = RecordWriter(format == .json ? .json : .lines)
    }
  }

  /// What to write now.
  var text: [UInt8] { formatted?.text ?? writer.text }

  /// How many records there were so far.
  var count: Int { formatted?.count ?? writer.count }

  /// Removes the text that was written.
  mutating func removeText() {
    if let formatted { formatted.removeText() } else { writer.removeAll() }
  }

  /// Takes the records of a telegram from ``writer``.
  ///
  /// - Parameter shape: the telegram's ``TelegramParser/knownShape``.
  mutating func endTelegram(ofShape shape: Int?) {
    guard let formatted else { return }
    // The writer is moved out meanwhile, as its text is read while the summary changes.
    var writer = RecordWriter()
    swap(&writer, &self.writer)
    if summary != nil {
      summary?.add(written: writer.text.span, ofShape: shape) { formatted.add($0) }
    } else {
      reader.read(writer.text.span) { event in
        if case .record(let record) = event { formatted.add(record) }
      }
    }
    writer.removeAll()
    swap(&writer, &self.writer)
    telegramCount += 1
    if telegramCount == RecordOutput.telegramsForColumns { beginTable() }
  }

  /// Ends the periods at the end of the input.
  mutating func finish() {
    guard let formatted else { return }
    beginTable()
    summary?.finish { formatted.add($0) }
    formatted.reportColumns()
  }

  /// Makes the columns those of all records that there would be if the input ended here.
  private func beginTable() {
    var records: [Record] = []
    var summary = summary
    summary?.finish { records.append($0) }
    formatted?.beginTable(with: records)
  }
}

/// How p1parse writes records.
enum OutputFormat: String, CaseIterable {
  /// Lines `key=value` with an empty line after each record: p1record(5).
  case lines
  /// One JSON object per line.
  case json
  /// A table: ``CSVTable``.
  case csv
}

/// Complete records as text. A class, because ``Summary`` calls it while ``RecordOutput`` is being changed.
private final class FormattedRecords {
  private(set) var text: [UInt8] = []
  private(set) var count = 0
  private let format: OutputFormat
  private let hasChosenColumns: Bool
  private var table: CSVTable?
  /// The records before the columns are known.
  private var held: [Record] = []
  private let messages: Messages

  init(_ format: OutputFormat, columns: [[UInt8]]?, _ messages: Messages) {
    self.format = format
    self.messages = messages
    hasChosenColumns = columns != nil
    table = columns.map { CSVTable(columns: $0) }
    table?.appendHeader(to: &text)
  }

  func add(_ record: Record) {
    switch format {
    case .lines:
      text += record.text
      text.append(UInt8(ascii: "\n"))
    case .json: record.appendJSON(to: &text)
    case .csv:
      guard table != nil else { return held.append(record) }
      let isWritten =
        table?.append(record, to: &text) { key in
          guard !hasChosenColumns else { return }
          let name = String(decoding: key, as: UTF8.self)
          messages.say(
            .warning, "standard output",
            "\(name) first occurs after the first telegrams, so it has no column; name it in --columns"
          )
        } ?? false
      if !isWritten { return }
    }
    count += 1
  }

  /// Begins the table, unless it has begun.
  ///
  /// - Parameter records: more records whose keys become columns.
  func beginTable(with records: [Record]) {
    guard format == .csv, table == nil, !(held.isEmpty && records.isEmpty) else { return }
    table = CSVTable(columnsOf: held + records)
    table?.appendHeader(to: &text)
    for record in held { add(record) }
    held = []
  }

  /// Logs at the end what the table lacks.
  func reportColumns() {
    guard let table else { return }
    if !hasChosenColumns, table.leftOutCount > 0 {
      messages.say(
        .warning, "standard output",
        "\(counted(table.leftOutCount, "value")) left out: no column; name the columns in --columns"
      )
    }
    for (column, isFilled) in zip(table.columns, table.isFilled)
    where hasChosenColumns && !isFilled && !RecordKey.isReserved(column.span) {
      let name = String(decoding: column, as: UTF8.self)
      messages.say(
        .notice, "standard output",
        "no record has a value for the column \(name); p1parse --list prints the names")
    }
  }

  func removeText() { text.removeAll(keepingCapacity: true) }
}
