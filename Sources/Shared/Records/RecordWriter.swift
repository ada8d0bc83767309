/// Records as the text they are written in, one after the other.
public struct RecordWriter: Sendable {
  /// Where the values of a record stand in ``RecordWriter/text``.
  public struct Place: Sendable {
    /// Where the record's lines begin, or would.
    fileprivate let start: Int
    /// How many bytes of them are the reserved keys.
    fileprivate let reservedCount: Int
    /// Where each value stands in them, and where it was written; none for lines as they are.
    fileprivate var moves: [(source: Int, target: Int)] = []

    /// Where the text of the record's instant begins, which it has to have.
    public var timestamp: Int { target(of: RecordWriter.timestamp.utf8.count) }

    /// Where something in a value begins that is at `offset` of ``Fields/text``.
    public func field(_ offset: Int) -> Int { target(of: reservedCount + offset) }

    private func target(of source: Int) -> Int {
      guard let move = moves.last(where: { $0.source <= source }) else { return start + source }
      return move.target + source - move.source
    }
  }

  private static let timestamp = "\(RecordKey.timestamp.rawValue)="
  private static let meter = "\(RecordKey.meter.rawValue)="

  public private(set) var text: [UInt8] = []
  /// How many records were added since the beginning.
  public private(set) var count = 0
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
  /// - Returns: where it stands.
  @discardableResult
  public mutating func add(timestamp: Timestamp?, meter: [UInt8]?, _ fields: Fields) -> Place {
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
    var place = Place(start: start, reservedCount: text.count - start)
    text.append(contentsOf: fields.text)
    switch format {
    case .lines:
      text.append(UInt8(ascii: "\n"))
    case .json:
      let record = Record(checked: [UInt8](text.span.extracting(start...)), timestamp)
      text.removeSubrange(start...)
      record.appendJSON(to: &text) { place.moves.append(($0, $1)) }
    }
    return place
  }

  /// Adds so many records that were written before.
  public mutating func add(written records: [UInt8], count: Int) {
    text.append(contentsOf: records)
    self.count += count
  }

  /// Forgets the records behind the first `count` bytes, keeping the room they took.
  public mutating func removeAll(after count: Int = 0) {
    text.removeSubrange(count...)
  }
}
