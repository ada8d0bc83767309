/// What a record has in common with those that follow it: everything but the digits in its values.
///
/// A text of this shape with an empty line behind it is a record whatever these digits are, as long
/// as its timestamp is a time.
struct RecordShape: Sendable {
  private var text: TextShape
  private let timestamp: Range<Int>?
  /// The lines, the empty one included.
  private(set) var lineCount = 1

  /// The shape of a record.
  init(_ record: Record) {
    text = TextShape(record.text.span)
    timestamp = record.range(of: .timestamp)
    var start = 0
    while let (_, value) = record.field(from: start) {
      text.allowDigits(in: value)
      lineCount += 1
      start = value.upperBound + 1
    }
  }

  /// Whether a record has this shape.
  func isShape(of record: Record) -> Bool {
    record.text.count == text.count && text.begins(record.text.span)
  }

  /// The record of this shape that `stream` begins with, nil where it begins with anything else.
  func record(at stream: Span<UInt8>) -> Record? {
    let end = text.count
    guard end < stream.count, stream[end] == UInt8(ascii: "\n"), text.begins(stream) else {
      return nil
    }
    let instant = timestamp.flatMap { Timestamp(stream.extracting($0)) }
    guard timestamp == nil || instant != nil else { return nil }
    return Record(checked: [UInt8](stream.extracting(..<end)), instant)
  }
}
