/// What was measured at one instant: keys and their values, as lines of text.
///
/// The text is what the stream holds of it (p1record(5)): `key=value` lines, each ended by a line
/// feed, every key well formed, and a `timestamp`, where there is one, an RFC 3339 time.
public struct Record: Hashable, Sendable {
  public let text: [UInt8]
  /// The instant of the record, nil where it does not say.
  public let timestamp: Timestamp?

  /// Lines that ``RecordReader`` has checked, with the instant that they say.
  init(checked text: [UInt8], _ timestamp: Timestamp?) {
    self.text = text
    self.timestamp = timestamp
  }

  /// The record that a text has, without the empty line that ends it; nil where it is anything else.
  public init?(_ text: [UInt8]) {
    var reader = RecordReader()
    var found: [Record] = []
    var isAll = true
    let handle = { (event: RecordReader.Event) in
      if case .record(let record) = event { found.append(record) } else { isAll = false }
    }
    reader.read(text.span, handle)
    reader.finish(handle)
    guard isAll, found.count == 1 else { return nil }
    self = found[0]
  }

  /// Where the field whose line begins at `start` has its key and its value, as written; nil at the
  /// end of the text.
  public func field(from start: Int) -> (key: Range<Int>, value: Range<Int>)? {
    let span = text.span
    guard let equals = span.firstIndex(of: UInt8(ascii: "="), from: start),
      let end = span.firstIndex(of: UInt8(ascii: "\n"), from: equals)
    else {
      return nil
    }
    return (start..<equals, equals + 1..<end)
  }

  /// Calls `body` with each key and its value, as written, in order.
  public func forEachField<Failure>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let span = text.span
    var start = 0
    while let (key, value) = field(from: start) {
      try body(span.extracting(key), span.extracting(value))
      start = value.upperBound + 1
    }
  }

  /// Where the value of the first field called `key` stands; nil where the record has none.
  public func range(of key: RecordKey) -> Range<Int>? {
    var start = 0
    while let (name, value) = field(from: start) {
      if key.matches(text.span.extracting(name)) { return value }
      start = value.upperBound + 1
    }
    return nil
  }

  /// The value of the first field called `key`, as written; nil where the record has none.
  public func value(of key: RecordKey) -> [UInt8]? {
    range(of: key).map { [UInt8](text[$0]) }
  }

  /// The same record with an instant, which it did not have.
  public func stamped(_ timestamp: Timestamp) -> Record {
    var stamped = [UInt8]("\(RecordKey.timestamp.rawValue)=\(timestamp)\n".utf8)
    stamped.append(contentsOf: text)
    return Record(checked: stamped, timestamp)
  }

  /// The record as two of the same instant and meter, each with half of the other fields; nil where
  /// there is only one of them.
  public func halved() -> (Record, Record)? {
    var identity: [UInt8] = []
    var lines: [Range<Int>] = []
    var start = 0
    while let (key, value) = field(from: start) {
      let line = start..<(value.upperBound + 1)
      if RecordKey.isReserved(text.span.extracting(key)) {
        identity += text[line]
      } else {
        lines.append(line)
      }
      start = line.upperBound
    }
    guard lines.count > 1 else { return nil }
    func half(_ lines: ArraySlice<Range<Int>>) -> Record {
      Record(checked: lines.reduce(into: identity) { $0 += text[$1] }, timestamp)
    }
    let middle = lines.count / 2
    return (half(lines[..<middle]), half(lines[middle...]))
  }
}
