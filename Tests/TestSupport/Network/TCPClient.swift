import Foundation
import Synchronization
import SystemPackage

/// A client of a server on this machine. It reads all that arrives, or nothing until it is told to.
public final class TCPClient: Sendable {
  /// Its own address, as the server sees it: `127.0.0.1:40522`.
  public let name: String
  private let socket: Int32
  private let state = Mutex((bytes: [UInt8](), isEnded: false))

  /// Connects.
  /// - Parameters:
  ///   - host: a numeric address.
  ///   - reads: whether it reads at once.
  ///   - limit: how long to retry.
  /// - Throws: `Errno.connectionRefused` if nobody listens.
  public init(
    host: String = "127.0.0.1", port: Int, reads: Bool = true, within limit: Duration = .seconds(10)
  ) async throws {
    var connected: (Int32, String)?
    let isConnected = try await Deadline(in: limit).poll {
      connected = Self.connect(host, port)
      return connected != nil
    }
    guard isConnected, let connected else { throw Errno.connectionRefused }
    (socket, name) = connected
    if reads { startReading() }
  }

  deinit { Foundation.close(socket) }

  private static func connect(_ host: String, _ port: Int) -> (Int32, String)? {
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", nil, &found) == 0, let info = found?.pointee,
      let address = info.ai_addr
    else { return nil }
    defer { freeaddrinfo(found) }
    var length = info.ai_addrlen
    let socket = Foundation.socket(info.ai_family, Int32(SOCK_STREAM.rawValue), 0)
    guard Foundation.connect(socket, address, length) == 0,
      getsockname(socket, address, &length) == 0
    else {
      Foundation.close(socket)
      return nil
    }
    let number = UnsafeRawPointer(address).load(fromByteOffset: 2, as: UInt16.self)
    // The kernel connects from 127.0.0.1, whichever address of the machine it connects to.
    let shown = host.contains(":") ? "[\(host)]" : "127.0.0.1"
    return (socket, "\(shown):\(UInt16(bigEndian: number))")
  }

  /// Reads from now on, on a thread of its own.
  public func startReading() {
    Thread.detachNewThread { [self] in
      while true {
        let piece = Socket(descriptor: socket).read()
        state.withLock { state in
          state.bytes += piece
          state.isEnded = piece.isEmpty
        }
        if piece.isEmpty { return }
      }
    }
  }

  public var text: String { String(decoding: state.withLock(\.bytes), as: UTF8.self) }

  /// Waits until it has read exactly this text.
  /// - Throws: `ConditionNotMet` after ten seconds.
  public func wait(for text: String) async throws {
    let expected = Array(text.utf8)
    let isThere = try await Deadline(in: .seconds(10)).poll(every: .milliseconds(2)) {
      state.withLock { $0.bytes == expected }
    }
    if !isThere {
      throw ConditionNotMet(
        within: .seconds(10), seen: ["\(name) read:\n\(self.text.suffix(3000))"])
    }
  }

  /// Waits until the server has ended the connection.
  /// - Throws: `Errno.timedOut` after ten seconds.
  public func waitForEnd() async throws {
    let isEnded = try await Deadline(in: .seconds(10)).poll { state.withLock(\.isEnded) }
    if !isEnded { throw Errno.timedOut }
  }

  /// Sends bytes, as many as go out before the connection ends.
  public func write(_ bytes: [UInt8]) { Socket(descriptor: socket).write(bytes) }

  /// Closes its sending side, and goes on reading.
  public func stopSending() { shutdown(socket, Int32(SHUT_WR)) }

  /// Ends the connection.
  /// - Parameter resets: whether at once, as by a machine that does not know it.
  public func close(resets: Bool = false) {
    if resets {
      // A connection to nowhere dissolves this one (connect(2)), without a FIN.
      var nowhere = sockaddr()
      nowhere.sa_family = sa_family_t(AF_UNSPEC)
      _ = Foundation.connect(socket, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    } else {
      shutdown(socket, Int32(SHUT_RDWR))
    }
  }
}
