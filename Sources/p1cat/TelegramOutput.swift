import Console
import Records
import SystemPackage

/// Standard output as a stream of telegrams: none is ever split over two writes.
///
/// Telegrams that come together, from a file or a pipe, go out together: as many as are taken as a
/// whole, whoever else writes there.
struct TelegramOutput {
  /// Whether the time of receipt stands before each telegram that has none yet.
  let stamps: Bool
  /// How many telegrams are wanted; nil for all.
  let limit: Int?
  private(set) var count = 0
  /// Where the telegrams stand that are to go out together.
  private var run = 0..<0
  private var buffer: [UInt8] = []

  /// The most bytes of telegrams that go out together.
  private let runSize: Int

  init(stamps: Bool, limit: Int?) {
    self.stamps = stamps
    self.limit = limit
    FileDescriptor.standardOutput.enlargePipe()
    runSize = FileDescriptor.standardOutput.wholeWriteSize
  }

  /// Whether there are as many telegrams as wanted.
  var isComplete: Bool { count == limit }

  /// Adds a telegram; it has gone out after ``flush(_:)``.
  ///
  /// - Parameters:
  ///   - range: where it stands, from `/` to the end of the `!` line.
  ///   - bytes: what it stands in, the same until ``flush(_:)``.
  ///   - receivedAt: the time that stood before it, which it keeps.
  /// - Throws: `Failure`, or a quiet end where nobody reads any more.
  mutating func add(
    _ range: Range<Int>, of bytes: Span<UInt8>, receivedAt: Timestamp? = nil
  ) throws {
    count += 1
    let isEnded = bytes[range.upperBound - 1] == UInt8(ascii: "\n")
    let stamp = receivedAt ?? (stamps ? .now : nil)
    let isAsItStands = stamp == nil && isEnded
    if isAsItStands, range.lowerBound == run.upperBound,
      run.count + range.count <= runSize
    {
      run = run.lowerBound..<range.upperBound
      return
    }
    try flush(bytes)
    if isAsItStands {
      run = range
    } else {
      try write(bytes.extracting(range), stamp, isEnded: isEnded)
    }
  }

  /// Writes what is to go out.
  mutating func flush(_ bytes: Span<UInt8>) throws {
    defer { run = 0..<0 }
    if count > 0 { StartMemory.giveBackOnceRunning() }
    if !run.isEmpty { try FileDescriptor.standardOutput.write(all: bytes.extracting(run)) }
  }

  private mutating func write(
    _ telegram: Span<UInt8>, _ stamp: Timestamp?, isEnded: Bool
  ) throws {
    buffer.removeAll(keepingCapacity: true)
    if let stamp {
      buffer.append(UInt8(ascii: "#"))
      buffer.append(stamp)
      buffer.append(UInt8(ascii: "\n"))
    }
    buffer.append(contentsOf: telegram)
    if !isEnded { buffer.append(contentsOf: "\r\n".utf8) }
    try FileDescriptor.standardOutput.write(all: buffer.span)
  }
}
