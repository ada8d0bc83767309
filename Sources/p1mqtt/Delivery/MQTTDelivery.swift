import CommandLine
import Delivery
import Records
import Sinks

/// Carries records from the input to a broker, as messages in order.
struct MQTTDelivery: RecordDelivery {
  enum State: Equatable {
    /// Not connected; the next try comes when `server` has it, or at once.
    case waiting
    /// Trying to connect, until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  let connection: MQTTConnection
  let limits: SendingSettings
  let messages: Messages
  /// The settings, with the password, key and certificates that their files hold now.
  private let reloadSettings: () throws -> BrokerSettings

  var publications: any Publications
  var announcements: StatusAndDiscovery
  /// The messages that have not arrived yet, a window of them, in the order they were sent in.
  var inFlight: [(number: Int32, qos: Int, message: Message)] = []
  var state = State.waiting
  /// Since when an answer to the oldest message on its way is waited for.
  var unansweredSince = ContinuousClock.now
  var server = ServerState()
  var answeredAt = ContinuousClock.now
  /// Since when there is a connection, or was the last one.
  var connectedAt = ContinuousClock.now
  var subscription = Subscription()
  /// Whether the broker is left, and connected to again, once it has answered what is on its way.
  var isReconnecting = false
  /// Whether it was said that messages do not expire.
  var hasSaidExpiry = false

  init(
    to connection: MQTTConnection, reloadSettings: @escaping () throws -> BrokerSettings,
    _ limits: SendingSettings, _ publications: any Publications,
    _ announcements: StatusAndDiscovery,
    messages: Messages
  ) {
    self.connection = connection
    self.reloadSettings = reloadSettings
    self.limits = limits
    self.publications = publications
    self.announcements = announcements
    self.messages = messages
  }

  /// What messages call the broker.
  var broker: String { connection.settings.name }

  // MARK: - What SinkRun asks for

  var serverName: String { broker }
  var outage: String? { server.failure }
  var isFull: Bool { publications.isFull }
  var isDone: Bool {
    publications.isEmpty
      && (state != .connected || announcements.isEmpty && inFlight.isEmpty)
  }
  var keepsAll: Bool { publications.keepsAll }
  var isTimed: Bool { publications.isTimed }
  var statistics: DeliveryStatistics { publications.statistics }
  var deadline: ContinuousClock.Instant? { earliest(nextLook, publications.deadline) }

  /// Takes what was read, the records of a telegram at a time.
  mutating func read(_ records: [Record], _ preprocessor: inout RecordPreprocessor) throws {
    var rest = records[...]
    while !rest.isEmpty {
      let end = rest.dropFirst().firstIndex { !$0.isOfSubmeter } ?? rest.endIndex
      let telegram = rest[..<end]
      // Those behind the first one are.
      let submeters = rest[rest.startIndex].isOfSubmeter ? telegram : telegram.dropFirst()
      if !submeters.isEmpty { publications.see(Array(submeters), at: .now) }
      for record in telegram {
        for record in preprocessor.process(record) { try add(record, at: .now) }
      }
      rest = rest[end...]
    }
  }

  mutating func add(_ record: Record, at now: ContinuousClock.Instant) throws {
    publications.take(record, &announcements.discovery, at: now)
    // A replay can bring more at once than a queue should hold.
    try send()
  }

  mutating func store(at now: ContinuousClock.Instant) -> Bool {
    publications.attend(now)
    return false
  }

  mutating func overflow() { publications.overflow() }
  mutating func endInput() { server.hurry(.now) }

  mutating func sendDue() throws {
    try proceedWithState(.now)
    try send()
    try handleEvents()
    if isReconnecting, state != .connected || inFlight.isEmpty { try reconnect() }
  }

  mutating func communicate(
    _ interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest] {
    let happened = try wait(for: interests + connection.interests, until: deadline)
    try proceed(happened)
    return happened
  }

  mutating func reload() throws -> String {
    connection.renew(try reloadSettings())
    isReconnecting = true
    return "password, key and certificates read again; connecting anew"
  }

  mutating func disconnect() throws {
    if state == .connected { try publishOfflineAndDisconnect() }
  }

  mutating func close() { publications.close(at: .now) }
  mutating func takeEvents() -> [OutboxEvent] { publications.takeEvents() }

  mutating func sayNotices() {
    for notice in publications.takeLogMessages() + announcements.takeLogMessages() {
      messages.say(.notice, broker, notice.text, repeating: notice.kind)
    }
  }

  private var nextLook: ContinuousClock.Instant? {
    switch state {
    case .waiting: server.retryAt ?? .now
    // A try ends by itself, after it.
    case .connecting(let until): connection.isConnecting ? nil : until
    case .connected: earliest(.now + connection.maintenanceInterval, answerDue)
    }
  }
}

/// How messages are sent, and how long an answer may take.
struct SendingSettings {
  /// The quality of service of messages, and the least that will do.
  let qos: Int
  let leastQoS: Int
  /// After so long without an answer the broker is left.
  let responseTimeout: Duration
}
