/// Records as the text they are written in, one after the other.
public struct RecordWriter: Sendable {
  public private(set) var text: [UInt8] = []

  public init() {}

  /// Adds a record, its reserved keys first, then the empty line that ends it.
  ///
  /// - Parameters:
  ///   - timestamp: its instant, where it is known.
  ///   - meter: the number of the meter, where it has one.
  ///   - fields: all else.
  public mutating func add(timestamp: Timestamp?, meter: [UInt8]?, _ fields: Fields) {
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
    text.append(UInt8(ascii: "\n"))
  }

  /// Forgets the records, keeping the room they took.
  public mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
  }
}
