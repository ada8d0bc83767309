/// Takes a record stream apart, in whatever pieces it comes: p1record(5).
///
/// A line that is no line of a record is refused alone, and said; so is a record whose `timestamp`
/// is no time. What is held is bounded by ``maximumRecordLength``.
///
/// A record is read in one go where it has the shape of a recent one, and else line by line, which
/// comes to the same.
public struct RecordReader: Sendable {
  /// What the stream turned out to hold.
  public enum Event: Equatable, Sendable {
    case record(Record)
    /// Something that cannot be read, and why; `line` counts from 1.
    case refused(line: Int, reason: String)
  }

  /// The most bytes of a record, its lines and all.
  public static let maximumRecordLength = 64 * 1024

  /// The line being read, up to where the pieces came to; of one that is too long, the beginning.
  private var line: [UInt8] = []
  /// The lines of the record being read.
  private var text: [UInt8] = []
  private var lineNumber = 1
  private var shapes = Recent<RecordShape>()

  public init() {}

  /// Whether the last piece ended between records.
  public var isBetweenRecords: Bool { line.isEmpty && text.isEmpty }

  /// Reads the next piece of the stream.
  ///
  /// - Parameters:
  ///   - piece: the bytes that follow those of the last call.
  ///   - handle: called with each thing found, in order.
  /// - Throws: what `handle` threw.
  public mutating func read<Failure>(
    _ piece: Span<UInt8>, _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while start < piece.count {
      // Empty lines and comments begin none.
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
    // A line is too long without the carriage return that it may end in.
    let room = max(0, RecordReader.maximumRecordLength + 1 - line.count)
    line.append(contentsOf: piece.extracting(start...).extracting(first: room))
  }

  /// Reads the end of the stream, which ends a line and a record that it stands in.
  public mutating func finish<Failure>(
    _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    if !line.isEmpty { try read([UInt8(ascii: "\n")].span, handle) }
    try endRecord(handle)
  }

  /// The record that `stream` begins with, if it has the shape of a recent one.
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
      return try refuse("more than \(RecordReader.maximumRecordLength) bytes in a record", handle)
    }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
      return try refuse("no key=value", handle)
    }
    guard RecordKey.isValid(line.extracting(..<equals)) else {
      return try refuse("a key is letters, digits and _ . : -", handle)
    }
    // What a disk shows for what it did not come to write.
    guard line.firstIndex(of: 0) == nil else { return try refuse("a zero byte", handle) }
    text.append(contentsOf: line)
    text.append(UInt8(ascii: "\n"))
  }

  private mutating func endRecord<Failure>(
    _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    guard !text.isEmpty else { return }
    // A copy of its own size: the buffer, which is kept, may once have held a far longer record.
    var record = Record(checked: [UInt8](text.span), nil)
    text.removeAll(keepingCapacity: true)
    if let range = record.range(of: .timestamp) {
      guard let timestamp = Timestamp(record.text.span.extracting(range)) else {
        return try refuse("timestamp is no RFC 3339 time of 1970 to 2199", handle)
      }
      record = Record(checked: record.text, timestamp)
    }
    // Of a known shape is one that did not come in one piece.
    let isKnown = shapes.first { $0.isShape(of: record) ? true : nil } ?? false
    if !isKnown { shapes.add(RecordShape(record)) }
    try handle(.record(record))
  }

  private func refuse<Failure>(
    _ reason: String, _ handle: (Event) throws(Failure) -> Void
  ) throws(Failure) {
    try handle(.refused(line: lineNumber, reason: reason))
  }
}
