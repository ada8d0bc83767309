import Glibc
import SystemPackage

/// Where a server listens: an address of IPv4 or IPv6, and a port.
struct SocketAddress: Equatable, Sendable {
  private let family: Int32
  /// A `sockaddr_in` or a `sockaddr_in6`.
  private let bytes: [UInt8]

  /// The addresses of a host.
  ///
  /// - Parameters:
  ///   - host: a name, or an address in digits.
  ///   - port: the port, from 1 to 65535.
  ///   - isInDigits: whether the name is only to be read, and nobody to be asked.
  /// - Returns: them in the order to try them in; else what is wrong, in words.
  static func all(
    of host: String, port: Int, isInDigits: Bool = false
  ) -> Result<[SocketAddress], LookupError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV | (isInDigits ? AI_NUMERICHOST : 0)
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
  /// - Returns: the socket, which can be written to once it is connected, or has failed to.
  /// - Throws: `Errno`.
  func connect() throws(Errno) -> FileDescriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = FileDescriptor(rawValue: Glibc.socket(family, type, 0))
    guard socket.rawValue >= 0 else { throw Errno(rawValue: errno) }
    let failure: Errno? = unsafe bytes.withUnsafeBytes { raw in
      guard let start = raw.baseAddress else { return .invalidArgument }
      let status = unsafe Glibc.connect(
        socket.rawValue, start.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      // Read here, before anything else is called.
      return status == 0 ? nil : Errno(rawValue: errno)
    }
    if let failure, failure != .nowInProgress {
      try? socket.close()
      throw failure
    }
    return socket
  }
}

/// A host has no address, as far as can be told.
struct LookupError: Error {
  let reason: String
}
