import Records
import SystemPackage

/// What a spool makes of what an earlier process has left.
extension Spool {
  /// Takes the segments over, and takes what is no record out of them.
  ///
  /// - Throws: `Errno` where the directory cannot be read.
  mutating func recover(at now: ContinuousClock.Instant) throws(Errno) {
    var found: [(place: UInt64, size: Int, age: Duration)] = []
    for (name, size, age) in try files.list(bad: false) {
      // What was written in the place of a segment, and did not come to that.
      if name.hasSuffix(".new"), Segment.place(String(name.dropLast(4))) != nil {
        try? files.remove(name)
      }
      if let place = Segment.place(name) { found.append((place, size, age)) }
    }
    for (place, size, age) in found.sorted(by: { $0.place < $1.place }) {
      nextPlace = place + 1
      var segment = Segment(place: place, first: end, count: 0, size: size, since: now - age)
      if size > 0, !count(&segment), !clean(&segment) { continue }
      guard segment.count > 0 else {
        discard(segment)
        continue
      }
      makeSure(of: &segment)
      segments.append(segment)
      self.size += segment.size
      unwritten.restart(at: segment.end)
    }
    guard !isEmpty else { return }
    events.append(.found(count))
    do throws(Errno) { try files.syncAllNames() } catch { events.append(.unsure(error)) }
  }

  /// Has the disk keep a segment: whoever wrote it may have had no time to.
  private mutating func makeSure(of segment: inout Segment) {
    do throws(Errno) {
      let file = try files.open(segment.name)
      defer { files.close(file) }
      try files.syncAll(file)
    } catch {
      // What is written anew when that is due is kept for sure.
      segment.isUnsure = true
      segment.isSpoilt = true
    }
  }

  /// Counts the records of a segment.
  ///
  /// - Returns: false where it holds anything else.
  private func count(_ segment: inout Segment) -> Bool {
    var reader = RecordReader()
    var isWhole = true
    var offset = 0
    var tail: [UInt8] = []
    while offset < segment.size {
      guard let piece = try? files.readPiece(segment.name, from: offset, count: Spool.pieceSize),
        !piece.isEmpty
      else {
        return false
      }
      offset += piece.count
      reader.read(piece.span) { event in
        if case .record = event { segment.count += 1 } else { isWhole = false }
      }
      tail = tail.suffix(1) + piece.suffix(2)
    }
    // It ends with a whole record.
    return isWhole && reader.isBetweenRecords && tail.suffix(2) == [10, 10]
  }

  /// Writes a segment anew, with the records in it, and keeps all else in `bad/`.
  ///
  /// Where that cannot be, as on a full disk, it stays as it is.
  ///
  /// - Returns: false where it cannot be read; the whole segment is then in `bad/`.
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
      counts.refused += segment.count
      events.append(.unreadable(segment: segment.name, segment.count, error))
      discard(segment)
      return false
    }
  }

  /// Counts the records of a segment in which there is something else.
  private func countDamaged(_ segment: inout Segment) throws(Errno) {
    var parts = SpoilableRecords()
    segment.isDamaged = true
    segment.count = 0
    segment.size = 0
    while true {
      let piece = try files.readPiece(segment.name, from: segment.size, count: Spool.pieceSize)
      guard !piece.isEmpty else { return }
      segment.size += piece.count
      segment.count += parts.read(piece).count { $0.record != nil }
    }
  }

  private mutating func rewriteClean(_ segment: inout Segment) throws(Errno) {
    let name = "\(segment.name).new"
    try? files.remove(name)
    let file = try files.create(name)
    defer { files.close(file) }
    var parts = SpoilableRecords()
    var offset = 0
    segment.count = 0
    var written = 0
    while true {
      let piece = try files.readPiece(segment.name, from: offset, count: Spool.pieceSize)
      offset += piece.count
      var good: [UInt8] = []
      for part in piece.isEmpty ? parts.finish() : parts.read(piece) {
        switch part {
        case .record(let text):
          good += text
          segment.count += 1
        case .spoilt(let bytes, let reason):
          counts.refused += 1
          try bad.add(spoilt: bytes, reason: "segment \(segment.name): \(reason)")
        }
      }
      if !good.isEmpty { try files.write(all: good.span, to: file) }
      written += good.count
      if piece.isEmpty { break }
    }
    try files.syncAll(file)
    try bad.makeSure()
    try files.rename(name, to: segment.name)
    try files.syncAllNames()
    segment.size = written
  }
}
