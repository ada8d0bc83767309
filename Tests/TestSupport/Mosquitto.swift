/// Debian's mosquitto as an MQTT broker.
///
/// As it comes, it lets no more than a thousand messages wait for a subscriber, and drops what it has
/// acknowledged beyond that: on a busy machine that is what a subscriber misses that got no turn for
/// a moment. Here it lets all wait.
public struct Mosquitto: MQTTBroker {
  public let process: ServerProcess
  public let client: MQTTClient
  /// The ports of the other listeners, in the order in which they were given; what it says of a Unix
  /// socket is 0.
  public let ports: [Int]

  /// Settings with which it writes its data to the disk after each change, soon after it has
  /// acknowledged it; without them a kill costs all since its start.
  public static let durable = [
    "persistence true", "autosave_on_changes true", "autosave_interval 1",
  ]

  /// One broker, with the standard login, for all tests of the process that do not stop it.
  public static var shared: Mosquitto { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch(.standard, [], nil, []) }

  /// Calls `body` with a broker of its own.
  /// - Parameters:
  ///   - login: the only login that is accepted; nil to let anyone in.
  ///   - listeners: where it listens besides; `client` always uses the plain port.
  ///   - accessList: the lines of an `acl_file`, which say who may do what; nil for anything.
  ///   - settings: more lines of `mosquitto.conf(5)`; `persistence true` keeps its data, which lie
  ///     in the directory of the server.
  ///   - body: what to do while it runs.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or why the server does not run.
  public static func running<Result>(
    login: Login? = .standard, listeners: [BrokerListener] = [], accessList: [String]? = nil,
    settings: [String] = [], _ body: (Mosquitto) async throws -> Result
  ) async throws -> Result {
    try await launch(login, listeners, accessList, settings).whileRunning(body)
  }

  /// The Unix socket, where it listens on one.
  public var socketPath: String { Self.socketPath(in: process.directory) }

  static func socketPath(in directory: TemporaryDirectory) -> String { directory.path("mqtt.sock") }

  private static func launch(
    _ login: Login?, _ listeners: [BrokerListener], _ accessList: [String]?, _ settings: [String]
  ) async throws -> Mosquitto {
    try MissingProgram.check("/usr/sbin/mosquitto", package: "mosquitto")
    return try await launch { directory in
      let ports = try FreePort.find(1 + listeners.count)
      if let login { try await write(login, into: directory) }
      var lines = [
        "listener \(ports[0]) 127.0.0.1",
        // Root would otherwise become a user who may not enter the directory.
        "user root",
        "persistence_location \(directory.path)/",
        "log_dest stdout",
        "max_queued_messages 0",
        login == nil ? "allow_anonymous true" : "password_file \(directory.path("passwords"))",
      ]
      if let accessList {
        let text = accessList.joined(separator: "\n") + "\n"
        lines.append("acl_file \(try directory.write(text, to: "access"))")
      }
      lines += settings
      for (listener, port) in zip(listeners, ports.dropFirst()) {
        lines += try await listener.lines(port: port, in: directory)
      }
      let file = try directory.write(lines.joined(separator: "\n") + "\n", to: "mosquitto.conf")
      let client = MQTTClient(port: ports[0], login: login)
      let process = ServerProcess(
        Program("/usr/sbin/mosquitto", ["-c", file]), in: directory
      ) {
        try await client.isServed()
      }
      return Mosquitto(
        process: process, client: client,
        ports: zip(listeners, ports.dropFirst()).map { $0 == .unixSocket ? 0 : $1 })
    }
  }

  /// Writes the file of passwords.
  private static func write(_ login: Login, into directory: TemporaryDirectory) async throws {
    let result = try await Program(
      "/usr/bin/mosquitto_passwd",
      ["-b", "-c", directory.path("passwords"), login.user, login.password]
    ).run()
    guard result.status == .success else {
      throw MissingProgram(description: "mosquitto_passwd: \(result.errorText)")
    }
  }
}
