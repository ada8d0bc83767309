import Console

/// A server as the source names it: `tcp://host:port`.
struct ServerAddress: Equatable {
  let host: String
  let port: Int

  private static let prefix = "tcp://"

  /// Nil for a source that is no server.
  ///
  /// - Parameter source: the source as it is named, `tcp://gateway.lan:2001` or `tcp://[::1]:2001`.
  /// - Throws: `Failure` where the host or the port is missing.
  init?(_ source: String) throws {
    guard source.hasPrefix(ServerAddress.prefix) else { return nil }
    let refused = Failure(
      source, "not tcp://host:port, such as tcp://gateway.lan:2001 or tcp://[::1]:2001", .usage)
    let parts = HostAndPort(source.dropFirst(ServerAddress.prefix.count))
    guard let port = parts.port, !parts.host.isEmpty, !parts.host.contains("/") else {
      throw refused
    }
    host = parts.host
    self.port = port
  }
}

extension ServerAddress: CustomStringConvertible {
  var description: String {
    "\(ServerAddress.prefix)\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}
