import Foundation
import SystemPackage
import TestSupport

/// A named pipe that a test keeps open and writes to, while its readers come and go.
final class NamedPipe: Sendable {
  let path: String
  private let descriptor: Int32

  init(in directory: TemporaryDirectory) throws {
    path = directory.path("pipe")
    guard mkfifo(path, 0o600) == 0 else { throw Errno(rawValue: errno) }
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit { close(descriptor) }

  /// The number of bytes in the pipe.
  var count: Int {
    var count: Int32 = 0
    _ = ioctl(descriptor, UInt(FIONREAD), &count)
    return Int(count)
  }

  /// Writes text in one write, once the pipe has room for all of it.
  func write(_ text: String) async throws {
    let bytes = Array(text.utf8)
    precondition(bytes.count <= PIPE_BUF, "only so much goes as a whole")
    let isDone = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(2)) {
      Foundation.write(descriptor, bytes, bytes.count) == bytes.count
    }
    if !isDone { throw Errno.timedOut }
  }
}
