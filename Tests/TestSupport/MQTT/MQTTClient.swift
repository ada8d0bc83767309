import Synchronization

/// The programs mosquitto_pub and mosquitto_sub as a client of a broker on 127.0.0.1.
public struct MQTTClient: Sendable {
  public let port: Int
  public let login: Login?
  /// More options for both programs, such as `-V mqttv5`; of two that contradict the last wins.
  public var options: [String]

  public init(port: Int, login: Login?, options: [String] = []) {
    self.port = port
    self.login = login
    self.options = options
  }

  public func with(_ more: String...) -> MQTTClient {
    MQTTClient(port: port, login: login, options: options + more)
  }

  /// Publishes one message by `mosquitto_pub`, which succeeds, from QoS 1 on, only if the broker
  /// acknowledged it.
  @discardableResult
  public func publish(
    _ payload: String, to topic: String, qos: Int = 1, retain: Bool = false
  ) async throws -> ProgramResult {
    let message = ["-t", topic, "-q", "\(qos)", "-m", payload] + (retain ? ["-r"] : [])
    return try await Program("mosquitto_pub", arguments + message).run(
      within: .seconds(10))
  }

  /// Calls `body` with a subscriber, whose subscription the broker has acknowledged.
  /// - Parameter identifier: the client id of a persistent session; nil for none.
  public func subscribed<Result>(
    to filter: String, qos: Int = 1, identifier: String? = nil,
    _ body: (MQTTSubscriber) async throws -> Result
  ) async throws -> Result {
    let options = ["-d", "-F", MQTTSubscriber.format, "-t", filter, "-q", "\(qos)"]
    // mosquitto_sub does not flush its debug output.
    let program = Program(
      "stdbuf",
      ["-oL", "mosquitto_sub"] + arguments + options
        + (identifier.map { ["-c", "-i", $0] } ?? []))
    return try await program.whileRunning { running in
      let subscriber = MQTTSubscriber(program: running)
      try await subscriber.waitUntilSubscribed()
      return try await body(subscriber)
    }
  }

  /// Whether the broker accepts this client and a subscription.
  public func isServed() async throws -> Bool {
    return try await Program(
      "mosquitto_sub", arguments + ["-E", "-W", "5", "-t", "test/ready"]
    ).run(within: .seconds(10)).status == .success
  }

  /// The address and the login, as options of both programs.
  public var arguments: [String] {
    ["-h", "127.0.0.1", "-p", "\(port)"]
      + (login.map { ["-u", $0.user, "-P", $0.password] } ?? []) + options
  }
}

/// A running `mosquitto_sub`, which reconnects and subscribes again by itself.
public final class MQTTSubscriber: Sendable {
  // The debug output shares the stream, so messages need a mark; the payload is hexadecimal, so a
  // message is always one line.
  static let format = "message\t%q\t%r\t%x\t%t"

  let program: RunningProgram
  /// The messages in the first bytes of the output, so that each is parsed once.
  private let read = Mutex<(bytes: Int, messages: [MQTTMessage])>((0, []))

  init(program: RunningProgram) {
    self.program = program
  }

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

  /// Waits until the broker has acknowledged this many subscriptions since the start: one, and one more
  /// after each reconnection.
  /// - Throws: `ProgramFailure` if it does not, or rejects.
  public func waitUntilSubscribed(
    times count: Int = 1, within limit: Duration = .seconds(10)
  ) async throws {
    try await program.wait(for: "acknowledged subscription", within: limit) { program in
      let grants = program.text.split(separator: "\n").filter { $0.hasPrefix("Subscribed (mid:") }
      // 128 and more are reasons for a refusal.
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

/// A message as a subscriber receives it.
public struct MQTTMessage: Sendable, Equatable {
  public let topic: String
  public let qos: Int
  public let isRetained: Bool
  public let payload: [UInt8]

  public var text: String { String(decoding: payload, as: UTF8.self) }

  public init(topic: String, qos: Int, isRetained: Bool = false, payload: [UInt8]) {
    self.topic = topic
    self.qos = qos
    self.isRetained = isRetained
    self.payload = payload
  }
}
