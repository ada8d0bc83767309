/// Records as the text they are written in, one after the other.
public struct RecordWriter: Sendable {
  /// Where the parts of a record that may change begin in ``RecordWriter/text``.
  public struct Place: Sendable {
    /// The text of its instant, where it has one.
    public let timestamp: Int?
    /// Its fields.
    public let fields: Int
  }

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
  /// - Returns: where it stands; nil in a format in which its parts stand otherwise.
  @discardableResult
  public mutating func add(timestamp: Timestamp?, meter: [UInt8]?, _ fields: Fields) -> Place? {
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
    let place = Place(
      timestamp: timestamp.map { _ in start + "timestamp=".utf8.count }, fields: text.count)
    text.append(contentsOf: fields.text)
    switch format {
    case .lines:
      text.append(UInt8(ascii: "\n"))
      return place
    case .json:
      let record = Record(checked: [UInt8](text.span.extracting(start...)))
      text.removeSubrange(start...)
      record.appendJSON(to: &text)
      return nil
    }
  }

  /// Adds records that were written before.
  public mutating func add(written records: [UInt8]) {
    text.append(contentsOf: records)
  }

  /// Forgets the records behind the first `count` bytes, keeping the room they took.
  public mutating func removeAll(after count: Int = 0) {
    text.removeSubrange(count...)
  }
}
