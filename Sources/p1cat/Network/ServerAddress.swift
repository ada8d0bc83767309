import CommandLine

/// A server as the source names it: `tcp://host:port`.
struct ServerAddress: Equatable {
  let host: String
  let port: Int

  private static let prefix = "tcp://"

  /// Nil for a source that is no server.
  ///
  /// - Parameter source: the source as it is named, `tcp://gateway.lan:2001` or `tcp://[::1]:2001`.
  /// - Throws: `Failure` where the host or the port is missing or cannot be, or for the address of
  ///   another program, such as `socket://gateway.lan:2001`.
  init?(_ source: String) throws {
    guard source.hasPrefix(ServerAddress.prefix) else {
      guard source.contains("://") else { return nil }
      let meant = ServerAddress.meant(by: source)
      throw Failure(source, "not an address of p1cat; use \(meant ?? "tcp://host:port")", .usage)
    }
    let parts = HostAndPort(source.dropFirst(ServerAddress.prefix.count))
    guard let port = parts.port, parts.isHostValid else {
      throw Failure(
        source, "not tcp://host:port, such as tcp://gateway.lan:2001 or tcp://[::1]:2001", .usage)
    }
    host = parts.host
    self.port = port
  }

  /// The address that another spelling of it stands for: `tcp://gateway.lan:23` for
  /// `gateway.lan:23`, `socket://gateway.lan:23` or `telnet://gateway.lan`.
  ///
  /// - Returns: nil where there is no host in it, or no port.
  static func meant(by source: String) -> String? {
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
