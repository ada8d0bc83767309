/// Records as the text they are written in, one after the other.
public struct RecordWriter: Sendable {
  public private(set) var text: [UInt8] = []
  private let format: RecordFormat

  public init(_ format: RecordFormat = .lines) {
    self.format = format
  }

  /// Adds a record, its reserved keys first, then what ends it.
  ///
  /// - Parameters:
  ///   - timestamp: its instant, where it is known.
  ///   - meter: the number of the meter, where it has one.
  ///   - fields: all else.
  public mutating func add(timestamp: Timestamp?, meter: [UInt8]?, _ fields: Fields) {
    let start = text.count
    if let timestamp {
      text.append(contentsOf: "timestamp=".utf8)
      text.append(timestamp)
      text.append(UInt8(ascii: "\n"))
    }
    if let meter, !meter.isEmpty {
      text.append(contentsOf: "meter=".utf8)
      Escape.append(meter.span, to: &text)
      text.append(UInt8(ascii: "\n"))
    }
    text.append(contentsOf: fields.text)
    switch format {
    case .lines:
      text.append(UInt8(ascii: "\n"))
    case .json:
      let record = Record(checked: [UInt8](text.span.extracting(start...)))
      text.removeSubrange(start...)
      record.appendJSON(to: &text)
    }
  }

  /// Forgets the records behind the first `count` bytes, keeping the room they took.
  public mutating func removeAll(after count: Int = 0) {
    text.removeSubrange(count...)
  }
}
