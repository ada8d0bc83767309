import Records
import SystemPackage

/// What a spool writes to its directory, and how it goes on when that fails.
extension Spool {
  /// Writes the oldest of what is in memory only, as much as its segment has room for, at once.
  ///
  /// - Parameters:
  ///   - most: the most bytes, but for a single record.
  ///   - now: the time.
  /// - Throws: `Errno`, and nothing is written.
  mutating func writeSome(_ most: Int, at now: ContinuousClock.Instant) throws(Errno) {
    if isAdding, let last = segments.last, last.count > 0,
      // Numbers follow each other in a segment: none is missing that never came to the disk.
      last.size >= limits.segmentSize || last.end != unwritten.first
    {
      endSegment(at: now)
    }
    if !isAdding { try beginSegment(at: now) }
    let index = segments.count - 1
    guard let file = segments[index].file else { throw .badFileDescriptor }
    guard files.isThere(file) else {
      isAdding = false
      removeDone()
      throw .noSuchFileOrDirectory
    }

    let room = min(most, limits.segmentSize - segments[index].size)
    let batch = unwritten.batch(from: unwritten.first, count: .max, size: max(1, room))
    let text = batch.records.reduce(into: [UInt8]()) { text, record in
      text.append(contentsOf: record.text.span)
      text.append(UInt8(ascii: "\n"))
    }
    do throws(Errno) {
      try files.write(all: text.span, to: file)
    } catch {
      takeBack(from: file)
      throw error
    }
    if segments[index].count == 0 {
      segments[index].first = unwritten.first
      segments[index].since = unwritten.oldestSince ?? now
    }
    segments[index].size += text.count
    segments[index].count += batch.records.count
    segments[index].isUnsure = true
    size += text.count
    for _ in batch.records { moveWritten(to: segments[index]) }
  }

  /// Takes out of the last segment what did not come to it as a whole: a record that is not whole
  /// would be the end of those behind it.
  private mutating func takeBack(from file: SpoolFiles.Handle) {
    guard let last = segments.last else { return }
    do throws(Errno) {
      try files.truncate(file, to: last.size)
    } catch {
      isAdding = false
    }
    if last.count == 0 { removeLast() }
  }

  /// Counts the first record in memory as one of the segment that it was written to, and keeps it
  /// loaded, if it is the next one there.
  private mutating func moveWritten(to segment: Segment) {
    let isNext = loaded.end == unwritten.first
    let number = unwritten.first
    guard let (record, since) = unwritten.removeFirst(), isNext,
      number < takenEnd || loaded.size < limits.loaded
    else {
      return
    }
    if readPlace != segment.place { startReading(segment) }
    // Read from there on is only what comes behind it.
    readOffset += (record?.text.count ?? 0) + 1
    readNumber = number + 1
    loaded.append(record, since: since)
  }

  private mutating func beginSegment(at now: ContinuousClock.Instant) throws(Errno) {
    let file = try createSegment()
    segments.append(
      Segment(
        place: nextPlace, first: unwritten.first, count: 0, size: 0, since: now, file: file))
    nextPlace += 1
    isAdding = true
  }

  /// Makes the file of a segment with a place that no file has.
  private mutating func createSegment() throws(Errno) -> SpoolFiles.Handle {
    while true {
      do throws(Errno) {
        return try files.create(Segment.name(nextPlace))
      } catch .fileExists {
        nextPlace += 1
      }
    }
  }

  /// Adds no more to the last segment. In an outage it is kept for sure at once; else it will be gone
  /// before that is due.
  private mutating func endSegment(at now: ContinuousClock.Instant) {
    isAdding = false
    removeDone()
    let openCount = segments.count { $0.file != nil }
    if openCount > Spool.mostOpen || syncDue.map({ now >= $0 }) ?? false { sync(at: now) }
    closeFiles()
  }

  /// Closes the files that nothing more is done with.
  private mutating func closeFiles() {
    for index in segments.indices.dropLast(isAdding ? 1 : 0) where !segments[index].isUnsure {
      guard let file = segments[index].file else { continue }
      files.close(file)
      segments[index].file = nil
    }
  }

