import Foundation
import Synchronization
import SystemPackage

/// A server on the loopback address whose connections a test writes to.
public final class TCPServer: Sendable {
  public let port: Int
  private let socket: Mutex<Int32?>

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

  /// Waits for a connection.
  /// - Throws: `Errno.timedOut` after the limit.
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

  /// Stops listening: new connections are rejected.
  public func close() {
    socket.withLock { socket in
      if let open = socket { Foundation.close(open) }
      socket = nil
    }
  }

  /// An accepted connection.
  public final class Connection: Sendable {
    private let writer: PipeWriter

    init(_ descriptor: Int32) { writer = PipeWriter(descriptor) }

    public func write(_ bytes: [UInt8]) async throws {
      if try await !writer.write(bytes, within: .seconds(10)) { throw Errno.timedOut }
    }

    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Whether the other side has closed the connection.
    public var isLeft: Bool {
      writer.withDescriptor { descriptor in
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 0
      }
    }

    /// Closes the connection with a reset, as a machine does that does not know it.
    public func reset() {
      writer.withDescriptor { Socket(descriptor: $0).resetOnClose() }
      writer.close()
    }

    public func close() { writer.close() }
  }
}
