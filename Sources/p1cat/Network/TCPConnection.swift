import CommandLine
import Glibc
import SystemPackage

/// A connection to a server that sends what a meter prints: ser2net, or a gateway on the P1 port.
struct TCPConnection: MeterConnection {
  let name: String
  let isAtHand = false
  /// A connection may be dead without anybody saying so.
  let isGoneWhenSilent = true

  private let server: ServerAddress
  private var step = Step.closed
  /// What has come since the server was connected to; nil once that was a telegram.
  private var sent: ServerMessage?

  private enum Step {
    case closed
    case lookingUp(NameLookup)
    /// The addresses that are left to be tried.
    case connecting(
      FileDescriptor, until: ContinuousClock.Instant, others: ArraySlice<SocketAddress>)
    case connected(FileDescriptor)
  }

  /// So long an address is tried.
  private static let longestTry = Duration.seconds(10)

  init(to server: ServerAddress) {
    name = server.description
    self.server = server
  }

  // MARK: - Coming and going

  var interests: [Interest] {
    switch step {
    case .closed, .connected: []
    case .lookingUp(let lookup): [.reading(lookup.descriptor)]
    case .connecting(let socket, _, _): [.writing(socket)]
    }
  }

  var deadline: ContinuousClock.Instant? {
    if case .connecting(_, let end, _) = step { end } else { nil }
  }

  mutating func open() throws -> FileDescriptor? {
    switch step {
    case .closed:
      let known = SocketAddress.all(of: server.host, port: server.port, isInDigits: true)
      if case .success(let addresses) = known { return try connect(addresses[...]) }
      do throws(Errno) {
        step = .lookingUp(try NameLookup(server.host, port: server.port))
      } catch {
        throw Failure(name, error)
      }
      return nil
    case .lookingUp(let lookup):
      do {
        guard let addresses = try lookup.addresses() else { return nil }
        return try connect(addresses[...])
      } catch let error as LookupError {
        throw Failure(name, error.reason, .noInput)
      }
    case .connecting(let socket, let end, let others):
      if try !wait(for: [.writing(socket)], until: .now).isEmpty {
        let status = TCPConnection.status(of: socket)
        if status == nil { return connected(socket) }
        try? socket.close()
        return try connect(others, after: status)
      }
      guard ContinuousClock.now >= end else { return nil }
      try? socket.close()
      return try connect(others, after: .timedOut)
    case .connected(let socket): return socket
    }
  }

  mutating func close() {
    switch step {
    case .closed, .lookingUp: break
    case .connecting(let socket, _, _), .connected(let socket): try? socket.close()
    }
    step = .closed
  }

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    sent?.add(bytes)
  }

  mutating func telegramCame(at now: ContinuousClock.Instant) { sent = nil }

  var words: String? { sent?.text }

  func loss(_ errno: Errno?) -> DisconnectReason {
    guard let errno else { return .end("the server closed the connection") }
    return .failure(Failure(name, errno))
  }

  /// Begins with the first address that answers at all.
  private mutating func connect(
    _ addresses: ArraySlice<SocketAddress>, after failure: Errno? = nil
  ) throws -> FileDescriptor? {
    step = .closed
    var failure = failure
    for (index, address) in zip(addresses.indices, addresses) {
      do throws(Errno) {
        let socket = try address.connect()
        let others = addresses[(index + 1)...]
        step = .connecting(socket, until: .now + TCPConnection.longestTry, others: others)
        return nil
      } catch {
        failure = error
      }
    }
    throw Failure(name, failure ?? .addressNotAvailable, .noInput)
  }

  private mutating func connected(_ socket: FileDescriptor) -> FileDescriptor {
    step = .connected(socket)
    sent = ServerMessage()
    // A peer that is gone is found out after 30 + 3 × 10 s, whatever the system's default is.
    for (level, option, value) in [
      (SOL_SOCKET, SO_KEEPALIVE, Int32(1)), (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10), (Int32(IPPROTO_TCP), TCP_KEEPCNT, 3),
    ] {
      var value = value
      _ = unsafe setsockopt(
        socket.rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    return socket
  }

  /// What kept a socket from being connected; nil where nothing did.
  private static func status(of socket: FileDescriptor) -> Errno? {
    var status: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard
      unsafe getsockopt(socket.rawValue, SOL_SOCKET, SO_ERROR, &status, &length) == 0
    else {
      return Errno(rawValue: errno)
    }
    return status == 0 ? nil : Errno(rawValue: status)
  }
}
