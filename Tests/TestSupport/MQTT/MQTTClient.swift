import Synchronization

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

/// A running `mosquitto_sub`, which connects and subscribes again by itself when the broker was
/// away.
public final class MQTTSubscriber: Sendable {
  // The debug output shares the stream, so messages need a mark; the payload is hexadecimal, so a
  // message is always one line.
  static let format = "message\t%q\t%r\t%x\t%t"

  let program: RunningProgram
  /// What was made of the first bytes of the output; each is looked at once.
  private let read = Mutex<(bytes: Int, messages: [MQTTMessage])>((0, []))

  init(program: RunningProgram) {
    self.program = program
  }

  /// The messages received so far, in order.
  public var messages: [MQTTMessage] {
    read.withLock { read in
      let rest = program.output(from: read.bytes)
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return read.messages }
      for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
        if let message = MQTTMessage(line: String(decoding: line, as: UTF8.self)) {
          read.messages.append(message)
        }
      }
      read.bytes += end + 1
      return read.messages
    }
  }

  /// Waits until the messages received so far satisfy the condition.
  /// - Throws: `ProgramFailure`, with all that was received, if they do not in time.
  public func wait(
    within limit: Duration = .seconds(10), until condition: ([MQTTMessage]) -> Bool
  ) async throws {
    try await program.wait(for: "matching messages", within: limit) { _ in condition(messages) }
  }

  /// Waits until the broker has acknowledged this many subscriptions, counted from the start; each
  /// time it comes back there is one more.
  /// - Throws: `ProgramFailure` if it does not, or refuses.
  public func waitUntilSubscribed(
    times count: Int = 1, within limit: Duration = .seconds(10)
  ) async throws {
    try await program.wait(for: "acknowledged subscription", within: limit) { program in
      let grants = program.text.split(separator: "\n").filter { $0.hasPrefix("Subscribed (mid:") }
      // From 128 on it is a reason why there is none.
      let areRefused = grants.contains { (Int($0.split(separator: " ").last ?? "") ?? 0) >= 128 }
      return grants.count >= count && !areRefused
    }
  }
}

extension MQTTMessage {
  /// A line of the output; nil if it is debug output.
  fileprivate init?(line: String) {
    let fields = line.split(separator: "\t", maxSplits: 4, omittingEmptySubsequences: false)
    guard fields.count == 5, fields[0] == "message", let qos = Int(fields[1]) else { return nil }
    let digits = fields[3].compactMap(\.hexDigitValue)
    self.init(
      topic: String(fields[4]), qos: qos, isRetained: fields[2] == "1",
      payload: stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      })
  }
}

/// A message as a subscriber received it.
public struct MQTTMessage: Sendable, Equatable {
  public let topic: String
  public let qos: Int
  public let isRetained: Bool
  public let payload: [UInt8]

  /// The payload as text.
  public var text: String { String(decoding: payload, as: UTF8.self) }

  /// Describes a message.
  public init(topic: String, qos: Int, isRetained: Bool = false, payload: [UInt8]) {
    self.topic = topic
    self.qos = qos
    self.isRetained = isRetained
    self.payload = payload
  }
}
