import Foundation
import TestSupport

/// A port of 127.0.0.1 that refuses connections, and that no other process can take meanwhile.
final class ClosedPort: Sendable {
  let number: Int
  private let socket: Int32

  init() throws {
    // Bound, but never listening.
    (socket, number) = try Loopback.bind()
  }

  deinit { close(socket) }
}
