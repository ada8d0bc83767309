/// Reads a record stream (p1record(5)) in chunks of any size.
///
/// A malformed line is rejected alone, and a record whose `timestamp` is malformed as a whole; both
/// are reported as events. The memory is bounded by ``maximumRecordLength``.
///
/// A record that has the shape of a recent one is read at once, and any other line by line, with
/// the same result.
public struct RecordReader: Sendable {
  public enum Event: Equatable, Sendable {
    case record(Record)
    /// A malformed line or record, and the reason; `line` counts from 1.
    case rejected(line: Int, reason: String)
  }

  /// The most bytes of a record with its line feeds.
  public static let maximumRecordLength = 64 * 1024

  /// The incomplete line at the end of the last chunk; if it is too long, only its beginning.
  private var line: [UInt8] = []
  /// The lines of the record being read.
  private var text: [UInt8] = []
  private var lineNumber = 1
  private var shapes = PredictiveCache<RecordShape>()

  public init() {}

  /// Whether the last chunk ended between records.
  public var isBetweenRecords: Bool { line.isEmpty && text.isEmpty }

  /// Reads the next chunk of the stream, and calls `handle` with each event in it, in order.
  ///
  /// - Throws: what `handle` threw.
  public mutating func read<Failure>(
    _ piece: Span<UInt8>, _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while start < piece.count {
      // Empty lines and comments do not begin a record.
      let isBeginning = piece[start] != UInt8(ascii: "\n") && piece[start] != UInt8(ascii: "#")
      if isBeginning, isBetweenRecords, let record = record(at: piece.extracting(start...)) {
        start += record.text.count + 1
        try handle(.record(record))
        continue
      }
      guard let end = piece.firstIndex(of: UInt8(ascii: "\n"), from: start) else { break }
      if line.isEmpty {
        try endLine(piece.extracting(start..<end), handle)
      } else {
        line.append(contentsOf: piece.extracting(start..<end))
        let whole = line
        line = []
        try endLine(whole.span, handle)
      }
      start = end + 1
    }
    // The carriage return that a line may end in does not count towards the most bytes.
    let room = max(0, RecordReader.maximumRecordLength + 1 - line.count)
    line.append(contentsOf: piece.extracting(start...).extracting(first: room))
  }

  /// Reads the end of the stream, which also ends an incomplete line and record.
  public mutating func finish<Failure>(
    _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    if !line.isEmpty { try read([UInt8(ascii: "\n")].span, handle) }
    try endRecord(handle)
  }

  /// The record at the beginning of `stream`, if it has the shape of a recent one.
  private mutating func record(at stream: Span<UInt8>) -> Record? {
    let found = shapes.first { shape in
      shape.record(at: stream).map { (record: $0, lineCount: shape.lineCount) }
    }
    lineNumber += found?.lineCount ?? 0
    return found?.record
  }

  private mutating func endLine<Failure>(
    _ whole: Span<UInt8>, _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    defer { lineNumber += 1 }
    var line = whole
    while line.count > 0, line[line.count - 1] == UInt8(ascii: "\r") {
      line = line.extracting(..<(line.count - 1))
    }
    if line.count == 0 { return try endRecord(handle) }
    if line[0] == UInt8(ascii: "#") { return }
    guard text.count + line.count < RecordReader.maximumRecordLength else {
      return try reject("record longer than \(RecordReader.maximumRecordLength) bytes", handle)
    }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
      return try reject("line is not key=value", handle)
    }
    guard RecordKey.isValid(line.extracting(..<equals)) else {
      return try reject("invalid key: only letters, digits and _ . : - are allowed", handle)
    }
    // After a power failure a file may have zeros in place of what was not written.
    guard line.firstIndex(of: 0) == nil else { return try reject("zero byte in a line", handle) }
    text.append(contentsOf: line)
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func endRecord<Failure>(
    _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    guard !text.isEmpty else { return }
    // The copy has only the size it needs; the buffer may have held a far longer record before.
    var record = Record(checked: [UInt8](text.span), nil)
    text.removeAll(keepingCapacity: true)
    if let range = record.range(of: .timestamp) {
      guard let timestamp = Timestamp(record.text.span.extracting(range)) else {
        return try reject("timestamp is not an RFC 3339 time of 1970 to 2199", handle)
      }
      record = Record(checked: record.text, timestamp)
    }
    // The shape is known if the record only came in more than one chunk.
    let isKnown = shapes.first { $0.isShape(of: record) ? true : nil } ?? false
    if !isKnown { shapes.add(RecordShape(record)) }
    try handle(.record(record))
  }

  private func reject<Failure>(
    _ reason: String, _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    try handle(.rejected(line: lineNumber, reason: reason))
  }
}
