import Records
import SystemPackage

/// Taking over the segments of an earlier process.
extension Spool {
  /// Takes over all segments, and moves what is damaged in them to `bad/`.
  ///
  /// - Throws: `Errno` if the directory cannot be read.
  mutating func recover(at now: ContinuousClock.Instant) throws(Errno) {
    var found: [(sequence: UInt64, size: Int, age: Duration)] = []
    for (name, size, age) in try files.list(bad: false) {
      // A new file for a segment that was never renamed to it.
      if name.hasSuffix(".new"), Segment.sequence(String(name.dropLast(4))) != nil {
        try? files.remove(name)
      }
      if let sequence = Segment.sequence(name) { found.append((sequence, size, age)) }
    }
    for (sequence, size, age) in found.sorted(by: { $0.sequence < $1.sequence }) {
      nextSequence = sequence + 1
      var segment = Segment(sequence: sequence, first: end, count: 0, size: size, since: now - age)
      if size > 0, !count(&segment), !clean(&segment) { continue }
      guard segment.count > 0 else {
        discard(segment)
        continue
      }
      fsync(&segment)
      segments.append(segment)
      self.size += segment.size
      unwritten.restart(at: segment.end)
    }
    guard !isEmpty else { return }
    events.append(.found(count))
    do throws(Errno) { try files.syncDirectoriesRetrying() } catch {
      events.append(.syncFailed(error))
    }
  }

  /// Syncs a segment, as the process that wrote it may have been killed before it did.
  private mutating func fsync(_ segment: inout Segment) {
    do throws(Errno) {
      let file = try files.open(segment.name)
      defer { files.close(file) }
      try files.syncRetrying(file)
    } catch {
      // The next sync writes the segment to a new file.
      segment.isDirty = true
      segment.hasSyncFailed = true
    }
  }

  /// Counts the records of a segment.
  ///
  /// - Returns: false if anything else is in it.
  private func count(_ segment: inout Segment) -> Bool {
    var reader = RecordReader()
    var isWhole = true
    var offset = 0
    var tail: [UInt8] = []
    while offset < segment.size {
      guard let chunk = try? files.readChunk(segment.name, from: offset, count: Spool.chunkSize),
        !chunk.isEmpty
      else {
        return false
      }
      offset += chunk.count
      reader.read(chunk.span) { event in
        if case .record = event { segment.count += 1 } else { isWhole = false }
      }
      tail = tail.suffix(1) + chunk.suffix(2)
    }
    // The last record has to end with its empty line (10 is a line feed).
    return isWhole && reader.isBetweenRecords && tail.suffix(2) == [10, 10]
  }

  /// Replaces a damaged segment by a file with its whole records, and saves the rest in `bad/`. If
  /// that fails, as on a full disk, the segment stays as it is.
  ///
  /// - Returns: false if the segment cannot be read; it is then moved to `bad/`.
  private mutating func clean(_ segment: inout Segment) -> Bool {
    events.append(.damaged(segment: segment.name))
    do throws(Errno) {
      try rewriteClean(&segment)
      return true
    } catch {
      try? files.remove("\(segment.name).new")
    }
    do throws(Errno) {
      try countDamaged(&segment)
      return true
    } catch {
      segment.isDamaged = true
      counts.rejected += segment.count
      events.append(.unreadable(segment: segment.name, segment.count, error))
      discard(segment)
      return false
    }
  }

  /// Counts the whole records of a damaged segment.
  private func countDamaged(_ segment: inout Segment) throws(Errno) {
    var damagedReader = DamagedSegmentReader()
    segment.isDamaged = true
    segment.count = 0
    segment.size = 0
    while true {
      let chunk = try files.readChunk(segment.name, from: segment.size, count: Spool.chunkSize)
      guard !chunk.isEmpty else { return }
      segment.size += chunk.count
      segment.count += damagedReader.read(chunk).count { $0.record != nil }
    }
  }

  private mutating func rewriteClean(_ segment: inout Segment) throws(Errno) {
    let name = "\(segment.name).new"
    try? files.remove(name)
    let file = try files.create(name)
    defer { files.close(file) }
    var damagedReader = DamagedSegmentReader()
    var offset = 0
    segment.count = 0
    var written = 0
    while true {
      let chunk = try files.readChunk(segment.name, from: offset, count: Spool.chunkSize)
      offset += chunk.count
      var good: [UInt8] = []
      for part in chunk.isEmpty ? damagedReader.finish() : damagedReader.read(chunk) {
        switch part {
        case .record(let text):
          good += text
          segment.count += 1
        case .damaged(let bytes, let reason):
          counts.rejected += 1
          try quarantineDirectory.add(damaged: bytes, reason: "segment \(segment.name): \(reason)")
        }
      }
      if !good.isEmpty { try files.write(all: good.span, to: file) }
      written += good.count
      if chunk.isEmpty { break }
    }
    try files.syncRetrying(file)
    try quarantineDirectory.fsync()
    try files.rename(name, to: segment.name)
    try files.syncDirectoriesRetrying()
    segment.size = written
  }
}
