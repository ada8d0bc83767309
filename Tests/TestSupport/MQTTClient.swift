/// A client of a broker on 127.0.0.1, by the programs of Debian's mosquitto-clients.
public struct MQTTClient: Sendable {
  public let port: Int
  public let login: Login?
  /// More options of both programs, such as `-V mqttv5`; the last of two that contradict counts.
  public var options: [String]

  public init(port: Int, login: Login?, options: [String] = []) {
    self.port = port
    self.login = login
    self.options = options
  }

  /// The same client with more options of both programs.
  public func with(_ more: String...) -> MQTTClient {
    MQTTClient(port: port, login: login, options: options + more)
  }

  /// Publishes one message by `mosquitto_pub`, which succeeds, from QoS 1 on, only if the broker
  /// acknowledged it.
  @discardableResult
  public func publish(
    _ payload: String, to topic: String, qos: Int = 1, retain: Bool = false
  ) async throws -> ProgramResult {
    try MissingProgram.check("/usr/bin/mosquitto_pub", package: "mosquitto-clients")
    let message = ["-t", topic, "-q", "\(qos)", "-m", payload] + (retain ? ["-r"] : [])
    return try await Program("/usr/bin/mosquitto_pub", arguments + message).run(
      within: .seconds(10))
  }

  /// Calls `body` with a subscriber, whose subscription the broker has acknowledged.
  /// - Parameters:
  ///   - filter: the topic filter.
  ///   - qos: the highest quality of service to receive with.
  ///   - identifier: the client identifier under which the broker keeps the subscription, and what
  ///     arrives for it, while the subscriber is away; nil to keep nothing.
  ///   - body: what to do while it is subscribed.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or why there is no subscription.
  public func subscribed<Result>(
    to filter: String, qos: Int = 1, identifier: String? = nil,
    _ body: (MQTTSubscriber) async throws -> Result
  ) async throws -> Result {
    try MissingProgram.check("/usr/bin/mosquitto_sub", package: "mosquitto-clients")
    let options = ["-d", "-F", MQTTSubscriber.format, "-t", filter, "-q", "\(qos)"]
    // It does not flush its debug output.
    let program = Program(
      "stdbuf",
      ["-oL", "/usr/bin/mosquitto_sub"] + arguments + options
        + (identifier.map { ["-c", "-i", $0] } ?? []))
    return try await program.whileRunning { running in
      let subscriber = MQTTSubscriber(program: running)
      try await subscriber.waitUntilSubscribed()
      return try await body(subscriber)
    }
  }

  /// Whether the broker lets this client in and acknowledges a subscription, which ends at once.
  public func isServed() async throws -> Bool {
    try MissingProgram.check("/usr/bin/mosquitto_sub", package: "mosquitto-clients")
    return try await Program(
      "/usr/bin/mosquitto_sub", arguments + ["-E", "-W", "5", "-t", "test/ready"]
    ).run(within: .seconds(10)).status == .success
  }

  /// Where the broker is and how to log in, as options of both programs.
  public var arguments: [String] {
    ["-h", "127.0.0.1", "-p", "\(port)"]
      + (login.map { ["-u", $0.user, "-P", $0.password] } ?? []) + options
  }
}
