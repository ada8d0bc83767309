import Records
import SystemPackage

/// The directory `bad/` of a spool: records that the receiver rejected or the disk damaged, each
/// behind a comment with the reason. Its files can be read as records again.
struct QuarantineDirectory {
  private let files: any SpoolFiles
  private let capacity: Int
  /// The files in the directory, oldest first.
  private var contents: [(name: String, size: Int)]
  private var nextSequence: UInt64
  /// The last file, open to be added to.
  private var file: SpoolFiles.Handle?
  private var isDirty = false
  /// Texts that the disk did not take; the write is retried at `retryAt`.
  private var pending: [[UInt8]] = []
  private(set) var retryAt: ContinuousClock.Instant?
  /// How many records were lost because the disk never took them.
  private(set) var lostCount = 0
  var events = OutboxEvents()

  /// The end of the name of a segment that was moved here whole.
  private static let segmentSuffix = ".segment"
  /// The most bytes in `pending`.
  private static let maximumPendingSize = 1 << 20

  /// The size, in bytes, at which a new file is begun.
  private var fileSize: Int { min(1 << 20, max(4096, capacity / 8)) }

  /// - Parameters:
  ///   - files: the directory of the spool.
  ///   - capacity: the most bytes in `bad/`; beyond it the oldest file is removed.
  /// - Throws: `Errno` if the directory cannot be read.
  init(_ files: any SpoolFiles, capacity: Int) throws(Errno) {
    self.files = files
    self.capacity = capacity
    // Other files are the user's: they are neither counted nor removed.
    let found = try files.list(bad: true).compactMap { name, size, _ in
      QuarantineDirectory.sequence(name).map { (sequence: $0, name: name, size: size) }
    }
    contents = found.sorted { $0.sequence < $1.sequence }.map { ($0.name, $0.size) }
    nextSequence = (found.map(\.sequence).max() ?? 0) + 1
  }

  /// The sequence number of a file, nil for one that the spool did not make.
  private static func sequence(_ name: String) -> UInt64? {
    let name = name.dropFirst("bad/".count)
    return Segment.sequence(
      String(name.hasSuffix(segmentSuffix) ? name.dropLast(segmentSuffix.count) : name))
  }

  /// Adds lines of records behind a comment with the reason. If the disk cannot be written, they
  /// are held in memory.
  mutating func add(records lines: [UInt8], reason: String, at now: ContinuousClock.Instant) {
    var text: [UInt8] = []
    QuarantineDirectory.append(comment: reason.utf8Bytes.span, to: &text)
    text.append(contentsOf: lines.span)
    text.append(UInt8(ascii: "\n"))
    pending.append(text)
    writePending(at: now)
  }

  /// Retries a failed write if that is due at `now`.
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
      if retryAt == nil { events.append(.quarantineHeld(error)) }
      retryAt = now + Spool.retryDelay
      while pending.reduce(0, { $0 + $1.count }) > QuarantineDirectory.maximumPendingSize {
        pending.removeFirst()
        lostCount += 1
        events.append(.quarantineLost(error))
      }
    }
  }

  /// Adds damaged text as comments, so that half a record is never read as a whole one.
  ///
  /// - Throws: `Errno` if the write fails; nothing is added then.
  mutating func add(damaged bytes: [UInt8], reason: String) throws(Errno) {
    var text: [UInt8] = []
    QuarantineDirectory.append(comment: reason.utf8Bytes.span, to: &text)
    QuarantineDirectory.append(comment: bytes.span, to: &text)
    text.append(UInt8(ascii: "\n"))
    try write(text)
  }

  /// Moves a segment to `bad/` unchanged.
  ///
  /// - Throws: `Errno` if the rename fails; the segment stays in the spool then.
  mutating func move(segment name: String, size: Int) throws(Errno) {
    // Later records go to a file with a higher number.
    closeFile()
    let target = "bad/\(Segment.name(nextSequence))\(QuarantineDirectory.segmentSuffix)"
    nextSequence += 1
    try files.rename(name, to: target)
    contents.append((target, size))
    trim()
  }

  mutating func fsync() throws(Errno) {
    guard isDirty, let file else { return }
    isDirty = false
    try files.syncRetrying(file)
    try files.syncDirectoriesRetrying()
  }

  mutating func fsyncReportingFailure() {
    do throws(Errno) {
      try fsync()
    } catch {
      events.append(.syncFailed(error))
      if let file { files.close(file) }
      file = nil
    }
  }

  mutating func close(at now: ContinuousClock.Instant) {
    writePending(at: now)
    lostCount += pending.count
    if !pending.isEmpty { events.append(.quarantineLost(.noSpace)) }
    closeFile()
  }

  private mutating func closeFile() {
    fsyncReportingFailure()
    if let file { files.close(file) }
    file = nil
  }

  private mutating func write(_ text: [UInt8]) throws(Errno) {
    if let last = contents.last, file != nil, last.size >= fileSize { closeFile() }
    if file == nil {
      let name = "bad/\(Segment.name(nextSequence))"
      nextSequence += 1
      file = try files.create(name)
      contents.append((name, 0))
    }
    guard let file, let size = contents.last?.size else { return }
    do throws(Errno) {
      try files.write(all: text.span, to: file)
    } catch {
      do throws(Errno) {
        try files.truncate(file, to: size)
      } catch {
        // Nothing must follow an incomplete record.
        files.close(file)
        self.file = nil
      }
      throw error
    }
    contents[contents.count - 1].size += text.count
    isDirty = true
    trim()
  }

  /// Removes the oldest files while the directory is larger than its bound.
  private mutating func trim() {
    while contents.count > 1, contents.reduce(0, { $0 + $1.size }) > capacity {
      let oldest = contents.removeFirst()
      try? files.remove(oldest.name)
      events.append(.quarantineTrimmed(file: oldest.name))
    }
  }

  /// Appends lines as comments, each behind `# `.
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
