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
  /// What the disk did not take, and when it is tried again.
  private var pending: [[UInt8]] = []
  private(set) var retryAt: ContinuousClock.Instant?
  /// How many were refused and the disk never took.
  private(set) var lostCount = 0
  var events = OutboxEvents()

  /// What the names of segments end in that are here as they were.
  private static let whole = ".segment"
  /// The most bytes that wait in memory.
  private static let mostPending = 1 << 20

  /// The bytes at which a file is ended.
  private var fileSize: Int { min(1 << 20, max(4096, capacity / 8)) }

  /// - Parameters:
  ///   - files: the directory of the spool.
  ///   - capacity: the most bytes that are kept; beyond them the oldest file goes.
  /// - Throws: `Errno` where the directory cannot be read.
  init(_ files: any SpoolFiles, capacity: Int) throws(Errno) {
    self.files = files
    self.capacity = capacity
    // What else is there is not ours to count, nor to remove.
    let found = try files.list(bad: true).compactMap { name, size, _ in
      BadRecords.place(name).map { (place: $0, name: name, size: size) }
    }
    known = found.sorted { $0.place < $1.place }.map { ($0.name, $0.size) }
    nextPlace = (found.map(\.place).max() ?? 0) + 1
  }

  /// The place that the name of a file tells; nil for one that is not ours.
  private static func place(_ name: String) -> UInt64? {
    let name = name.dropFirst("bad/".count)
    return Segment.place(String(name.hasSuffix(whole) ? name.dropLast(whole.count) : name))
  }

  /// Adds lines of records, with the reason why they are here. Where the disk takes nothing, they wait
  /// in memory.
  mutating func keep(_ lines: [UInt8], reason: String, at now: ContinuousClock.Instant) {
    var text: [UInt8] = []
    BadRecords.append(comment: reason.utf8Bytes.span, to: &text)
    text.append(contentsOf: lines.span)
    text.append(UInt8(ascii: "\n"))
    pending.append(text)
    writePending(at: now)
  }

  /// Does what is due.
  mutating func attend(_ now: ContinuousClock.Instant) {
    if let retryAt, now >= retryAt { writePending(at: now) }
  }

  private mutating func writePending(at now: ContinuousClock.Instant) {
    do throws(Errno) {
      while let text = pending.first {
        try write(text)
        pending.removeFirst()
      }
      retryAt = nil
    } catch {
      if retryAt == nil { events.append(.heldRefused(error)) }
      retryAt = now + Spool.pause
      while pending.reduce(0, { $0 + $1.count }) > BadRecords.mostPending {
        pending.removeFirst()
        lostCount += 1
        events.append(.lostRefused(error))
      }
    }
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
    closeFile()
    let place = "bad/\(Segment.name(nextPlace))\(BadRecords.whole)"
    nextPlace += 1
    try files.rename(name, to: place)
    known.append((place, size))
    forget()
  }

  /// Has the disk keep what was added.
  ///
  /// - Throws: `Errno` where that cannot be.
  mutating func makeSure() throws(Errno) {
    guard isUnsure, let file else { return }
    isUnsure = false
    try files.syncAll(file)
    try files.syncAllNames()
  }

  /// Has the disk keep what was added; that it fails is an event.
  mutating func sync() {
    do throws(Errno) {
      try makeSure()
    } catch {
      events.append(.unsure(error))
      if let file { files.close(file) }
      file = nil
    }
  }

  /// Ends the keeping.
  mutating func close(at now: ContinuousClock.Instant) {
    writePending(at: now)
    lostCount += pending.count
    if !pending.isEmpty { events.append(.lostRefused(.noSpace)) }
    closeFile()
  }

  private mutating func closeFile() {
    sync()
    if let file { files.close(file) }
    file = nil
  }

  private mutating func write(_ text: [UInt8]) throws(Errno) {
    if let last = known.last, file != nil, last.size >= fileSize { closeFile() }
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
