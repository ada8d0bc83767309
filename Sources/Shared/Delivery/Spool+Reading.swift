import Records
import SystemPackage

/// What a spool reads back from its directory.
extension Spool {
  /// So much is read at once.
  static let pieceSize = 64 << 10

  /// The segment that the record behind those that are loaded is in.
  private var segmentToRead: Segment? {
    let next = loaded.end
    return segments.first { $0.first <= next && next < $0.end }
  }

  /// Begins to read a segment, with its first record.
  mutating func startReading(_ segment: Segment) {
    readPlace = segment.place
    readOffset = 0
    readNumber = segment.first
    reader = RecordReader()
    parts = SpoilableRecords()
  }

  /// Loads some records more.
  mutating func load() {
    guard let segment = segmentToRead else {
      // There is none, though there should be.
      loaded.restart(at: max(loaded.end, unwritten.first))
      return
    }
    if readPlace != segment.place { startReading(segment) }
    let piece: [UInt8]
    do throws(Errno) {
      let count = min(Spool.pieceSize, segment.size - readOffset)
      piece = count > 0 ? try files.readPiece(segment.name, from: readOffset, count: count) : []
      readFailures = 0
    } catch {
      return readFailed(segment, error)
    }
    do throws(Errno) {
      // It has fewer records than it had.
      guard !piece.isEmpty else { throw .ioError }
      readOffset += piece.count
      let end = segment.end
      let texts = segment.isDamaged ? parts.read(piece).compactMap(\.record) : [piece]
      for text in texts {
        try reader.read(text.span) { event throws(Errno) in
          guard case .record(let record) = event else { throw .ioError }
          if readNumber == loaded.end, loaded.end < end {
            loaded.append(record, since: segment.since)
          }
          readNumber += 1
        }
      }
      // The disk has spoilt some of it meanwhile.
      if readOffset >= segment.size, loaded.end < end { throw .ioError }
    } catch {
      setApart(segment, error)
    }
  }

  /// A segment cannot be read now: it is tried again, unless it has gone, or that is of no use.
  private mutating func readFailed(_ segment: Segment, _ error: Errno) {
    readFailures += 1
    let isPassing: [Errno] = [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory]
    guard error != .noSuchFileOrDirectory, isPassing.contains(error) || readFailures < 4 else {
      readFailures = 0
      return setApart(segment, error)
    }
    readRetryAt = now + Spool.pause
  }

  /// How many of the records that wait are in segments that somebody has removed.
  mutating func countGone() -> Int {
    var count = 0
    for segment in segments where segment.end > first {
      do throws(Errno) {
        _ = try files.readPiece(segment.name, from: 0, count: 1)
      } catch .noSuchFileOrDirectory {
        count += Int(segment.end - max(first, segment.first))
      } catch {}
    }
    return count
  }

  /// Leaves out the rest of a segment that cannot be read.
  private mutating func setApart(_ segment: Segment, _ error: Errno) {
    let rest = Int(segment.end - loaded.end)
    if error == .noSuchFileOrDirectory {
      counts.dropped += rest
      events.append(.gone(segment: segment.name, rest))
    } else {
      counts.refused += rest
      events.append(.unreadable(segment: segment.name, rest, error))
    }
    loaded.skip(to: segment.end, since: segment.since)
    if segment.place == segments.last?.place { isAdding = false }
    for index in segments.indices where segments[index].place == segment.place {
      segments[index].isDamaged = error != .noSuchFileOrDirectory
    }
    // Nobody waits for what cannot be had.
    loaded.remove(before: first)
    removeDone()
  }

  /// The times of the records of a segment, as far as it can be read.
  func times(of segment: Segment) -> ClosedRange<Timestamp>? {
    var reader = RecordReader()
    var times: ClosedRange<Timestamp>?
    var offset = 0
    while offset < segment.size,
      let piece = try? files.readPiece(
        segment.name, from: offset, count: min(Spool.pieceSize, segment.size - offset)),
      !piece.isEmpty
    {
      offset += piece.count
      reader.read(piece.span) { event in
        guard case .record(let record) = event, let time = record.timestamp else { return }
        let known = times ?? time...time
        times = min(known.lowerBound, time)...max(known.upperBound, time)
      }
    }
    return times
  }
}
