import Foundation
import TestSupport

/// A port of 127.0.0.1 that rejects connections, and that nobody else can take meanwhile.
final class ClosedPort: Sendable {
  let number: Int
  private let socket: Int32

  init() throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    // Bound, but never listening.
    number = try Loopback.bind(socket)
  }

  deinit { close(socket) }
}
