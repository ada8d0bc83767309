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
    var count = 0
    forEachField { key, _ in count += RecordKey.isReserved(key) ? 0 : 1 }
    guard count > 1 else { return nil }
    var index = 0
    return divided { _ in
      index += 1
      return index <= count / 2
    }
  }

  /// The record as two of the same instant and meter, either of which may have no other fields.
  ///
  /// - Parameter isFirst: whether a field, by its key, goes into the first one.
  /// - Returns: both.
  public func divided(_ isFirst: (Span<UInt8>) -> Bool) -> (Record, Record) {
    var texts: (first: [UInt8], second: [UInt8]) = ([], [])
    var start = 0
    while let (key, value) = field(from: start) {
      let line = text[start..<(value.upperBound + 1)]
      let name = text.span.extracting(key)
      let isReserved = RecordKey.isReserved(name)
      let goesFirst = isReserved || isFirst(name)
      if goesFirst { texts.first += line }
      if isReserved || !goesFirst { texts.second += line }
      start = value.upperBound + 1
    }
    return (Record(checked: texts.first, timestamp), Record(checked: texts.second, timestamp))
  }

  /// Whether it tells anything but who and when.
  public var hasMetrics: Bool {
    var hasMetrics = false
    forEachField { key, _ in hasMetrics = hasMetrics || !RecordKey.isReserved(key) }
    return hasMetrics
  }
}
