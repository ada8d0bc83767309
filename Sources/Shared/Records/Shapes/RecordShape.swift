extension ByteRanges {
  /// The shape of a record: all of its text but the digits in its values.
  init(digitsIn record: Record) {
    self.init(record.text.span)
    var start = 0
    while let (_, value) = record.field(from: start) {
      allowDigits(in: value)
      start = value.upperBound + 1
    }
  }

  /// Whether a record of this shape and an empty line are at the beginning of `stream`.
  func matchesRecord(at stream: Span<UInt8>) -> Bool {
    count < stream.count && stream[count] == UInt8(ascii: "\n") && matchesPrefix(of: stream)
  }
}

/// The shape of a record: all of its text but the digits in its values.
///
/// A text of this shape with an empty line behind it is a record, whatever these digits are, if its
/// timestamp is a valid time.
struct RecordShape: Sendable {
  private let text: ByteRanges
  private let timestamp: Range<Int>?
  /// The number of lines, the empty one included.
  private(set) var lineCount = 1

  init(_ record: Record) {
    text = ByteRanges(digitsIn: record)
    timestamp = record.range(of: .timestamp)
    record.forEachField { _, _ in lineCount += 1 }
  }

  func isShape(of record: Record) -> Bool { text.matches(record.text.span) }

  /// The record of this shape at the beginning of `stream`, nil if anything else is there.
  func record(at stream: Span<UInt8>) -> Record? {
    guard text.matchesRecord(at: stream) else { return nil }
    let instant = timestamp.flatMap { Timestamp(stream.extracting($0)) }
    guard timestamp == nil || instant != nil else { return nil }
    return Record(checked: [UInt8](stream.extracting(..<text.count)), instant)
  }
}
