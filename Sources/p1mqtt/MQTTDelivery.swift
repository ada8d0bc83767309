import Console
import Delivery
import Records

/// Carries records from the input to a broker: a message a value, in order; after an outage only
/// the newest value of each topic, as a value does not say when it was measured.
struct MQTTDelivery {
  private enum State: Equatable {
    /// Not connected; the next try comes then.
    case waiting(until: ContinuousClock.Instant)
    /// Trying to connect, until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  private let broker: String
  private let connection: MQTTConnection
  private var topics: Topics
  /// The quality of service: what was asked for, or what the broker takes.
  private var qos: Int
  private let linger: Duration
  private let messages: Messages
  private var summary: Summary?
  private var health: Health<String>
  private var counters = Counters()

  private var queue: ValueQueue
  /// The messages that have not arrived yet, a window of them, in the order they were sent in.
  private var inFlight: [(number: Int32, entry: ValueQueue.Entry)] = []
  private var state = State.waiting(until: .now)
  /// When the broker last took a message, or the first of those was sent that it has not taken.
  private var lastProgress = ContinuousClock.now
  private var server = ServerState()
  private var reportedDrops = 0

  /// What is counted since the beginning.
  private struct Counters {
    /// Records that were read.
    var records = 0
    /// Values that arrived, and those that can never be sent.
    var delivered = 0
    var refused = 0
  }

  /// A broker that accepts a connection but not us within this time is left.
  private static let connectTimeout = Duration.seconds(30)
  /// A broker that takes nothing for so long no longer holds the input up.
  private static let patience = Duration.seconds(5)
  /// A broker that takes nothing for so long is left.
  private static let answerTimeout = Duration.seconds(30)
  /// At least so often the connection is looked after.
  private static let upkeep = Duration.seconds(15)
  /// So many values may wait for a broker that takes them; more of them hold the input up.
  private static let queueLength = 10_000
  /// The most values that wait in an outage: more than there are topics.
  private static let queueCapacity = 100_000

  init(
    _ settings: MQTTSettings, _ connection: MQTTConnection, _ summary: Summary?,
    _ health: Health<String>, linger: Duration, messages: Messages
  ) {
    broker = settings.name
    self.connection = connection
    topics = Topics(prefix: settings.topicPrefix)
    qos = settings.qos
    self.summary = summary
    self.health = health
    self.linger = linger
    self.messages = messages
    queue = ValueQueue(capacity: MQTTDelivery.queueCapacity)
  }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where values are left that could not be delivered.
  mutating func run(_ input: inout RecordInput) throws {
    var giveUpAt: ContinuousClock.Instant?
    while true {
      let now = ContinuousClock.now
      try connectIfDue(now)
      try leaveIfStalled(now)
      send()
      settle()
      if input.isEnded {
        if queue.isEmpty, inFlight.isEmpty { break }
        giveUpAt = giveUpAt ?? now + linger
        if let giveUpAt, now >= giveUpAt { break }
      }
      let interests =
        input.interests(wantsMore: wantsMore(now)) + connection.interests + health.interests
      let deadline = earliest(
        nextLook(now), giveUpAt, input.deadline, health.deadline, messages.deadline)
      let happened = try wait(for: interests, until: deadline)
      connection.proceed(happened)
      settle()
      let wasEnded = input.isEnded
      try input.read(happened) { take($0) }
      if input.isEnded, !wasEnded { summarise { $0.finish($1) } }
      reportDrops()
      health.note(server.failure)
      if health.attend(happened) { health.tell(countersText) }
      messages.sayDue()
    }
    health.isStopping()
    if state == .connected { sayGoodbye() }
    let lost = queue.count + inFlight.count + queue.droppedCount
    guard lost == 0 else {
      throw Failure(broker, "\(counted(lost, "value")) could not be delivered", .unavailable)
    }
  }

  // MARK: - Records in

  private mutating func take(_ record: Record) {
    counters.records += 1
    guard summary != nil else { return queue(record) }
    let timed = record.timestamp == nil ? record.stamped(.now) : record
    summarise { $0.add(timed, $1) }
  }

  /// Queues what the summary has to give now.
  private mutating func summarise(_ body: (inout Summary, (Record) -> Void) -> Void) {
    guard var summary else { return }
    var records: [Record] = []
    body(&summary) { records.append($0) }
    self.summary = summary
    for record in records { queue(record) }
  }

  private mutating func queue(_ record: Record) {
    for entry in topics.entries(of: record) { queue.add(entry) }
    // A replay can bring more at once than a queue should hold.
    send()
  }

  /// The counters in a line, as `name=value`.
  private var countersText: String {
    """
    records=\(counters.records) delivered=\(counters.delivered) \
    waiting=\(queue.count + inFlight.count) refused=\(counters.refused) \
    dropped=\(queue.droppedCount)
    """
  }

