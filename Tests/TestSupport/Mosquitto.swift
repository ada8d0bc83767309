/// Debian's mosquitto as an MQTT broker.
public struct Mosquitto: MQTTBroker {
  public let process: ServerProcess
  public let client: MQTTClient

  /// One broker, with the standard login, for all tests of the process that do not stop it.
  public static var shared: Mosquitto { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch(login: .standard, settings: []) }

  /// Calls `body` with a broker of its own.
  /// - Parameters:
  ///   - login: the only login that is accepted; nil to let anyone in.
  ///   - settings: more lines of `mosquitto.conf(5)`; `persistence true` keeps its data, which lie
  ///     in the directory of the server.
  ///   - body: what to do while it runs.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or why the server does not run.
  public static func running<Result>(
    login: Login? = .standard, settings: [String] = [],
    _ body: (Mosquitto) async throws -> Result
  ) async throws -> Result {
    try await launch(login: login, settings: settings).whileRunning(body)
  }

  private static func launch(login: Login?, settings: [String]) async throws -> Mosquitto {
    try MissingProgram.check("/usr/sbin/mosquitto", package: "mosquitto")
    return try await launch { directory in
      let port = try FreePort.find(1)[0]
      if let login {
        let result = try await Program(
          "/usr/bin/mosquitto_passwd",
          ["-b", "-c", directory.path("passwords"), login.user, login.password]
        ).run()
        guard result.status == .success else {
          throw MissingProgram(description: "mosquitto_passwd: \(result.errorText)")
        }
      }
      let lines = [
        "listener \(port) 127.0.0.1",
        // Root would otherwise become a user who may not enter the directory.
        "user root",
        "persistence_location \(directory.path)/",
        "log_dest stdout",
        login == nil ? "allow_anonymous true" : "password_file \(directory.path("passwords"))",
      ]
      let file = try directory.write(
        (lines + settings).joined(separator: "\n") + "\n", to: "mosquitto.conf")
      let client = MQTTClient(port: port, login: login)
      let process = ServerProcess(
        Program("/usr/sbin/mosquitto", ["-c", file]), in: directory
      ) {
        try await client.isServed()
      }
      return Mosquitto(process: process, client: client)
    }
  }
}
