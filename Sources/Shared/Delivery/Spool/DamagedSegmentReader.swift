import Records

/// Splits the text of a segment that may be damaged into whole records, with their empty lines, and
/// everything else.
struct DamagedSegmentReader {
  enum Part: Equatable {
    case record([UInt8])
    case damaged([UInt8], reason: String)

    /// The text of a whole record; nil for a damaged part.
    var record: [UInt8]? {
      guard case .record(let text) = self else { return nil }
      return text
    }
  }

  /// The bytes since the last empty line.
  private var rest: [UInt8] = []
  private var last = UInt8(ascii: "\n")
  /// Whether `rest` continues a text that is too long for a record.
  private var isTooLong = false

  mutating func read(_ chunk: [UInt8]) -> [Part] {
    var parts: [Part] = []
    for byte in chunk {
      let isEmptyLine = byte == UInt8(ascii: "\n") && last == UInt8(ascii: "\n")
      last = byte
      // A second empty line belongs to no record.
      if isEmptyLine, rest.isEmpty, !isTooLong { continue }
      rest.append(byte)
      if isEmptyLine {
        parts.append(end())
      } else if rest.count > RecordReader.maximumRecordLength + 1 {
        // This is too long for a record, and what follows is not the beginning of one.
        parts.append(.damaged(rest, reason: "no empty line"))
        rest = []
        isTooLong = true
      }
    }
    return parts
  }

  mutating func finish() -> [Part] {
    guard !rest.isEmpty else { return [] }
    defer { rest = [] }
    return [.damaged(rest, reason: "incomplete record")]
  }

  /// The record, or the damaged part, that an empty line ends.
  private mutating func end() -> Part {
    defer {
      rest = []
      isTooLong = false
    }
    if isTooLong { return .damaged(rest, reason: "no empty line") }
    var reader = RecordReader()
    var records: [Record] = []
    var reason: String?
    reader.read(rest.span) { event in
      switch event {
      case .record(let record): records.append(record)
      case .rejected(_, let why): reason = why
      }
    }
    let text = rest.dropLast(1)
    if reason == nil, records.count == 1, records[0].text[...] == text { return .record(rest) }
    return .damaged(rest, reason: reason ?? "record changed since it was written")
  }
}
