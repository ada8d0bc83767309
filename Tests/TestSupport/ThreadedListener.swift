import Foundation
import Synchronization
import SystemPackage

/// A socket that listens on the loopback address or in a directory, each of whose connections is
/// served on a thread of its own, which may wait.
final class ThreadedListener: Sendable {
  /// Where it listens; 0 on a Unix socket.
  let port: Int
  private let socket: Int32

  private struct State {
    var isClosed = false
    var open: Set<Int32> = []
    var count = 0
  }
  private let state = Mutex(State())

  /// Listens; nobody is served yet.
  /// - Parameters:
  ///   - port: where, or 0 for a port that is free.
  ///   - isIPv6: whether it listens on ::1, else on 127.0.0.1.
  ///   - path: the Unix socket that it listens on instead.
  /// - Throws: `Errno` where it cannot.
  init(port: Int = 0, isIPv6: Bool = false, socket path: String? = nil) throws {
    let family = path != nil ? AF_UNIX : isIPv6 ? AF_INET6 : AF_INET
    socket = Foundation.socket(
      family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw Errno(rawValue: errno) }
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    do {
      if let path {
        try Self.bind(socket, to: path)
        self.port = 0
      } else {
        self.port = try Loopback.bind(socket, port: port, isIPv6: isIPv6)
      }
      guard listen(socket, 64) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      Foundation.close(socket)
      throw error
    }
  }

  private static func bind(_ socket: Int32, to path: String) throws {
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
    guard result == 0 else { throw Errno(rawValue: errno) }
  }

  /// How many connections it has accepted.
  var connectionCount: Int { state.withLock(\.count) }

  /// How many connections are open.
  var openCount: Int { state.withLock(\.open.count) }

  /// Serves who connects.
  /// - Parameter serve: gets the connection, which is closed when it returns, and its number, counted
  ///   from 1.
  func start(_ serve: @escaping @Sendable (_ connection: Int32, _ number: Int) -> Void) {
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread { [self] in accept(serve) }
  }

  /// Ends all connections; who connects from now on is served.
  func endConnections() {
    state.withLock { state in
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  /// Refuses who connects from now on, and ends all connections; doing so twice is no error.
  func close() {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      // The threads that wait on them wake up, and close them.
      shutdown(socket, Int32(SHUT_RDWR))
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  private func accept(_ serve: @escaping @Sendable (Int32, Int) -> Void) {
    while true {
      let connection = Foundation.accept(socket, nil, nil)
      guard connection >= 0 else {
        if state.withLock(\.isClosed) { break }
        // Interrupted, or too many open files.
        usleep(1000)
        continue
      }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
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
        serve(connection, number)
        state.withLock { state in
          state.open.remove(connection)
          // Not before, or somebody else's connection would get its number.
          Foundation.close(connection)
        }
      }
    }
    Foundation.close(socket)
  }
}
