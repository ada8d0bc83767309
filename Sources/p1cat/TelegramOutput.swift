import Console
import Records
import SystemPackage

/// Standard output as a stream of telegrams: each one whole, in one write.
struct TelegramOutput {
  /// Whether the time of receipt stands before each telegram that has none yet.
  let stamps: Bool
  /// How many telegrams are wanted; nil for all.
  let limit: Int?
  private(set) var count = 0
  private var buffer: [UInt8] = []

  init(stamps: Bool, limit: Int?) {
    self.stamps = stamps
    self.limit = limit
    FileDescriptor.standardOutput.enlargePipe()
  }

  /// Whether there are as many telegrams as wanted.
  var isComplete: Bool { count == limit }

  /// Writes a telegram.
  ///
  /// - Parameters:
  ///   - telegram: from `/` to the end of the `!` line.
  ///   - receivedAt: the time that stood before it, which it keeps.
  /// - Throws: `Failure`, or a quiet end where nobody reads any more.
  mutating func write(_ telegram: Span<UInt8>, receivedAt: Timestamp?) throws {
    count += 1
    defer { StartMemory.giveBackOnceRunning() }
    let isEnded = telegram[telegram.count - 1] == UInt8(ascii: "\n")
    let stamp = receivedAt ?? (stamps ? .now : nil)
    guard stamp != nil || !isEnded else {
      return try FileDescriptor.standardOutput.write(all: telegram)
    }
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