  /// Takes the last segment away, in which there is nothing.
  private mutating func removeLast() {
    isAdding = false
    if let last = segments.popLast() { discard(last) }
  }

  /// Removes the segments that were acknowledged as a whole, and empties the one that more is added
  /// to: once nothing waits, a later process finds nothing to send again.
  mutating func removeDone() {
    while let oldest = segments.first, oldest.end <= first {
      if isAdding, segments.count == 1, emptyLast() { break }
      segments.removeFirst()
      size -= oldest.size
      discard(oldest)
    }
    guard !unremoved.isEmpty else { return }
    unremoved = unremoved.filter { name in
      do throws(Errno) { try files.remove(name) } catch { return error != .noSuchFileOrDirectory }
      return false
    }
  }

  /// Empties the last segment, all of which was acknowledged, for a new file costs the disk more.
  ///
  /// - Returns: whether it stays; else nothing is added to it any more.
  private mutating func emptyLast() -> Bool {
    guard let last = segments.last, last.count > 0, let file = last.file else { return true }
    do throws(Errno) {
      // What a disk could not keep once, it gets no more of.
      guard !last.isSpoilt else { throw .ioError }
      try files.truncate(file, to: 0)
    } catch {
      isAdding = false
      return false
    }
    size -= last.size
    readPlace = nil
    segments = [
      Segment(
        place: last.place, first: last.end, count: 0, size: 0, since: last.since, file: file)
    ]
    return true
  }

  mutating func discard(_ segment: Segment) {
    if let file = segment.file { files.close(file) }
    // What is in it besides records is nowhere else.
    if segment.isDamaged {
      do throws(Errno) {
        return try bad.take(segment.name, size: segment.size)
      } catch {
        return events.append(.lostRefused(error))
      }
    }
    do throws(Errno) {
      try files.remove(segment.name)
    } catch {
      unremoved.append(segment.name)
    }
  }

  // MARK: - Keeping it for sure

  /// When the disk is to be made to keep what it got; nil while there is nothing to keep.
  var syncDue: ContinuousClock.Instant? {
    guard let since = oldestSince, segments.contains(where: \.isUnsure) else { return nil }
    return max(since, lastSync ?? since)
      + (isSyncFailing ? max(limits.sync, Spool.pause) : limits.sync)
  }

  /// Has the disk keep all that waits.
  mutating func sync(at now: ContinuousClock.Instant) {
    lastSync = now
    isSyncFailing = false
    var isNew = false
    for index in segments.indices where segments[index].isUnsure {
      isNew = true
      do throws(Errno) {
        guard let file = segments[index].file, !segments[index].isSpoilt else { throw .ioError }
        try files.syncAll(file)
      } catch {
        // The kernel may have forgotten what it could not write: to ask again would prove nothing.
        segments[index].isSpoilt = true
        guard rewrite(index, error) else {
          isSyncFailing = true
          continue
        }
      }
      segments[index].isUnsure = false
    }
    closeFiles()
    guard isNew else { return }
    do throws(Errno) { try files.syncAllNames() } catch { events.append(.unsure(error)) }
  }

  /// Writes a segment anew in the place of itself.
  ///
  /// - Returns: whether the disk keeps it now.
  private mutating func rewrite(_ index: Int, _ error: Errno) -> Bool {
    let segment = segments[index]
    let name = "\(segment.name).new"
    do throws(Errno) {
      let text = try files.readAll(segment.name, size: segment.size)
      try? files.remove(name)
      let file = try files.create(name)
      do throws(Errno) {
        try files.write(all: text.span, to: file)
        try files.syncAll(file)
        try files.rename(name, to: segment.name)
      } catch {
        files.close(file)
        try? files.remove(name)
        throw error
      }
      if let old = segment.file { files.close(old) }
      segments[index].file = file
      segments[index].isSpoilt = false
      events.append(.rewritten(segment: segment.name, error))
      return true
    } catch {
      // What comes goes to another file; this one is tried again when it is due.
      if index == segments.count - 1 { isAdding = false }
      events.append(.unsure(error))
      return false
    }
  }
}
