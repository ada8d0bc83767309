import Foundation
import Synchronization
import SystemPackage

/// A server on the loopback address that says what a test has it say, and nothing else.
public final class TCPServer: Sendable {
  /// Where it listens.
  public let port: Int
  private let socket: Mutex<Int32?>

  /// Listens.
  /// - Parameters:
  ///   - port: where, or 0 for a port that is free.
  ///   - isIPv6: whether on ::1, else on 127.0.0.1.
  ///   - backlog: how many may wait to be accepted, and one.
  /// - Throws: `Errno` if that is not possible, such as where somebody else listens.
  public init(port: Int = 0, isIPv6: Bool = false, backlog: Int32 = 8) throws {
    let (descriptor, port) = try Loopback.listen(
      port: port, isIPv6: isIPv6, backlog: backlog, flags: SOCK_NONBLOCK.rawValue)
    self.port = port
    socket = Mutex(descriptor)
  }

  deinit { close() }

  /// Waits for somebody to connect.
  /// - Throws: `Errno.timedOut` if nobody does in time.
  public func accept(within limit: Duration = .seconds(60)) async throws -> Connection {
    var accepted: Int32 = -1
    let isThere = try await Deadline(in: limit).poll(every: .milliseconds(2)) {
      accepted = socket.withLock { $0.map { Foundation.accept($0, nil, nil) } ?? -1 }
      return accepted >= 0
    }
    guard isThere else { throw Errno.timedOut }
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return Connection(accepted)
  }

  /// Listens no longer, and refuses who connects from now on.
  public func close() {
    socket.withLock { socket in
      if let open = socket { Foundation.close(open) }
      socket = nil
    }
  }

  /// Somebody who has connected.
  public final class Connection: Sendable {
    private let outlet: Outlet

    init(_ descriptor: Int32) { outlet = Outlet(descriptor) }

    /// Sends bytes.
    public func write(_ bytes: [UInt8]) async throws {
      if try await !outlet.write(bytes, within: .seconds(10)) { throw Errno.timedOut }
    }

    /// Sends text.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Whether the other side has closed the connection.
    public var isLeft: Bool {
      outlet.withDescriptor { descriptor in
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 0
      }
    }

    /// Ends the connection as a machine does that knows nothing of it.
    public func reset() {
      outlet.withDescriptor { Socket(descriptor: $0).resetOnClose() }
      outlet.close()
    }

    /// Closes the connection in order.
    public func close() { outlet.close() }
  }
}
