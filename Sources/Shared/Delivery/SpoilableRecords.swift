import Records

/// The text of a segment that a disk may have spoilt, taken apart: the records that are whole, with
/// their empty lines, and all else.
struct SpoilableRecords {
  enum Part: Equatable {
    case record([UInt8])
    case spoilt([UInt8], reason: String)

    /// The text of a record.
    var record: [UInt8]? {
      guard case .record(let text) = self else { return nil }
      return text
    }
  }

  /// What came since the last empty line.
  private var rest: [UInt8] = []
  private var last = UInt8(ascii: "\n")
  /// Whether that is the rest of what is too long.
  private var isTooLong = false

  mutating func read(_ piece: [UInt8]) -> [Part] {
    var parts: [Part] = []
    for byte in piece {
      let isEmptyLine = byte == UInt8(ascii: "\n") && last == UInt8(ascii: "\n")
      last = byte
      // One more than a record needs belongs to none.
      if isEmptyLine, rest.isEmpty, !isTooLong { continue }
      rest.append(byte)
      if isEmptyLine {
        parts.append(end())
      } else if rest.count > RecordReader.maximumRecordLength + 1 {
        // No record is so long, nor is what follows the beginning of one.
        parts.append(.spoilt(rest, reason: "no empty line"))
        rest = []
        isTooLong = true
      }
    }
    return parts
  }

  mutating func finish() -> [Part] {
    guard !rest.isEmpty else { return [] }
    defer { rest = [] }
    return [.spoilt(rest, reason: "a record that is not whole")]
  }

  /// An empty line ends a record, if there is one.
  private mutating func end() -> Part {
    defer {
      rest = []
      isTooLong = false
    }
    if isTooLong { return .spoilt(rest, reason: "no empty line") }
    var reader = RecordReader()
    var records: [Record] = []
    var reason: String?
    reader.read(rest.span) { event in
      switch event {
      case .record(let record): records.append(record)
      case .refused(_, let why): reason = why
      }
    }
    let text = rest.dropLast(1)
    if reason == nil, records.count == 1, records[0].text[...] == text { return .record(rest) }
    return .spoilt(rest, reason: reason ?? "a record that is not as it was written")
  }
}
