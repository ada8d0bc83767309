import CommandLine

/// The address of a broker: `broker.lan`, `mqtt://broker.lan:1884`, `mqtts://broker.lan` or
/// `unix:/run/mosquitto.sock`.
struct BrokerAddress: Equatable {
  /// A host name or an IP address; the path of a Unix socket.
  let host: String
  /// Nil where the address has none.
  let port: Int?
  /// Whether the scheme asks for encryption or for none; nil without a scheme.
  let isEncrypted: Bool?
  let isSocket: Bool

  /// - Parameter failure: makes the failure of a reason.
  /// - Throws: that failure, for a text that is no address.
  init(_ text: String, failure: (String) -> Failure) throws {
    if let socket = try UnixSocketAddress(text, as: "/run/mosquitto.sock", failure: failure) {
      (host, port, isEncrypted, isSocket) = (socket.path, nil, false, true)
      return
    }
    // The address may hold a password, so the message does not show it.
    guard !text.contains("@") else {
      throw failure(
        "an address must not contain a user or a password; use --user and MQTT_PASS_FILE")
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
      throw failure("\"\(text)\" is not a host name or an IP address")
    }
    guard parts.port != nil || !parts.hasPort else {
      throw failure("\"\(text)\" has no port from 1 to 65535 after the colon")
    }
    (host, port, isEncrypted, isSocket) = (parts.host, parts.port, scheme?.1, false)
  }
}
