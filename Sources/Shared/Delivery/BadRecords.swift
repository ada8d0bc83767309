import Records
import SystemPackage

/// The part of a spool that nothing is delivered from: `bad/`, with what was refused, or spoilt by a
/// disk, and before each the reason, as a comment. It reads as records again.
struct BadRecords {
  private let files: any SpoolFiles
  private let capacity: Int
  /// The files there are, oldest first.
  private var known: [(name: String, size: Int)]
  private var nextPlace: UInt64
  /// The last of them, which is added to.
  private var file: SpoolFiles.Handle?
  private var isUnsure = false
  var events = OutboxEvents()

  /// The bytes at which a file is ended.
  private var fileSize: Int { min(1 << 20, max(4096, capacity / 8)) }

  /// - Parameters:
  ///   - files: the directory of the spool.
  ///   - capacity: the most bytes that are kept; beyond them the oldest file goes.
  /// - Throws: `Errno` where the directory cannot be read.
  init(_ files: any SpoolFiles, capacity: Int) throws(Errno) {
    self.files = files
    self.capacity = capacity
    known = try files.list(bad: true).map { ($0.name, $0.size) }.sorted { $0.0 < $1.0 }
    let places = known.compactMap { Segment.place(String($0.name.dropFirst(4).prefix(16))) }
    nextPlace = (places.max() ?? 0) + 1
  }

  /// Adds lines of records, with the reason why they are here.
  ///
  /// - Throws: `Errno` where that cannot be, and nothing is added.
  mutating func add(_ lines: [UInt8], reason: String) throws(Errno) {
    var text: [UInt8] = []
    BadRecords.append(comment: reason.utf8Bytes.span, to: &text)
    text.append(contentsOf: lines.span)
    text.append(UInt8(ascii: "\n"))
    try write(text)
  }

  /// Adds text that is no record, as comments: half a record must never pass for a whole one.
  ///
  /// - Throws: `Errno` where that cannot be, and nothing is added.
  mutating func add(spoilt bytes: [UInt8], reason: String) throws(Errno) {
    var text: [UInt8] = []
    BadRecords.append(comment: reason.utf8Bytes.span, to: &text)
    BadRecords.append(comment: bytes.span, to: &text)
    text.append(UInt8(ascii: "\n"))
    try write(text)
  }

  /// Takes a file of the spool as it is.
  ///
  /// - Throws: `Errno` where that cannot be, and it stays where it is.
  mutating func take(_ name: String, size: Int) throws(Errno) {
    // What is added goes behind it.
    note { bad throws(Errno) in try bad.close() }
    let place = "bad/\(Segment.name(nextPlace)).segment"
    nextPlace += 1
    try files.rename(name, to: place)
    known.append((place, size))
    forget()
  }

  /// Has the disk keep what was added.
  mutating func sync() throws(Errno) {
    guard isUnsure, let file else { return }
    isUnsure = false
    try files.syncAll(file)
    try files.syncAllNames()
  }

  mutating func close() throws(Errno) {
    defer {
      if let file { files.close(file) }
      file = nil
    }
    try sync()
  }

  /// Does something with it; that it fails is an event.
  mutating func note(_ body: (inout BadRecords) throws(Errno) -> Void) {
    do throws(Errno) { try body(&self) } catch { events.append(.lostRefused(error)) }
  }

  private mutating func write(_ text: [UInt8]) throws(Errno) {
    if let last = known.last, file != nil, last.size >= fileSize { try close() }
    if file == nil {
      let name = "bad/\(Segment.name(nextPlace))"
      nextPlace += 1
      file = try files.create(name)
      known.append((name, 0))
    }
    guard let file, let size = known.last?.size else { return }
    do throws(Errno) {
      try files.write(all: text.span, to: file)
    } catch {
      do throws(Errno) {
        try files.truncate(file, to: size)
      } catch {
        // Nothing comes behind what is not whole.
        files.close(file)
        self.file = nil
      }
      throw error
    }
    known[known.count - 1].size += text.count
    isUnsure = true
    forget()
  }

  /// Removes the oldest files, where there is too much.
  private mutating func forget() {
    while known.count > 1, known.reduce(0, { $0 + $1.size }) > capacity {
      let oldest = known.removeFirst()
      try? files.remove(oldest.name)
      events.append(.forgotRefused(file: oldest.name))
    }
  }

  /// Appends lines, each behind `# `.
  private static func append(comment bytes: Span<UInt8>, to text: inout [UInt8]) {
    var start = 0
    while start < bytes.count {
      let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
      text += "# ".utf8
      text.append(contentsOf: bytes.extracting(start..<end))
      text.append(UInt8(ascii: "\n"))
      start = end + 1
    }
  }
}
