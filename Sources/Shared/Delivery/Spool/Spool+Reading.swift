import Records
import SystemPackage

/// Reading segments back.
extension Spool {
  /// The most bytes of one read.
  static let chunkSize = 64 << 10

  /// The segment with the record that follows the loaded ones.
  private var segmentToRead: Segment? {
    let next = loaded.end
    return segments.first { $0.first <= next && next < $0.end }
  }

  /// Starts reading a segment at its first record.
  mutating func startReading(_ segment: Segment) {
    readSequence = segment.sequence
    readOffset = 0
    readNumber = segment.first
    reader = RecordReader()
    damagedReader = DamagedSegmentReader()
  }

  /// Loads the records of the next chunk.
  mutating func load() {
    guard let segment = segmentToRead else {
      // No segment has it, so the numbers go on with the unwritten records.
      loaded.restart(at: max(loaded.end, unwritten.first))
      return
    }
    if readSequence != segment.sequence { startReading(segment) }
    let chunk: [UInt8]
    do throws(Errno) {
      let count = min(Spool.chunkSize, segment.size - readOffset)
      chunk = count > 0 ? try files.readChunk(segment.name, from: readOffset, count: count) : []
      readFailures = 0
    } catch {
      return readFailed(segment, error)
    }
    do throws(Errno) {
      // The file is shorter than what was written.
      guard !chunk.isEmpty else { throw .ioError }
      readOffset += chunk.count
      let end = segment.end
      let texts = segment.isDamaged ? damagedReader.read(chunk).compactMap(\.record) : [chunk]
      for text in texts {
        try reader.read(text.span) { event throws(Errno) in
          guard case .record(let record) = event else { throw .ioError }
          if readNumber == loaded.end, loaded.end < end {
            loaded.append(record, since: segment.since)
          }
          readNumber += 1
        }
      }
      // The file has fewer records than were written.
      if readOffset >= segment.size, loaded.end < end { throw .ioError }
    } catch {
      skipUnreadable(segment, error)
    }
  }

  /// Retries the read of a segment later, or skips the segment if a retry is of no use.
  private mutating func readFailed(_ segment: Segment, _ error: Errno) {
    readFailures += 1
    let isPassing: [Errno] = [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory]
    guard error != .noSuchFileOrDirectory, isPassing.contains(error) || readFailures < 4 else {
      readFailures = 0
      return skipUnreadable(segment, error)
    }
    readRetryAt = now + Spool.retryDelay
  }

  /// How many buffered records were in segments that another program removed.
  mutating func countMissing() -> Int {
    var count = 0
    for segment in segments where segment.end > first {
      do throws(Errno) {
        _ = try files.readChunk(segment.name, from: 0, count: 1)
      } catch .noSuchFileOrDirectory {
        count += Int(segment.end - max(first, segment.first))
      } catch {}
    }
    return count
  }

  /// Skips the rest of a segment that cannot be read.
  private mutating func skipUnreadable(_ segment: Segment, _ error: Errno) {
    let rest = Int(segment.end - loaded.end)
    if error == .noSuchFileOrDirectory {
      counts.dropped += rest
      events.append(.gone(segment: segment.name, rest))
    } else {
      counts.rejected += rest
      events.append(.unreadable(segment: segment.name, rest, error))
    }
    loaded.skip(to: segment.end, since: segment.since)
    if segment.sequence == segments.last?.sequence { isAdding = false }
    for index in segments.indices where segments[index].sequence == segment.sequence {
      segments[index].isDamaged = error != .noSuchFileOrDirectory
    }
    // Numbers without a record need no acknowledgement.
    loaded.remove(before: first)
    removeDone()
  }

  /// The range of the timestamps in a segment, as far as it can be read.
  func times(of segment: Segment) -> ClosedRange<Timestamp>? {
    var reader = RecordReader()
    var times: ClosedRange<Timestamp>?
    var offset = 0
    while offset < segment.size,
      let chunk = try? files.readChunk(
        segment.name, from: offset, count: min(Spool.chunkSize, segment.size - offset)),
      !chunk.isEmpty
    {
      offset += chunk.count
      reader.read(chunk.span) { event in
        guard case .record(let record) = event, let time = record.timestamp else { return }
        let known = times ?? time...time
        times = min(known.lowerBound, time)...max(known.upperBound, time)
      }
    }
    return times
  }
}
