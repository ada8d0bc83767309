import Records
import SystemPackage

/// Writing and syncing segments, and going on after an operation failed.
extension Spool {
  /// Writes the oldest unwritten records, as many as fit into the segment, with one write.
  ///
  /// - Parameter most: the most bytes; a single record may be larger.
  /// - Throws: `Errno` if the write failed; the segment then is as it was before.
  mutating func writeSome(_ most: Int, at now: ContinuousClock.Instant) throws(Errno) {
    if isAdding, let last = segments.last, last.count > 0,
      // The numbers in a segment have no gaps, so records dropped from memory end it.
      last.size >= limits.segmentSize || last.end != unwritten.first
    {
      endSegment(at: now)
    }
    if !isAdding { try beginSegment(at: now) }
    let index = segments.count - 1
    guard let file = segments[index].file else { throw .badFileDescriptor }
    guard files.exists(file) else {
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
      truncatePartialWrite(from: file)
      throw error
    }
    if segments[index].count == 0 {
      segments[index].first = unwritten.first
      segments[index].since = unwritten.oldestSince ?? now
    }
    segments[index].size += text.count
    segments[index].count += batch.records.count
    segments[index].isDirty = true
    size += text.count
    for _ in batch.records { markWritten(to: segments[index]) }
  }

  /// Removes an incomplete record from the end of the last segment, as it would damage the one
  /// behind it.
  private mutating func truncatePartialWrite(from file: SpoolFiles.Handle) {
    guard let last = segments.last else { return }
    do throws(Errno) {
      try files.truncate(file, to: last.size)
    } catch {
      isAdding = false
    }
    if last.count == 0 { removeLast() }
  }

  /// Moves the first unwritten record, which the segment has now, to the loaded ones if it is the
  /// next of them and there is room.
  private mutating func markWritten(to segment: Segment) {
    let isNext = loaded.end == unwritten.first
    let number = unwritten.first
    guard let (record, since) = unwritten.removeFirst(), isNext,
      number < batchedEnd || loaded.size < limits.loaded
    else {
      return
    }
    if readSequence != segment.sequence { startReading(segment) }
    // Reading continues behind this record.
    readOffset += (record?.text.count ?? 0) + 1
    readNumber = number + 1
    loaded.append(record, since: since)
  }

  private mutating func beginSegment(at now: ContinuousClock.Instant) throws(Errno) {
    let file = try createSegment()
    segments.append(
      Segment(
        sequence: nextSequence, first: unwritten.first, count: 0, size: 0, since: now, file: file))
    nextSequence += 1
    isAdding = true
  }

  /// Creates a segment's file with the next sequence number that no file has.
  private mutating func createSegment() throws(Errno) -> SpoolFiles.Handle {
    while true {
      do throws(Errno) {
        return try files.create(Segment.name(nextSequence))
      } catch .fileExists {
        nextSequence += 1
      }
    }
  }

  /// Ends the last segment. It is synced now if that is due, as in an outage; else it will usually
  /// be acknowledged and removed before.
  private mutating func endSegment(at now: ContinuousClock.Instant) {
    isAdding = false
    removeDone()
    let openCount = segments.count { $0.file != nil }
    if openCount > Spool.maximumOpenFiles || syncDue.map({ now >= $0 }) ?? false { sync(at: now) }
    closeFiles()
  }

  /// Closes the files of segments that are synced and not added to.
  private mutating func closeFiles() {
    for index in segments.indices.dropLast(isAdding ? 1 : 0) where !segments[index].isDirty {
      guard let file = segments[index].file else { continue }
      files.close(file)
      segments[index].file = nil
    }
  }

  /// Removes the last segment, which is empty.
  private mutating func removeLast() {
    isAdding = false
    if let last = segments.popLast() { discard(last) }
  }

