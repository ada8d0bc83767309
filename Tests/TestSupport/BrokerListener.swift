/// Where a Mosquitto listens besides its plain port.
public enum BrokerListener: Sendable, Equatable {
  /// A port of 127.0.0.1 for TLS.
  /// - Parameters:
  ///   - certificate: which of `Certificates.shared` it shows.
  ///   - wantsClients: whether a client needs a certificate of the same authority.
  ///   - settings: more lines of `mosquitto.conf(5)` for it, such as `tls_version tlsv1.2`.
  case tls(_ certificate: String = "server", wantsClients: Bool = false, settings: [String] = [])
  /// A port of 127.0.0.1 for TLS with a key that both sides know, in hexadecimal digits.
  case psk(identity: String, key: String, hint: String = "meter")
  /// A Unix socket, `Mosquitto.socketPath`.
  case unixSocket
  /// A port of ::1.
  case ipv6

  /// Its lines of `mosquitto.conf(5)`.
  func lines(port: Int, in directory: TemporaryDirectory) async throws -> [String] {
    switch self {
    case .tls(let certificate, let wantsClients, let settings):
      let certificates = try await Certificates.shared
      return [
        "listener \(port) 127.0.0.1",
        "cafile \(certificates.path("ca.pem"))",
        "certfile \(certificates.path(certificate + ".pem"))",
        "keyfile \(certificates.path(certificate + ".key"))",
        "require_certificate \(wantsClients)",
      ] + settings
    case .psk(let identity, let key, let hint):
      let file = try directory.write("\(identity):\(key)\n", to: "keys")
      return ["listener \(port) 127.0.0.1", "psk_hint \(hint)", "psk_file \(file)"]
    case .unixSocket: return ["listener 0 \(Mosquitto.socketPath(in: directory))"]
    case .ipv6: return ["listener \(port) ::1"]
    }
  }
}
