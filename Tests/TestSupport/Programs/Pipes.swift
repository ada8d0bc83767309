import Foundation
import Synchronization
import SystemPackage

/// The two ends of a new pipe.
public struct PipeEnds: Sendable {
  public let reading: Int32
  public let writing: Int32

  public init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
    (reading, writing) = (ends[0], ends[1])
  }
}

/// The writing end of a pipe or terminal. A write to a full pipe suspends the task, not its thread.
final class PipeWriter: Sendable {
  private let descriptor: Mutex<Int32?>

  /// Takes over an open descriptor; nil for one that is closed.
  init(_ descriptor: Int32?) {
    if let descriptor { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    self.descriptor = Mutex(descriptor)
  }

  deinit { close() }

  /// - Returns: whether all bytes were written within the limit.
  /// - Throws: `Errno.brokenPipe` if nobody reads, `Errno.badFileDescriptor` if it is closed.
  func write(_ bytes: [UInt8], within limit: Duration) async throws -> Bool {
    var rest = bytes[...]
    return try await Deadline(in: limit).poll(every: .milliseconds(1)) {
      while !rest.isEmpty {
        let (count, error) = withDescriptor { descriptor in
          rest.withUnsafeBytes { (Foundation.write(descriptor, $0.baseAddress, $0.count), errno) }
        }
        if count < 0 && error == EAGAIN { return false }
        guard count >= 0 else { throw Errno(rawValue: error) }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Calls `body` with the descriptor, or -1; it is not closed meanwhile.
  func withDescriptor<Result>(_ body: (Int32) throws -> Result) rethrows -> Result {
    try descriptor.withLock { try body($0 ?? -1) }
  }

  /// Closes it; doing so twice is no error.
  func close() {
    descriptor.withLock { descriptor in
      if let open = descriptor { Foundation.close(open) }
      descriptor = nil
    }
  }
}

/// Reads everything from a pipe, so that its writer never blocks.
final class ByteCollector: Sendable {
  private let state = Mutex((bytes: [UInt8](), isComplete: false))

  /// Starts to read, on a thread of its own, up to the end of the file; then closes it.
  init(reading descriptor: Int32) {
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 {
          state.withLock { $0.bytes += buffer[..<count] }
        } else if count == 0 || errno != EINTR {
          break
        }
      }
      close(descriptor)
      state.withLock { $0.isComplete = true }
    }
  }

  var bytes: [UInt8] { state.withLock { $0.bytes } }

  func bytes(from offset: Int) -> [UInt8] { state.withLock { Array($0.bytes[offset...]) } }

  /// Whether every writer has closed the pipe.
  var isComplete: Bool { state.withLock { $0.isComplete } }
}