  /// A broker that is slow may hold the input up, so that a replay goes at its pace; one that is
  /// away, or takes nothing, may not.
  private mutating func wantsMore(_ now: ContinuousClock.Instant) -> Bool {
    guard !server.isOutage, !queue.keepsNewestOnly, queue.count >= MQTTDelivery.queueLength else {
      return true
    }
    guard isWaitingForAnswer, now >= lastProgress + MQTTDelivery.patience else { return false }
    queue.keepNewestOnly()
    return true
  }

  /// Whether something was sent that the broker has not answered yet.
  private var isWaitingForAnswer: Bool {
    switch state {
    case .waiting: false
    case .connecting: true
    case .connected: !inFlight.isEmpty
    }
  }

  // MARK: - The connection

  private mutating func connectIfDue(_ now: ContinuousClock.Instant) throws {
    switch state {
    case .waiting(let until) where now >= until:
      state = .connecting(until: now + MQTTDelivery.connectTimeout)
      lastProgress = now
      try connection.connect()
    case .connecting(let until) where now >= until && !connection.isTrying:
      try connection.abandon()
      disconnected("no answer")
    default:
      break
    }
  }

  private mutating func leaveIfStalled(_ now: ContinuousClock.Instant) throws {
    guard state == .connected, isWaitingForAnswer,
      now >= lastProgress + MQTTDelivery.answerTimeout
    else {
      return
    }
    try connection.abandon()
    disconnected("no answer for \(MQTTDelivery.answerTimeout.components.seconds) s")
  }

  private func nextLook(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let patienceEnd = lastProgress + MQTTDelivery.patience
    if isWaitingForAnswer, now < patienceEnd { return patienceEnd }
    switch state {
    case .waiting(let until): return until
    // A try ends by itself, after it.
    case .connecting(let until) where !connection.isTrying: return until
    case .connecting, .connected: return now + MQTTDelivery.upkeep
    }
  }

  private mutating func settle() {
    for event in connection.takeEvents() {
      switch event {
      case .connected:
        state = .connected
        lastProgress = .now
        queue.keepAll()
        if server.connect() {
          messages.say(.notice, broker, "connected", repeating: "connected")
        }
      case .disconnected(let reason, let isProtocolError):
        if isProtocolError, qos == 2, !inFlight.isEmpty { lowerQoS() }
        disconnected(reason)
      case .published(let number):
        // Only a broker that takes messages is back.
        _ = server.succeed()
        counters.delivered += 1
        lastProgress = .now
        if queue.keepsNewestOnly { queue.keepAll() }
        inFlight.removeAll { $0.number == number }
      }
    }
  }

  private mutating func disconnected(_ reason: String, unsent last: ValueQueue.Entry? = nil) {
    if case .waiting = state { return }
    // Said when it begins, and when its reason is another one.
    let isNews = server.fail(reason, at: .now)
    messages.say(
      isNews ? .warning : .info, broker, "\(reason); trying again", repeating: reason)
    state = .waiting(until: server.retryAt ?? .now)
    queue.keepNewestOnly(returning: inFlight.map(\.entry) + [last].compactMap(\.self))
    inFlight = []
  }

  /// RabbitMQ, for one, acknowledges a message of QoS 2 as if it were one of QoS 1.
  private mutating func lowerQoS() {
    qos = 1
    messages.say(.warning, broker, "the broker does not take QoS 2; going on with QoS 1")
  }

  private func sayGoodbye() {
    connection.disconnect()
    // What is left to write is a packet of two bytes; nothing, if it went at once.
    let interests = connection.interests
    guard !interests.isEmpty else { return }
    let deadline = ContinuousClock.now + .seconds(1)
    guard let happened = try? wait(for: interests, until: deadline) else { return }
    connection.proceed(happened)
  }

  // MARK: - Messages

  /// How many messages may be on their way: those that a broker has to acknowledge are few.
  private var window: Int { qos == 0 ? 200 : 20 }

  private mutating func send() {
    while state == .connected, inFlight.count < window, let entry = queue.removeFirst() {
      switch connection.publish(entry.value.span, to: entry.name, qos: qos) {
      case .sent(let number):
        if inFlight.isEmpty { lastProgress = .now }
        inFlight.append((number, entry))
        if qos == 0 { settle() }
      case .refused(let reason):
        counters.refused += 1
        messages.say(
          .error, broker, "\(entry.name) refused: \(reason)", repeating: "refused")
      case .disconnected(let reason):
        disconnected(reason, unsent: entry)
      }
    }
  }

  private mutating func reportDrops() {
    guard queue.droppedCount > reportedDrops else { return }
    reportedDrops = queue.droppedCount
    messages.say(
      .warning, broker,
      "\(counted(reportedDrops, "value")) dropped up to now, the oldest first: too many topics",
      repeating: "dropped")
  }
}
