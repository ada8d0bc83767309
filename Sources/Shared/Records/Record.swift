/// What was measured at one instant: keys and their values, as lines of text.
///
/// The text is what the stream holds of it (p1record(5)): `key=value` lines, each ended by a line
/// feed, every key well formed, and a `timestamp`, where there is one, an RFC 3339 time.
public struct Record: Hashable, Sendable {
  public let text: [UInt8]

  /// Lines that ``RecordReader`` has checked.
  init(checked text: [UInt8]) {
    self.text = text
  }

  /// Calls `body` with each key and its value, as written, in order.
  public func forEachField<Failure>(
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let span = text.span
    var start = 0
    var equals: Int?
    for index in span.indices {
      switch span[index] {
      case UInt8(ascii: "=") where equals == nil:
        equals = index
      case UInt8(ascii: "\n"):
        if let equals {
          try body(span.extracting(start..<equals), span.extracting((equals + 1)..<index))
        }
        start = index + 1
        equals = nil
      default:
        break
      }
    }
  }

  /// The value of the first field called `key`, as written; nil where the record has none.
  public func value(of key: RecordKey) -> [UInt8]? {
    var found: [UInt8]?
    forEachField { name, value in
      if found == nil, key.matches(name) { found = [UInt8](value) }
    }
    return found
  }

  /// The same record with an instant, which it did not have.
  public func stamped(_ timestamp: Timestamp) -> Record {
    var stamped = [UInt8]("\(RecordKey.timestamp.rawValue)=\(timestamp)\n".utf8)
    stamped.append(contentsOf: text)
    return Record(checked: stamped)
  }

  /// The instant of the record, nil where it does not say.
  public var timestamp: Timestamp? {
    value(of: .timestamp).flatMap { Timestamp($0.span) }
  }
}
