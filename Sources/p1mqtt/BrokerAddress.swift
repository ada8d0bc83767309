import Console

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
    if text.hasPrefix("unix:") {
      let path = text.dropFirst(5)
      host = String(path.hasPrefix("//") ? path.dropFirst(2) : path)
      (port, isEncrypted, isSocket) = (nil, false, true)
      guard host.hasPrefix("/"), host.utf8.count < 108 else {
        throw refused("\"\(text)\" names no socket: unix:/run/mosquitto.sock does")
      }
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
    var number: Int?
    let isBare = place.count(where: { $0 == ":" }) > 1 && !place.hasPrefix("[")
    if scheme != nil, !isBare, let colon = place.lastIndex(of: ":"), !place.hasSuffix("]") {
      number = Int(place[place.index(after: colon)...])
      guard let number, (1...65_535).contains(number) else {
        throw refused("\"\(text)\" has no port from 1 to 65535 behind its colon")
      }
      place = place[..<colon]
    }
    if place.hasPrefix("["), place.hasSuffix("]") { place = place.dropFirst().dropLast() }
    let isIPv6 = place.count(where: { $0 == ":" }) > 1
    // What is left behind a colon is no part of a name.
    guard place.contains(":") == isIPv6 && !place.hasPrefix("[") || place.contains("/") else {
      throw refused("\"\(text)\" has a port, which is a setting of its own")
    }
    // Behind a % there is the name of an interface.
    let address = place.prefix { $0 != "%" }
    guard !place.isEmpty, !place.contains(where: { "/?#[]\\".contains($0) || $0.isWhitespace }),
      !isIPv6 || address.allSatisfy({ $0.isHexDigit || ":.".contains($0) })
    else {
      throw refused("\"\(text)\" is no name or address of a broker")
    }
    (host, port, isEncrypted, isSocket) = (String(place), number, scheme?.1, false)
  }
}
