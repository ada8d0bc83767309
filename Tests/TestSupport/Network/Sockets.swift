import Foundation
import SystemPackage

/// The loopback address, 127.0.0.1 and ::1.
public enum Loopback {
  /// Opens a socket and binds it to a port, 0 for any free one, of ::1 where `isIPv6`, else of 127.0.0.1.
  /// - Parameter isReusable: whether closed connections from and to the port do not matter.
  public static func bind(
    port: Int = 0, isIPv6: Bool = false, isReusable: Bool = false
  ) throws -> (descriptor: Int32, port: Int) {
    var found: UnsafeMutablePointer<addrinfo>?
    let host = isIPv6 ? "::1" : "127.0.0.1"
    guard getaddrinfo(host, "\(port)", nil, &found) == 0, let info = found?.pointee,
      let address = info.ai_addr
    else { throw Errno.addressNotAvailable }
    defer { freeaddrinfo(found) }
    let descriptor = socket(info.ai_family, Int32(SOCK_STREAM.rawValue), 0)
    var reuse: Int32 = isReusable ? 1 : 0
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var length = info.ai_addrlen
    guard Foundation.bind(descriptor, address, length) == 0,
      getsockname(descriptor, address, &length) == 0
    else {
      defer { close(descriptor) }
      throw Errno(rawValue: errno)
    }
    // The port is at the same offset in sockaddr_in and sockaddr_in6.
    let number = UnsafeRawPointer(address).load(fromByteOffset: 2, as: UInt16.self)
    return (descriptor, Int(UInt16(bigEndian: number)))
  }

  /// As `bind`, with a socket that listens.
  /// - Parameter backlog: how many connections may wait to be accepted, and one.
  static func listen(
    port: Int, isIPv6: Bool, backlog: Int32
  ) throws -> (descriptor: Int32, port: Int) {
    let bound = try bind(port: port, isIPv6: isIPv6, isReusable: true)
    guard Foundation.listen(bound.descriptor, backlog) == 0 else {
      defer { close(bound.descriptor) }
      throw Errno(rawValue: errno)
    }
    return bound
  }

  /// Different ports that are free now.
  ///
  /// They are below the range that the kernel gives to clients, so that they stay free while a server is
  /// stopped. Another process may still take one, so `Server.launch` tries a start again.
  public static func freePorts(_ count: Int) -> [Int] {
    var ports: Set<Int> = []
    while ports.count < count {
      guard let (descriptor, port) = try? bind(port: .random(in: 10_000..<32_000)) else { continue }
      close(descriptor)
      ports.insert(port)
    }
    return Array(ports)
  }
}

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
    let end = ContinuousClock.now + .seconds(2)
    var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while .now < end {
      if poll(&interest, 1, 100) > 0, read().isEmpty { return }
    }
  }

  /// Has the connection reset when it is closed, as by a machine that does not know it.
  func resetOnClose() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }
}

/// A server on the loopback address whose connections a test accepts and writes to.
public final class TCPServer: Sendable {
  public let port: Int
  private let socket: Descriptor

  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - backlog: how many connections may wait to be accepted, and one.
  /// - Throws: `Errno`, such as where another process listens.
  public init(port: Int = 0, isIPv6: Bool = false, backlog: Int32 = 8) throws {
    let (descriptor, port) = try Loopback.listen(port: port, isIPv6: isIPv6, backlog: backlog)
    self.port = port
    socket = Descriptor(descriptor)
  }

  /// Waits for a connection.
  /// - Throws: `Errno.timedOut` after the limit.
  public func accept(within limit: Duration = .seconds(60)) async throws -> Connection {
    var accepted: Int32 = -1
    let isAccepted = try await Deadline(in: limit).poll(every: .milliseconds(2)) {
      accepted = socket.withNumber { Foundation.accept($0, nil, nil) }
      return accepted >= 0
    }
    guard isAccepted else { throw Errno.timedOut }
    return Connection(accepted)
  }

  /// Stops listening: new connections are refused.
  public func close() { socket.close() }

  public final class Connection: Sendable {
    private let socket: Descriptor

    init(_ descriptor: Int32) { socket = Descriptor(descriptor) }

    public func write(_ bytes: [UInt8]) async throws {
      if try await !socket.write(bytes, within: .seconds(10)) { throw Errno.timedOut }
    }

    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Whether the other side has closed the connection.
    public var isClosedByPeer: Bool {
      socket.withNumber { descriptor in
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 0
      }
    }

    /// Closes the connection with a reset, as a machine does that does not know it.
    public func reset() {
      socket.withNumber { Socket(descriptor: $0).resetOnClose() }
      socket.close()
    }

    public func close() { socket.close() }
  }
}
