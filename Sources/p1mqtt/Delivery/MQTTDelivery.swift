import CommandLine
import Delivery
import DequeModule
import Records
import Sinks

/// Carries records from the input to a broker, as messages in order.
struct MQTTDelivery: RecordDelivery {
  var session: BrokerSession
  let limits: SendingSettings
  let messages: Messages
  /// The settings, with the password, key and certificates that their files hold now.
  private let reloadSettings: () throws -> BrokerSettings

  var publications: any Publications
  var announcements: StatusAndDiscovery
  /// The messages in flight, in the order in which they were sent.
  var inFlight: Deque<(number: Int32, qos: Int, message: Message)> = []
  /// Since when the oldest message in flight is unanswered.
  var unansweredSince = ContinuousClock.now
  var answeredAt = ContinuousClock.now
  /// When the broker last sent a message.
  var receivedAt = ContinuousClock.now
  var rejection: Rejection?
  var subscription = Subscription()
  /// Whether to reconnect when nothing is in flight.
  var isReconnecting = false
  var suspicion = DisconnectSuspicion()
  /// Whether it was logged that messages do not expire.
  var hasLoggedExpiry = false

  init(
    to connection: MQTTConnection, reloadSettings: @escaping () throws -> BrokerSettings,
    _ limits: SendingSettings, _ publications: any Publications,
    _ announcements: StatusAndDiscovery,
    messages: Messages
  ) {
    session = BrokerSession(connection, messages: messages)
    self.reloadSettings = reloadSettings
    self.limits = limits
    self.publications = publications
    self.announcements = announcements
    self.messages = messages
  }

  var connection: MQTTConnection { session.connection }
  var broker: String { session.broker }

  // MARK: - What SinkRun asks for

  var serverName: String { broker }
  var outage: String? { session.outage }
  var isFull: Bool { publications.isFull }
  var isDone: Bool {
    publications.isEmpty
      && (!session.isConnected || announcements.isEmpty && inFlight.isEmpty)
  }
  var keepsAll: Bool { publications.keepsAll }
  var isTimed: Bool { publications.isTimed }
  var statistics: DeliveryStatistics { publications.statistics }
  var deadline: ContinuousClock.Instant? {
    earliest(
      nextLook, publications.deadline, announcements.deadline(isConnected: session.isConnected),
      separationEnd)
  }

  /// Takes records, those of a telegram at a time.
  mutating func read(_ records: [Record], _ preprocessor: inout RecordPreprocessor) throws {
    var rest = records[...]
    while !rest.isEmpty {
      let end = rest.dropFirst().firstIndex { !$0.isOfSubmeter } ?? rest.endIndex
      let telegram = rest[..<end]
      announcements.noteTelegram(telegram, at: .now)
      // Records of a telegram after the first one are of sub-meters.
      let submeters = rest[rest.startIndex].isOfSubmeter ? telegram : telegram.dropFirst()
      if !submeters.isEmpty { publications.noteSubmeters(Array(submeters), at: .now) }
      // The records of periods come in another order than those of the telegrams.
      if preprocessor.hasPeriods { for record in telegram { publications.claimTopics(of: record) } }
      for record in telegram {
        for record in preprocessor.process(record) { try add(record, at: .now) }
      }
      rest = rest[end...]
    }
  }

  mutating func add(_ record: Record, at now: ContinuousClock.Instant) throws {
    let record = announcements.discovery == nil ? record : record.addingNetPower()
    publications.take(record, &announcements.discovery, at: now)
    if announcements.discovery?.noteArrival(of: MeterKey(record), at: now) ?? false {
      publications.repeatLast(at: now)
    }
    // A replay may read more at once than a queue should hold.
    try send()
  }

  mutating func store(at now: ContinuousClock.Instant) -> Bool {
    publications.attend(now)
    return false
  }

  mutating func overflow() { publications.overflow() }
  mutating func endInput() {
    session.hurry()
    announcements.discovery?.endInput()
  }

  mutating func sendDue() throws {
    announcements.advance(at: .now)
    try checkConnection(.now)
    try send()
    try handleEvents()
    // The thread of an attempt uses the client, so the attempt ends first.
    if isReconnecting, !connection.isConnecting, !session.isConnected || inFlight.isEmpty {
      try reconnect()
    }
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
    suspicion.clear()
    announcements.endPauses()
    return "settings, password, key and certificates reloaded; reconnecting"
  }

  mutating func disconnect() throws {
    if session.isConnected { try publishOfflineAndDisconnect() }
  }

  mutating func close() { publications.close(at: .now) }
  mutating func takeEvents() -> [OutboxEvent] { publications.takeEvents() }

  mutating func sayNotices() {
    for notice in publications.takeLogMessages() + announcements.takeLogMessages() {
      messages.say(.notice, broker, notice.text, repeating: notice.kind)
    }
  }

  private var nextLook: ContinuousClock.Instant? {
    session.isConnected
      ? earliest(.now + connection.maintenanceInterval, answerDue) : session.deadline
  }
}

/// How messages are published.
struct SendingSettings {
  /// The quality of service of messages, and the least that will do.
  let qos: Int
  let leastQoS: Int
}
