/// A record of p1record(5): what was measured at one instant, as keys and values.
///
/// The text is as in the stream: `key=value` lines, each ended by a line feed. Every key is well
/// formed, and a `timestamp`, if there is one, is a valid RFC 3339 time.
public struct Record: Hashable, Sendable {
  public let text: [UInt8]
  /// The instant of the record, nil if it has no `timestamp`.
  public let timestamp: Timestamp?

  /// A record of lines that ``RecordReader`` has checked.
  init(checked text: [UInt8], _ timestamp: Timestamp?) {
    self.text = text
    self.timestamp = timestamp
  }

  /// The first record in what a ``RecordWriter`` wrote as lines.
  init(written records: Span<UInt8>) {
    var end = 0
    while let field = records.field(from: end), records[end] != UInt8(ascii: "\n") {
      end = field.value.upperBound + 1
    }
    self.init(checked: [UInt8](records.extracting(..<end)), nil)
    if let range = range(of: .timestamp) {
      self.init(checked: text, Timestamp(text.span.extracting(range)))
    }
  }

  /// The record in a text, without the empty line that ends it; nil if anything else is in the
  /// text.
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

  /// The ranges of the key and the value, as written, of the line that begins at `start`; nil at
  /// the end of the text.
  public func field(from start: Int) -> (key: Range<Int>, value: Range<Int>)? {
    text.span.field(from: start)
  }

  /// Calls `body` with each key and its value, as written, in order.
  public func forEachField<Failure>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try text.span.forEachField(body)
  }

  /// The range of the value of the first field with this key; nil if the record has none.
  public func range(of key: RecordKey) -> Range<Int>? {
    var start = 0
    while let (name, value) = field(from: start) {
      if key.matches(text.span.extracting(name)) { return value }
      start = value.upperBound + 1
    }
    return nil
  }

  /// The value, as written, of the first field with this key; nil if the record has none.
  public func value(of key: RecordKey) -> [UInt8]? {
    range(of: key).map { [UInt8](text[$0]) }
  }

  /// This record, which has no timestamp, with one.
  public func stamped(_ timestamp: Timestamp) -> Record {
    var stamped = [UInt8]("\(RecordKey.timestamp.rawValue)=\(timestamp)\n".utf8)
    stamped.append(contentsOf: text)
    return Record(checked: stamped, timestamp)
  }

  /// Two records with the reserved fields of this one, each with half of its other fields; nil if
  /// it has only one other field.
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

  /// Two records with the reserved fields of this one. `isFirst` tells by the key which of them
  /// gets another field; either may get none.
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

  /// Whether the record has any field besides the reserved ones.
  public var hasMetrics: Bool {
    var hasMetrics = false
    forEachField { key, _ in hasMetrics = hasMetrics || !RecordKey.isReserved(key) }
    return hasMetrics
  }
}

/// The text of a record.
extension Span<UInt8> {
  /// ``Record/field(from:)``.
  func field(from start: Int) -> (key: Range<Int>, value: Range<Int>)? {
    guard let equals = firstIndex(of: UInt8(ascii: "="), from: start),
      let end = firstIndex(of: UInt8(ascii: "\n"), from: equals)
    else {
      return nil
    }
    return (start..<equals, equals + 1..<end)
  }

  /// ``Record/forEachField(_:)``.
  func forEachField<Failure>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while let (key, value) = field(from: start) {
      try body(extracting(key), extracting(value))
      start = value.upperBound + 1
    }
  }
}
