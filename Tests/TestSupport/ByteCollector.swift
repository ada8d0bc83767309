import Foundation
import Synchronization

/// Gathers everything that is written to a pipe, so that the writer never has to wait.
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

  /// What has been read so far.
  var bytes: [UInt8] { state.withLock { $0.bytes } }

  /// What has been read so far, without its first bytes.
  func bytes(from offset: Int) -> [UInt8] { state.withLock { Array($0.bytes[offset...]) } }

  /// Whether every writer has closed the pipe.
  var isComplete: Bool { state.withLock { $0.isComplete } }
}
