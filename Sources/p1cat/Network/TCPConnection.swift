import CommandLine
import Glibc
import SystemPackage

/// A connection to a server that sends telegrams: ser2net, or a gateway on the P1 port.
struct TCPConnection: MeterConnection {
  let name: String
  let mustExistAtStart = false
  /// The other side of a connection may vanish without closing it.
  let reconnectsWhenSilent = true
  let longestPause = Duration.seconds(60)

  private let server: ServerAddress
  private var state = State.closed
  /// The bytes since the connection was made; nil once a telegram has arrived.
  private var message: ServerMessage?

  private enum State {
    case closed
    case lookingUp(NameLookup)
    /// `others` are the addresses to try next.
    case connecting(
      FileDescriptor, until: ContinuousClock.Instant, others: ArraySlice<SocketAddress>)
    case connected(FileDescriptor)
  }

  /// How long to wait for each address.
  private static let connectTimeout = Duration.seconds(10)

  init(to server: ServerAddress) {
    name = server.description
    self.server = server
  }

  // MARK: - Opening and closing

  var interests: [Interest] {
    switch state {
    case .closed, .connected: []
    case .lookingUp(let lookup): [.reading(lookup.descriptor)]
    case .connecting(let socket, _, _): [.writing(socket)]
    }
  }

  var deadline: ContinuousClock.Instant? {
    if case .connecting(_, let end, _) = state { end } else { nil }
  }

  mutating func open() throws -> FileDescriptor? {
    switch state {
    case .closed:
      let numeric = SocketAddress.all(of: server.host, port: server.port, numericOnly: true)
      if case .success(let addresses) = numeric { return try connect(addresses[...]) }
      do throws(Errno) {
        state = .lookingUp(try NameLookup(server.host, port: server.port))
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
        let error = TCPConnection.connectError(of: socket)
        if error == nil { return connected(socket) }
        try? socket.close()
        return try connect(others, after: error)
      }
      guard ContinuousClock.now >= end else { return nil }
      try? socket.close()
      return try connect(others, after: .timedOut)
    case .connected(let socket): return socket
    }
  }

  mutating func close() {
    switch state {
    case .closed, .lookingUp: break
    case .connecting(let socket, _, _), .connected(let socket): try? socket.close()
    }
    state = .closed
  }

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    message?.add(bytes)
  }

  mutating func receivedTelegram(at now: ContinuousClock.Instant) { message = nil }

  var serverMessage: String? { message?.text }

  func disconnectReason(_ errno: Errno?) -> DisconnectReason {
    guard let errno else { return .closed("the server closed the connection") }
    return .failure(Failure(name, errno))
  }

  /// Begins to connect to the first address for which that does not fail at once.
  private mutating func connect(
    _ addresses: ArraySlice<SocketAddress>, after failure: Errno? = nil
  ) throws -> FileDescriptor? {
    state = .closed
    var failure = failure
    for (index, address) in zip(addresses.indices, addresses) {
      do throws(Errno) {
        let socket = try address.connect()
        let others = addresses[(index + 1)...]
        state = .connecting(socket, until: .now + TCPConnection.connectTimeout, others: others)
        return nil
      } catch {
        failure = error
      }
    }
    throw Failure(name, failure ?? .addressNotAvailable, .noInput)
  }

  private mutating func connected(_ socket: FileDescriptor) -> FileDescriptor {
    state = .connected(socket)
    message = ServerMessage()
    socket.keepAlive()
    return socket
  }

  /// Why a socket could not be connected; nil if it is connected.
  private static func connectError(of socket: FileDescriptor) -> Errno? {
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
