/// Writes records one after the other into ``text``.
public struct RecordWriter: Sendable {
  /// The offsets of the values of a record in ``RecordWriter/text``.
  public struct Position: Sendable {
    /// The offset of the record's lines, as they would be without JSON.
    fileprivate let start: Int
    /// The number of bytes of the lines with reserved keys.
    fileprivate let reservedCount: Int
    /// The offset of each value in the lines, and in the JSON; empty if the lines were written.
    fileprivate var moves: [(source: Int, target: Int)] = []

    /// The offset of the timestamp's text. The record must have a timestamp.
    public var timestamp: Int { target(of: RecordWriter.timestamp.utf8.count) }

    /// The offset of what is in a value at `offset` of ``RecordFields/text``.
    public func field(_ offset: Int) -> Int { target(of: reservedCount + offset) }

    private func target(of source: Int) -> Int {
      guard let move = moves.last(where: { $0.source <= source }) else { return start + source }
      return move.target + source - move.source
    }
  }

  private static let timestamp = "\(RecordKey.timestamp.rawValue)="
  private static let meter = "\(RecordKey.meter.rawValue)="

  public private(set) var text: [UInt8] = []
  /// How many records were added.
  public private(set) var count = 0
  private let format: RecordFormat

  public init(_ format: RecordFormat = .lines) {
    self.format = format
  }

  /// Adds a record: its reserved keys, `fields`, and what ends it.
  @discardableResult
  public mutating func add(timestamp: Timestamp?, meter: [UInt8]?, _ fields: RecordFields)
    -> Position
  {
    let start = text.count
    count += 1
    if let timestamp {
      text.append(contentsOf: RecordWriter.timestamp.utf8)
      text.append(timestamp)
      text.append(UInt8(ascii: "\n"))
    }
    if let meter, !meter.isEmpty {
      text.append(contentsOf: RecordWriter.meter.utf8)
      Escape.append(meter.span, to: &text)
      text.append(UInt8(ascii: "\n"))
    }
    var position = Position(start: start, reservedCount: text.count - start)
    text.append(contentsOf: fields.text)
    switch format {
    case .lines:
      text.append(UInt8(ascii: "\n"))
    case .json:
      let record = Record(checked: [UInt8](text.span.extracting(start...)), timestamp)
      text.removeSubrange(start...)
      record.appendJSON(to: &text) { position.moves.append(($0, $1)) }
    }
    return position
  }

  /// Adds `count` records that are written already.
  public mutating func add(written records: [UInt8], count: Int) {
    text.append(contentsOf: records)
    self.count += count
  }

  /// Removes all but the first `count` bytes; the memory stays allocated.
  public mutating func removeAll(after count: Int = 0) {
    text.removeSubrange(count...)
  }
}

/// The form in which records are written.
public enum RecordFormat: String, CaseIterable, Sendable {
  /// Lines `key=value` with an empty line after each record: p1record(5).
  case lines
  /// One JSON object per line.
  case json
}