  /// Removes the segments of which all records are acknowledged, and empties the one that records
  /// are added to: once the outbox is empty, a later process finds nothing to send again.
  mutating func removeDone() {
    while let oldest = segments.first, oldest.end <= first {
      if isAdding, segments.count == 1, emptyLast() { break }
      segments.removeFirst()
      size -= oldest.size
      discard(oldest)
    }
    guard !pendingRemovals.isEmpty else { return }
    pendingRemovals = pendingRemovals.filter { name in
      do throws(Errno) { try files.remove(name) } catch { return error != .noSuchFileOrDirectory }
      return false
    }
  }

  /// Empties the last segment, whose records are all acknowledged. A new file would cost the disk
  /// more writes.
  ///
  /// - Returns: false if that failed; the segment is then ended.
  private mutating func emptyLast() -> Bool {
    guard let last = segments.last, last.count > 0, let file = last.file else { return true }
    do throws(Errno) {
      // A file of which an fsync failed is not written to again.
      guard !last.hasSyncFailed else { throw .ioError }
      try files.truncate(file, to: 0)
    } catch {
      isAdding = false
      return false
    }
    size -= last.size
    readSequence = nil
    segments = [
      Segment(
        sequence: last.sequence, first: last.end, count: 0, size: 0, since: last.since, file: file)
    ]
    return true
  }

  mutating func discard(_ segment: Segment) {
    if let file = segment.file { files.close(file) }
    // The damaged part of a segment is in no other file.
    if segment.isDamaged {
      do throws(Errno) {
        return try quarantineDirectory.move(segment: segment.name, size: segment.size)
      } catch {
        return events.append(.quarantineLost(error))
      }
    }
    do throws(Errno) {
      try files.remove(segment.name)
    } catch {
      pendingRemovals.append(segment.name)
    }
  }

  // MARK: - fsync

  /// When the next sync is due; nil if all segments are synced.
  var syncDue: ContinuousClock.Instant? {
    guard let since = oldestSince, segments.contains(where: \.isDirty) else { return nil }
    return max(since, lastSync ?? since)
      + (isSyncFailing ? max(limits.sync, Spool.retryDelay) : limits.sync)
  }

  /// Syncs all segments that were written to.
  mutating func sync(at now: ContinuousClock.Instant) {
    lastSync = now
    isSyncFailing = false
    var isNew = false
    for index in segments.indices where segments[index].isDirty {
      isNew = true
      do throws(Errno) {
        guard let file = segments[index].file, !segments[index].hasSyncFailed else {
          throw .ioError
        }
        try files.syncRetrying(file)
      } catch {
        // The kernel may have discarded the pages that it could not write, so another fsync would
        // prove nothing.
        segments[index].hasSyncFailed = true
        guard rewrite(index, error) else {
          isSyncFailing = true
          continue
        }
      }
      segments[index].isDirty = false
    }
    closeFiles()
    guard isNew else { return }
    do throws(Errno) { try files.syncDirectoriesRetrying() } catch {
      events.append(.syncFailed(error))
    }
  }

  /// Replaces a segment by a new, synced file with the same records.
  ///
  /// - Returns: whether that succeeded.
  private mutating func rewrite(_ index: Int, _ error: Errno) -> Bool {
    let segment = segments[index]
    let name = "\(segment.name).new"
    do throws(Errno) {
      let text = try files.readAll(segment.name, size: segment.size)
      try? files.remove(name)
      let file = try files.create(name)
      do throws(Errno) {
        try files.write(all: text.span, to: file)
        try files.syncRetrying(file)
        try files.rename(name, to: segment.name)
      } catch {
        files.close(file)
        try? files.remove(name)
        throw error
      }
      if let old = segment.file { files.close(old) }
      segments[index].file = file
      segments[index].hasSyncFailed = false
      events.append(.rewritten(segment: segment.name, error))
      return true
    } catch {
      // New records go to another file; this one is tried again at the next sync.
      if index == segments.count - 1 { isAdding = false }
      events.append(.syncFailed(error))
      return false
    }
  }
}
