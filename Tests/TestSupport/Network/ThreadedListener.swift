import Foundation
import Synchronization
import SystemPackage

/// Listens on the loopback address or a Unix socket, and serves each connection on a thread of its own,
/// which may block.
final class ThreadedListener: Sendable {
  /// 0 on a Unix socket.
  let port: Int
  private let socket: Int32

  private struct State {
    var isClosed = false
    var open: Set<Int32> = []
    var count = 0
  }
  private let state = Mutex(State())

  /// Listens; no connection is served before `start`.
  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - path: a Unix socket to listen on instead of a port.
  init(port: Int = 0, isIPv6: Bool = false, socket path: String? = nil) throws {
    if let path {
      (socket, self.port) = (try Self.listen(at: path), 0)
    } else {
      (socket, self.port) = try Loopback.listen(port: port, isIPv6: isIPv6, backlog: 64)
    }
  }

  private static func listen(at path: String) throws -> Int32 {
    let socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw Errno.fileNameTooLong
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0, Foundation.listen(socket, 64) == 0 else { throw Errno(rawValue: errno) }
    return socket
  }

  var connectionCount: Int { state.withLock(\.count) }

  var openCount: Int { state.withLock(\.open.count) }

  /// Accepts connections.
  /// - Parameter serve: called with each connection, which is closed when it returns, and its number,
  ///   counted from 1.
  func start(_ serve: @escaping @Sendable (Socket, _ number: Int) -> Void) {
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread { [self] in accept(serve) }
  }

  /// Ends all connections; new ones are served.
  func endConnections() {
    state.withLock { state in
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  /// Ends all connections and rejects new ones; doing so twice is no error.
  func close() {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      // This wakes the threads that wait on the sockets; they close them.
      shutdown(socket, Int32(SHUT_RDWR))
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  private func accept(_ serve: @escaping @Sendable (Socket, Int) -> Void) {
    while true {
      let connection = Foundation.accept(socket, nil, nil)
      guard connection >= 0 else {
        if state.withLock(\.isClosed) { break }
        // Interrupted, or too many open files.
        usleep(1000)
        continue
      }
      let number = state.withLock { state -> Int? in
        guard !state.isClosed else { return nil }
        state.open.insert(connection)
        state.count += 1
        return state.count
      }
      guard let number else {
        Foundation.close(connection)
        break
      }
      Thread.detachNewThread { [self] in
        serve(Socket(descriptor: connection), number)
        state.withLock { state in
          state.open.remove(connection)
          // The descriptor is closed last, so no other connection can get its number before.
          Foundation.close(connection)
        }
      }
    }
    Foundation.close(socket)
  }
}
