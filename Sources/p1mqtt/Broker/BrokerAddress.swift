import CommandLine

/// Where a broker is: `broker.lan`, `mqtt://broker.lan:1884`, `mqtts://broker.lan` or
/// `unix:/run/mosquitto.sock`.
struct BrokerAddress: Equatable {
  /// A name or an address; of a Unix socket, its path.
  let host: String
  /// Nil where the address does not say.
  let port: Int?
  /// Whether the address says that the connection is encrypted, or that it is not; nil where it does
  /// not say.
  let isEncrypted: Bool?
  let isSocket: Bool

  /// - Parameters:
  ///   - text: the address.
  ///   - refused: what is said of one that cannot be.
  /// - Throws: what `refused` gives.
  init(_ text: String, refused: (String) -> Failure) throws {
    if let socket = try UnixSocketAddress(text, as: "/run/mosquitto.sock", refused: refused) {
      (host, port, isEncrypted, isSocket) = (socket.path, nil, false, true)
      return
    }
    // Neither is shown: there may be a password in it.
    guard !text.contains("@") else {
      throw refused("a user or a password has no place in an address: see the settings for them")
    }
    let schemes = [("mqtt://", false), ("mqtts://", true)]
    let scheme = schemes.first { text.lowercased().hasPrefix($0.0) }
    var place = Substring(text)
    if let scheme {
      place = place.dropFirst(scheme.0.count)
      if place.hasSuffix("/") { place = place.dropLast() }
    }
    let parts = HostAndPort(place)
    guard parts.isHostValid,
      !place.contains(where: { "/?#\\".contains($0) || $0.isWhitespace })
    else {
      throw refused("\"\(text)\" is no name or address of a broker")
    }
    guard scheme != nil || !parts.hasPort else {
      throw refused("\"\(text)\" has a port, which is a setting of its own")
    }
    guard parts.port != nil || !parts.hasPort else {
      throw refused("\"\(text)\" has no port from 1 to 65535 behind its colon")
    }
    (host, port, isEncrypted, isSocket) = (parts.host, parts.port, scheme?.1, false)
  }
}
