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
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = FileDescriptor(rawValue: Glibc.socket(family, type, 0))
    guard socket.rawValue >= 0 else { throw Errno(rawValue: errno) }
    let failure: Errno? = unsafe bytes.withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return .invalidArgument }
      let status = unsafe Glibc.connect(
        socket.rawValue, start.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      // Any other call could change errno.
      return status == 0 ? nil : Errno(rawValue: errno)
    }
    if let failure, failure != .nowInProgress {
      try? socket.close()
      throw failure
    }
    return socket
  }
}

/// The lookup of a host name failed.
struct LookupError: Error {
  let reason: String
}
