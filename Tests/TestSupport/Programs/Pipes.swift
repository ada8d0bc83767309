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

/// A pipe, terminal or socket that a test writes to. If it is full, the task is suspended, not its thread.
final class Descriptor: Sendable {
  private let number: Mutex<Int32?>

  /// Takes over an open descriptor; nil for one that is closed.
  init(_ number: Int32?) {
    if let number { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }
    self.number = Mutex(number)
  }

  deinit { close() }

  /// - Returns: whether all bytes were written within the limit.
  /// - Throws: `Errno.brokenPipe` if nobody reads, `Errno.badFileDescriptor` if it is closed.
  func write(_ bytes: [UInt8], within limit: Duration) async throws -> Bool {
    var rest = bytes[...]
    return try await Deadline(in: limit).poll(every: .milliseconds(1)) {
      while !rest.isEmpty {
        let (count, error) = withNumber { descriptor in
          rest.withUnsafeBytes { (Foundation.write(descriptor, $0.baseAddress, $0.count), errno) }
        }
        if count < 0 && error == EAGAIN { return false }
        guard count >= 0 else { throw Errno(rawValue: error) }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Calls `body` with the number, or -1 if it is closed; it is not closed meanwhile.
  func withNumber<Result>(_ body: (Int32) throws -> Result) rethrows -> Result {
    try number.withLock { try body($0 ?? -1) }
  }

  /// Closes it; doing so twice is no error.
  func close() {
    number.withLock { number in
      if let open = number { Foundation.close(open) }
      number = nil
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
