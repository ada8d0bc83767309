/// The shape of a record: all of its text but the digits in its values.
///
/// A text of this shape with an empty line behind it is a record, whatever these digits are, if its
/// timestamp is a valid time.
struct RecordShape: Sendable {
  private var text: ByteRanges
  private let timestamp: Range<Int>?
  /// The number of lines, the empty one included.
  private(set) var lineCount = 1

  init(_ record: Record) {
    text = ByteRanges(record.text.span)
    timestamp = record.range(of: .timestamp)
    var start = 0
    while let (_, value) = record.field(from: start) {
      text.allowDigits(in: value)
      lineCount += 1
      start = value.upperBound + 1
    }
  }

  func isShape(of record: Record) -> Bool {
    record.text.count == text.count && text.matchesPrefix(of: record.text.span)
  }

  /// The record of this shape at the beginning of `stream`, nil if anything else is there.
  func record(at stream: Span<UInt8>) -> Record? {
    let end = text.count
    guard end < stream.count, stream[end] == UInt8(ascii: "\n"), text.matchesPrefix(of: stream)
    else {
      return nil
    }
    let instant = timestamp.flatMap { Timestamp(stream.extracting($0)) }
    guard timestamp == nil || instant != nil else { return nil }
    return Record(checked: [UInt8](stream.extracting(..<end)), instant)
  }
}
