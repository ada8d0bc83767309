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

/// A key with a meaning of its own: p1record(5), "Keys".
public enum RecordKey: String, CaseIterable, Sendable {
  /// The instant of the record.
  case timestamp
  /// The number of the meter, or of the sub-meter, that the record is of.
  case meter
  /// The M-Bus channel of a sub-meter.
  case channel

  /// Whether `name` is this key.
  public func matches(_ name: Span<UInt8>) -> Bool {
    name == rawValue
  }

  /// The most bytes that a key may have.
  public static let maximumLength = 128

  /// Whether `name` can be a key: `[A-Za-z0-9_.:-]+`.
  public static func isValid(_ name: Span<UInt8>) -> Bool {
    guard name.count > 0, name.count <= maximumLength else { return false }
    for index in name.indices {
      switch name[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ":"), UInt8(ascii: "-"):
        continue
      default:
        return false
      }
    }
    return true
  }
}

extension [UInt8] {
  /// A copy of what a span covers.
  public init(_ span: Span<UInt8>) {
    self.init(capacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }

  /// Appends what a span covers.
  public mutating func append(contentsOf span: Span<UInt8>) {
    append(addingCapacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }
}

extension Span<UInt8> {
  /// Whether the bytes are those of `text` in UTF-8.
  public static func == (bytes: Span<UInt8>, text: String) -> Bool {
    let expected = text.utf8
    guard bytes.count == expected.count else { return false }
    var index = 0
    for byte in expected {
      guard bytes[index] == byte else { return false }
      index += 1
    }
    return true
  }
}
