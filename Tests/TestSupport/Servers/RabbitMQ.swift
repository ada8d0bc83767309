/// Debian's RabbitMQ with its MQTT plugin; the password is always required.
///
/// It runs its own epmd, on its own port. Sessions and the messages queued in them survive a kill; a
/// retained message published just before does not.
public struct RabbitMQ: MQTTBroker {
  public let process: ServerProcess
  public let client: MQTTClient
  /// The port for TLS, with the certificate `server` of `Certificates.shared`. A client needs no
  /// certificate, but one of another authority is rejected.
  public let securePort: Int
  /// The port for AMQP.
  public let amqpPort: Int
  /// The environment in which `rabbitmqctl` finds this node.
  public let control: [String: String]

  /// The broker for all tests that do not stop it, with the standard login.
  public static var shared: RabbitMQ { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch() }

  /// Calls `body` with a new broker, which takes about ten seconds to start.
  public static func running<Result>(
    _ body: (RabbitMQ) async throws -> Result
  ) async throws -> Result {
    try await launch().whileRunning(body)
  }

  /// The programs themselves; those in PATH switch to another user.
  private static let folder = "/usr/lib/rabbitmq/bin"

  private static func launch() async throws -> RabbitMQ {
    try await launch { directory in
      let ports = Loopback.freePorts(5)
      let client = MQTTClient(port: ports[0], login: .standard)
      var environment = try environment(directory, ports, try await Certificates.shared)
      let program = Program("\(folder)/rabbitmq-server", environment: environment)
      environment["PATH"] = "\(folder):/usr/bin:/bin"
      let process = ServerProcess(program, in: directory, within: .seconds(120)) {
        try await client.isServed()
      }
      return RabbitMQ(
        process: process, client: client, securePort: ports[4], amqpPort: ports[1],
        control: environment)
    }
  }

  /// Writes the configuration files.
  /// - Returns: the environment with which the server uses them instead of those of the system.
  private static func environment(
    _ directory: TemporaryDirectory, _ ports: [Int], _ certificates: Certificates
  ) throws -> [String: String] {
    let configuration = try directory.write(
      """
      mqtt.listeners.tcp.default = 127.0.0.1:\(ports[0])
      mqtt.listeners.ssl.default = 127.0.0.1:\(ports[4])
      ssl_options.cacertfile = \(certificates.path("ca.pem"))
      ssl_options.certfile = \(certificates.path("server.pem"))
      ssl_options.keyfile = \(certificates.path("server.key"))
      ssl_options.verify = verify_peer
      ssl_options.fail_if_no_peer_cert = false
      mqtt.allow_anonymous = false
      listeners.tcp.default = 127.0.0.1:\(ports[1])
      default_user = \(Login.standard.user)
      default_pass = \(Login.standard.password)
      log.console = true
      log.file = false

      """, to: "rabbitmq.conf")
    return [
      "HOME": directory.path,
      "LANG": "C.UTF-8",
      "ERL_EPMD_ADDRESS": "127.0.0.1",
      "ERL_EPMD_PORT": "\(ports[3])",
      // Look names up in /etc/hosts alone; otherwise it waits for name servers.
      "ERL_INETRC": try directory.write(
        "{lookup, [file]}.\n{hosts_file, \"/etc/hosts\"}.\n", to: "inetrc"),
      "RABBITMQ_CONF_ENV_FILE": directory.path("none"),
      "RABBITMQ_CONFIG_FILE": configuration,
      "RABBITMQ_DIST_PORT": "\(ports[2])",
      "RABBITMQ_ENABLED_PLUGINS_FILE": try directory.write(
        "[rabbitmq_mqtt].\n", to: "enabled_plugins"),
      "RABBITMQ_LOG_BASE": directory.path("log"),
      "RABBITMQ_LOGS": "-",
      "RABBITMQ_MNESIA_BASE": directory.path("mnesia"),
      "RABBITMQ_NODENAME": "test\(ports[0])@localhost",
      "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    ]
  }
}
