import CommandLine
import Sinks

/// How the connection to a broker is made, lost and made again, for a sender and for a receiver alike.
struct BrokerSession {
  enum State: Equatable {
    /// Not connected; ``serverState`` says when to retry.
    case waiting
    /// Connecting, at most until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  /// Why a connection failed or was lost.
  struct Loss {
    let reason: String
    var cause = DisconnectCause.other
    /// Whether the broker has not answered in time.
    var isSilence = false
  }

  let connection: MQTTConnection
  private let messages: Messages
  private(set) var state = State.waiting
  private var serverState = ServerState()
  /// When the last connection was made.
  private(set) var connectedAt = ContinuousClock.now
  /// How many nodes have failed since the broker last acknowledged something, or since the last back-off.
  private var failedNodes = 0

  /// After a connection of this length, the next attempt follows soon.
  private static let stableConnectionTime = Duration.seconds(30)

  init(_ connection: MQTTConnection, messages: Messages) {
    self.connection = connection
    self.messages = messages
  }

  /// What messages call the node of the broker.
  var broker: String { connection.settings.node.name }
  var isConnected: Bool { state == .connected }
  /// Why the broker cannot be reached; nil while it can.
  var outage: String? { serverState.failure }

  private var timeout: Duration { connection.settings.timeout }
  /// What is said if the broker does not answer in time.
  var noAnswer: String { "no answer for \(timeout.components.seconds) s" }

  /// When ``check(_:)`` has something to do; nil while the connection is made or an attempt is running, which
  /// ends by itself.
  var deadline: ContinuousClock.Instant? {
    switch state {
    case .waiting: serverState.retryAt ?? .now
    // The time for the answer begins when the attempt has ended.
    case .connecting(let until): connection.isConnecting ? nil : until
    case .connected: nil
    }
  }

  /// Connects if that is due, and gives up an attempt whose answer is overdue.
  ///
  /// - Returns: why the attempt failed; nil if none did.
  mutating func check(_ now: ContinuousClock.Instant) throws -> Loss? {
    switch state {
    case .waiting where serverState.retryAt.map { now >= $0 } ?? true:
      state = .connecting(until: now + timeout)
      do {
        try connection.connect()
      } catch {
        // The limit of descriptors or threads may be reached only for now.
        return Loss(reason: (error as? Failure)?.reason ?? "\(error)")
      }
    case .connecting(let until) where now >= until && !connection.isConnecting:
      try connection.abandon()
      // Another node is a better guess than another version.
      let hasOthers = connection.settings.nodes.count > 1
      return Loss(reason: noAnswer, cause: hasOthers ? .other : .hangUp)
    default: break
    }
    return nil
  }

  /// Lets the connection read and write.
  mutating func proceed(_ happened: [Interest]) throws {
    let wasConnecting = connection.isConnecting
    try connection.proceed(happened)
    // The time for the answer begins when the connection is made.
    if wasConnecting, !connection.isConnecting, case .connecting = state {
      state = .connecting(until: .now + timeout)
    }
  }

  /// Whether the last connection lasted for some time.
  var isStable: Bool { .now - connectedAt >= BrokerSession.stableConnectionTime }

  mutating func connected() {
    state = .connected
    connectedAt = .now
  }

  /// Logs the end of an outage.
  mutating func endOutage() {
    if serverState.connect() { messages.say(.notice, broker, "connected", repeating: "connected") }
  }

  /// Notes that the broker has acknowledged something.
  mutating func succeed() {
    failedNodes = 0
    _ = serverState.succeed()
  }

  /// Has the next attempt use MQTT 3.1.1, if the last one failed as it does with a broker that does not know 5.
  mutating func triesOtherVersion(after loss: Loss) -> Bool {
    guard !isConnected, loss.cause == .version || loss.cause == .hangUp,
      connection.tryOtherVersion(isConfirmed: loss.cause == .version)
    else {
      return false
    }
    messages.say(.info, broker, "\(loss.reason); trying MQTT 3.1.1", repeating: "version")
    return true
  }

  /// Notes a lost connection or a failed attempt, and logs it if it begins an outage or has a new reason. The next node
  /// follows at once; when all have failed, after a back-off.
  mutating func fail(_ reason: String, _ cause: DisconnectCause) {
    if isConnected, isStable { succeed() }
    state = .waiting
    let isNewReason = serverState.fail(reason, at: .now)
    let failed = broker
    if cause != .forgotten {
      connection.useNextNode()
      failedNodes += 1
    }
    if failedNodes < connection.settings.nodes.count {
      serverState.hurry(.now)
    } else {
      failedNodes = 0
    }
    let next = broker == failed ? "again" : broker
    messages.say(
      isNewReason ? .warning : .info, failed, "\(reason); trying \(next)", repeating: reason)
  }

  /// Waits for the next attempt without a back-off.
  mutating func waitForNextAttempt() { state = .waiting }

  /// Retries at once, as the tool is about to exit.
  mutating func hurry() { serverState.hurry(.now) }

  /// Retries at once, with other settings.
  mutating func retryNow() { serverState.retryNow(.now) }
}
