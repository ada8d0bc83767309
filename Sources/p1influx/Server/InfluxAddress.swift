import CommandLine

/// The address of a server: `http://influx.lan:8086`, `https://vm.lan/insert/0/influx` or
/// `unix:/run/influxdb.sock`.
struct InfluxAddress {
  /// The URL of the server, without the path of the API.
  let base: String
  /// The Unix socket that the server listens on, instead of an address.
  let socket: String?
  /// The API whose path the address ends in; nil for another address.
  let api: InfluxAPI?

  /// What is wrong with an address that contains a login.
  static let noLogin =
    "an address must not contain a user or a password; use --user and INFLUXDB_PASS_FILE"

  private static let paths: [(String, InfluxAPI)] = [
    ("/api/v3/write_lp", .version3), ("/api/v2/write", .version2), ("/write", .version1),
  ]

  /// - Parameter failure: makes the failure for an invalid address, of the reason.
  /// - Throws: that failure.
  init(_ text: String, failure: (String) -> Failure) throws {
    if let socket = try UnixSocketAddress(text, as: "/run/influxdb.sock", failure: failure) {
      (base, self.socket, api) = ("http://localhost", socket.path, nil)
      return
    }
    // These messages do not show the address, as it may contain a password.
    guard !text.contains("@") else {
      throw failure(InfluxAddress.noLogin)
    }
    guard !text.contains(where: { "?#".contains($0) }) else {
      throw failure(
        "an address must not contain ? or #; use --db, --bucket and other options")
    }
    guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) })
    else {
      throw failure("\"\(text)\" does not start with http://, https:// or unix:")
    }
    var rest = text.dropFirst(scheme.count)
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    let host = rest.prefix { $0 != "/" }
    let parts = HostAndPort(host)
    guard parts.port != nil || !parts.hasPort else {
      throw failure("\"\(text)\" has no port from 1 to 65535 after the colon")
    }
    // In a URL, an IPv6 address is in brackets (RFC 3986, 3.2.2).
    guard parts.isHostValid, host.hasPrefix("[") || !parts.host.contains(":"),
      rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F && $0 != "\\" })
    else {
      throw failure("\"\(text)\" is not the address of a server")
    }
    let known = InfluxAddress.paths.first { rest.hasSuffix($0.0) }
    if let known { rest = rest.dropLast(known.0.count) }
    (base, socket, api) = (scheme + rest, nil, known?.1)
  }
}
