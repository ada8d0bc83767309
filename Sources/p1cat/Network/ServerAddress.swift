import CommandLine

/// The server of a source `tcp://host:port`.
struct ServerAddress: Equatable {
  let host: String
  let port: Int

  private static let prefix = "tcp://"

  /// Nil for a source that is not a URL.
  ///
  /// - Parameter source: such as `tcp://gateway.lan:2001` or `tcp://[::1]:2001`.
  /// - Throws: `Failure` if the host or port is missing or invalid, or for a scheme of another program,
  ///   such as `socket://gateway.lan:2001`.
  init?(_ source: String) throws {
    // This message does not show the address, as it may contain a password.
    guard !source.contains("://") || !source.contains("@") else {
      throw Failure("source", "an address must not contain a user or a password", .usage)
    }
    guard source.hasPrefix(ServerAddress.prefix) else {
      guard source.contains("://") else { return nil }
      let suggestion = ServerAddress.suggestion(for: source) ?? "tcp://host:port"
      throw Failure(source, "unknown kind of address; use \(suggestion)", .usage)
    }
    let parts = HostAndPort(source.dropFirst(ServerAddress.prefix.count))
    guard let port = parts.port, parts.isHostValid else {
      throw Failure(
        source,
        "invalid address; use tcp://host:port, such as tcp://gateway.lan:2001 or tcp://[::1]:2001",
        .usage)
    }
    host = parts.host
    self.port = port
  }

  /// The address to use instead of another spelling: `tcp://gateway.lan:23` for `gateway.lan:23`,
  /// `socket://gateway.lan:23` or `telnet://gateway.lan`; nil if it has no host or no port.
  static func suggestion(for source: String) -> String? {
    let parts = source.split(separator: "://", maxSplits: 1)
    guard let last = parts.last, parts.count == 2 || !source.contains("/") else { return nil }
    let address = HostAndPort(last.prefix { $0 != "/" && $0 != "?" })
    let isTelnet = parts.count == 2 && parts[0].lowercased() == "telnet"
    guard address.isHostValid,
      let port = address.port ?? (isTelnet && !address.hasPort ? 23 : nil)
    else {
      return nil
    }
    return ServerAddress(host: address.host, port: port).description
  }

  private init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}

extension ServerAddress: CustomStringConvertible {
  var description: String {
    "\(ServerAddress.prefix)\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}
