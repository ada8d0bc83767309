/// Debian's mosquitto.
///
/// By default it queues 1000 messages for a subscriber and drops later ones, although it has acknowledged
/// them; on a busy machine a subscriber would lose messages. Here its queue has no limit.
public struct Mosquitto: MQTTBroker {
  public let process: ServerProcess
  public let client: MQTTClient
  /// The ports of the other listeners, in the order given; 0 for a Unix socket.
  public let ports: [Int]

  /// Settings to write each change to the disk, soon after its acknowledgement. Without them a kill loses
  /// everything since the start.
  public static let durable = [
    "persistence true", "autosave_on_changes true", "autosave_interval 1",
  ]

  /// The broker for all tests that do not stop it, with the standard login.
  public static var shared: Mosquitto { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch(.standard, [], []) }

  /// Calls `body` with a new broker.
  /// - Parameters:
  ///   - login: the only login that is accepted; nil to accept every client.
  ///   - listeners: more listeners; `client` uses the plain port.
  ///   - settings: more lines of `mosquitto.conf(5)`.
  public static func running<Result>(
    login: Login? = .standard, listeners: [BrokerListener] = [],
    settings: [String] = [], _ body: (Mosquitto) async throws -> Result
  ) async throws -> Result {
    try await launch(login, listeners, settings).whileRunning(body)
  }

  public var socketPath: String { Self.socketPath(in: process.directory) }

  static func socketPath(in directory: TemporaryDirectory) -> String { directory.path("mqtt.sock") }

  private static func launch(
    _ login: Login?, _ listeners: [BrokerListener], _ settings: [String]
  ) async throws -> Mosquitto {
    return try await launch { directory in
      let ports = Loopback.freePorts(1 + listeners.count)
      if let login { try await write(login, into: directory) }
      var lines = [
        "listener \(ports[0]) 127.0.0.1",
        // As root, it would otherwise switch to a user without access to the directory.
        "user root",
        "persistence_location \(directory.path)/",
        "log_dest stdout",
        "max_queued_messages 0",
        login == nil ? "allow_anonymous true" : "password_file \(directory.path("passwords"))",
      ]
      lines += settings
      for (listener, port) in zip(listeners, ports.dropFirst()) {
        lines += try await listener.lines(port: port, in: directory)
      }
      let file = try directory.write(lines.joined(separator: "\n") + "\n", to: "mosquitto.conf")
      let client = MQTTClient(port: ports[0], login: login)
      let process = ServerProcess(
        Program("mosquitto", ["-c", file]), in: directory
      ) {
        try await client.isServed()
      }
      return Mosquitto(
        process: process, client: client,
        ports: zip(listeners, ports.dropFirst()).map { $0 == .unixSocket ? 0 : $1 })
    }
  }

  private static func write(_ login: Login, into directory: TemporaryDirectory) async throws {
    let result = try await Program(
      "mosquitto_passwd",
      ["-b", "-c", directory.path("passwords"), login.user, login.password]
    ).run()
    guard result.status == .success else {
      throw MissingProgram(description: "mosquitto_passwd: \(result.errorText)")
    }
  }
}

/// A listener of Mosquitto besides its plain port.
public enum BrokerListener: Sendable, Equatable {
  /// A port of 127.0.0.1 for TLS.
  /// - Parameters:
  ///   - certificate: the name of its certificate in `Certificates.shared`.
  ///   - wantsClients: whether a client needs a certificate of the same authority.
  ///   - settings: more lines of `mosquitto.conf(5)` for it, such as `tls_version tlsv1.2`.
  case tls(_ certificate: String = "server", wantsClients: Bool = false, settings: [String] = [])
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
    case .unixSocket: return ["listener 0 \(Mosquitto.socketPath(in: directory))"]
    case .ipv6: return ["listener \(port) ::1"]
    }
  }
}

public protocol MQTTBroker: Server {
  var client: MQTTClient { get }
}

extension MQTTBroker {
  public var port: Int { client.port }

  public var login: Login? { client.login }
}
