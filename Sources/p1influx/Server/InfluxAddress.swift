import CommandLine

/// The address of a server: `http://influx.lan:8086`, `https://vm.lan/insert/0/influx` or
/// `unix:/run/influxdb.sock`.
struct InfluxAddress {
  /// The address of requests, without a path of the API.
  let base: String
  /// The Unix socket that the server listens on, instead of an address.
  let socket: String?
  /// The API whose path the address ended in, if any.
  let api: InfluxAPI?

  private static let paths: [(String, InfluxAPI)] = [
    ("/api/v3/write_lp", .version3), ("/api/v2/write", .version2), ("/write", .version1),
  ]

  /// - Parameters:
  ///   - text: the address.
  ///   - refused: what is said of one that cannot be.
  /// - Throws: what `refused` gives.
  init(_ text: String, refused: (String) -> Failure) throws {
    if let socket = try UnixSocketAddress(text, as: "/run/influxdb.sock", refused: refused) {
      (base, self.socket, api) = ("http://localhost", socket.path, nil)
      return
    }
    // Neither is shown: there may be a password in it.
    guard !text.contains("@") else {
      throw refused("a user or a password has no place in an address: see the settings for them")
    }
    guard !text.contains(where: { "?#".contains($0) }) else {
      throw refused("an address has no ? or # in it: see the settings for what a query says")
    }
    guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) })
    else {
      throw refused("\"\(text)\" begins neither with http:// nor with https:// nor with unix:")
    }
    var rest = text.dropFirst(scheme.count)
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    let host = rest.prefix { $0 != "/" }
    let parts = HostAndPort(host)
    guard parts.port != nil || !parts.hasPort else {
      throw refused("\"\(text)\" has no port from 1 to 65535 behind its colon")
    }
    // In a URL an IPv6 address stands in brackets.
    guard parts.isHostValid, host.hasPrefix("[") || !parts.host.contains(":"),
      rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && $0 != "\\" })
    else {
      throw refused("\"\(text)\" is not the address of a server")
    }
    let known = InfluxAddress.paths.first { rest.hasSuffix($0.0) }
    if let known { rest = rest.dropLast(known.0.count) }
    (base, socket, api) = (scheme + rest, nil, known?.1)
  }
}
