import Foundation
import Synchronization
import SystemPackage

/// The writing side of a pipe or a terminal; to write waits without holding a thread.
final class Outlet: Sendable {
  private let descriptor: Mutex<Int32?>

  /// Takes over an open descriptor; nil stands for one that is closed.
  init(_ descriptor: Int32?) {
    if let descriptor { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    self.descriptor = Mutex(descriptor)
  }

  deinit { close() }

  /// Writes all bytes, as fast as they are taken.
  /// - Returns: whether they were all taken within the limit.
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

  /// Calls `body` with the descriptor, or -1, which cannot be closed meanwhile.
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
