import Glibc
import SystemPackage

/// An IPv4 or IPv6 address with a port.
struct SocketAddress: Equatable, Sendable {
  private let family: Int32
  /// A `sockaddr_in` or a `sockaddr_in6`.
  private let bytes: [UInt8]

  /// The addresses of a host, in the order to try them.
  ///
  /// - Parameters:
  ///   - host: a name, or a numeric address.
  ///   - numericOnly: whether a name is an error, instead of being looked up.
  static func all(
    of host: String, port: Int, numericOnly: Bool = false
  ) -> Result<[SocketAddress], LookupError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard status == 0, unsafe list != nil else {
      let reason =
        status == EAI_SYSTEM
        ? Errno(rawValue: errno).description : unsafe String(cString: gai_strerror(status))
      return .failure(LookupError(reason: reason))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = unsafe list
    while let info = unsafe next?.pointee {
      let raw = unsafe UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
      addresses.append(SocketAddress(family: unsafe info.ai_family, bytes: unsafe [UInt8](raw)))
      unsafe next = unsafe info.ai_next
    }
    return .success(addresses)
  }

  /// Begins to connect.
  ///
  /// - Returns: a socket that becomes writable once it is connected, or has failed to connect.
  func connect() throws(Errno) -> FileDescriptor {
    try unsafe newSocket { socket, address, length in
      unsafe Glibc.connect(socket.rawValue, address, length) == 0 || errno == EINPROGRESS
    }
  }

  /// Makes a socket that never blocks.
  ///
  /// - Parameter begin: uses the socket with the address; if it returns false, errno says why.
  private func newSocket(
    _ begin: (FileDescriptor, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) throws(Errno) -> FileDescriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = FileDescriptor(rawValue: Glibc.socket(family, type, 0))
    guard socket.rawValue >= 0 else { throw Errno(rawValue: errno) }
    let failure: Errno? = unsafe bytes.withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return .invalidArgument }
      let hasBegun = unsafe begin(
        socket, start.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      // Any other call could change errno.
      return hasBegun ? nil : Errno(rawValue: errno)
    }
    guard let failure else { return socket }
    try? socket.close()
    throw failure
  }

  // MARK: - Listening

  private static let backlog: Int32 = 16

  /// Begins to listen.
  ///
  /// - Returns: a socket for ``accept(from:)``.
  func listen() throws(Errno) -> FileDescriptor {
    try unsafe newSocket { socket, address, length in
      // Connections of an earlier process, which are ending, do not matter.
      socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
      return unsafe Glibc.bind(socket.rawValue, address, length) == 0
        && Glibc.listen(socket.rawValue, SocketAddress.backlog) == 0
    }
  }

  /// Accepts a connection.
  ///
  /// - Returns: a socket that never blocks, and the address of the client; nil if nobody waits.
  static func accept(
    from listener: FileDescriptor
  ) throws(Errno) -> (socket: FileDescriptor, peer: SocketAddress)? {
    while true {
      var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
      var length = socklen_t(bytes.count)
      let number = unsafe bytes.withUnsafeMutableBytes { raw in
        let start = unsafe raw.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        return unsafe Glibc.accept(listener.rawValue, start, &length)
      }
      let failure = Errno(rawValue: errno)
      guard number < 0 else {
        let socket = FileDescriptor(rawValue: number)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        let peer = SocketAddress(family: 0, bytes: Array(bytes.prefix(Int(length))))
        return (socket, peer)
      }
      switch failure {
      case .wouldBlock: return nil
      case .interrupted, .connectionAbort: continue
      default: throw failure
      }
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  /// `192.168.1.5:2001` or `[::1]:2001`.
  var description: String {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let status: Int32 = unsafe bytes.withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return EAI_FAMILY }
      return unsafe getnameinfo(
        start.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count), &host,
        socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
    }
    guard status == 0 else { return "unknown address" }
    let number = SocketAddress.text(port)
    var name = SocketAddress.text(host)
    // An IPv4 address, as a socket of IPv6 shows it (RFC 4291, 2.5.5.2).
    if name.hasPrefix("::ffff:"), name.contains(".") { name.removeFirst(7) }
    return name.contains(":") ? "[\(name)]:\(number)" : "\(name):\(number)"
  }

  /// The characters before the zero.
  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension FileDescriptor {
  /// Sets an option of a socket. Whether that succeeds does not matter.
  func set(_ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Has a dead peer noticed after 30 + 3 × 10 s; the system's default is two hours.
  func keepAlive() {
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
    set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
    set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
  }
}

/// The lookup of a host name failed.
struct LookupError: Error {
  let reason: String
}
