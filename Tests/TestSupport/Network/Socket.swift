import Foundation

/// A connected socket; its calls block the thread that makes them.
struct Socket: Sendable {
  /// POLLRDHUP of Linux: the other side has ended the connection.
  private static let hangUp: Int16 = 0x2000

  let descriptor: Int32

  /// What has arrived, at least one byte; empty at the end of the connection.
  func read() -> ArraySlice<UInt8> {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count: Int
    repeat { count = recv(descriptor, &buffer, buffer.count, 0) } while count < 0 && errno == EINTR
    return buffer[..<max(0, count)]
  }

  /// Sends all bytes, or as many as go out before the connection ends.
  func write(_ bytes: [UInt8]) {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Waits, without reading, until either side has ended the connection.
  func waitForHangUp() {
    var interest = pollfd(fd: descriptor, events: Self.hangUp, revents: 0)
    while poll(&interest, 1, -1) < 0, errno == EINTR {}
  }

  /// Ends the connection so that the client gets all that was sent: if data is unread when a socket is
  /// closed, the kernel resets the connection and drops what was not yet read on the other side.
  func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
    let deadline = Deadline(in: .seconds(2))
    var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while !deadline.hasPassed {
      if poll(&interest, 1, 100) > 0, read().isEmpty { return }
    }
  }

  /// Has the connection reset when it is closed, as by a machine that does not know it.
  func resetOnClose() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }
}
