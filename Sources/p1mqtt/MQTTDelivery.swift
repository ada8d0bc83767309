import Console
import Delivery
import Records

/// Carries records from the input to a broker, as messages in order.
struct MQTTDelivery {
  enum State: Equatable {
    /// Not connected; the next try comes then.
    case waiting(until: ContinuousClock.Instant)
    /// Trying to connect, until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  let broker: String
  let connection: MQTTConnection
  let limits: MQTTLimits
  let messages: Messages
  /// What messages call the outbox.
  private let outboxName: String
  private var summary: Summary?
  private var health: Health<String>
  private var progress: Progress

  var publications: any Publications
  var announcements: Announcements
  /// The messages that have not arrived yet, a window of them, in the order they were sent in.
  var inFlight: [(number: Int32, qos: Int, message: Message)] = []
  var state = State.waiting(until: .now)
  /// Since when the broker is waited for: since when the oldest message on its way is that, or it was
  /// asked to let us in.
  var askedAt = ContinuousClock.now
  /// When the broker last took a message, other than one that tells of us.
  var takenAt = ContinuousClock.now
  var server = ServerState()
  var subscription = Subscription()
  /// Whether it was said that messages do not expire.
  var hasSaidExpiry = false

  /// When the input ended; nil before that.
  private var endedAt: ContinuousClock.Instant?
  /// Since when there was no room for more; nil while there is.
  private var heldSince: ContinuousClock.Instant?

  /// A broker that takes nothing for so long no longer holds the input up.
  private static let patience = Duration.seconds(5)
  /// Asked to stop, what is on its way gets so long, where what waits is kept for the next time.
  static let farewell = Duration.seconds(5)

  init(
    to broker: String, _ connection: MQTTConnection, _ limits: MQTTLimits,
    _ publications: any Publications, outboxName: String, _ announcements: Announcements,
    _ summary: Summary?, _ health: Health<String>, messages: Messages
  ) {
    self.broker = broker
    self.connection = connection
    self.limits = limits
    self.publications = publications
    self.outboxName = outboxName
    self.announcements = announcements
    self.summary = summary
    self.health = health
    self.messages = messages
    progress = Progress(messages)
  }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where something is left that could not be delivered, and nothing keeps it.
  mutating func run(_ input: inout RecordInput) throws {
    sayEvents()
    while true {
      try look(.now)
      try send()
      try settle()
      if isDone(input) { break }
      let interests =
        input.interests(wantsMore: wantsMore(input)) + connection.interests + health.interests
      let deadline = earliest(
        nextLook, giveUpAt(input), input.deadline, patienceEnd, publications.deadline,
        health.deadline, messages.deadline, progress.deadline)
      let happened = try wait(for: interests, until: deadline)
      try proceed(happened)
      try read(&input, happened)
      attend(happened, input)
    }
    try end()
  }

  private mutating func read(_ input: inout RecordInput, _ happened: [Interest]) throws {
    try input.read(happened) { try take($0) }
    if input.isAskedToStop, limits.holds { input.stop() }
    if input.isEnded, endedAt == nil {
      endedAt = .now
      hurry()
      try summarise { $0.finish($1) }
    }
    publications.attend(.now)
    // What is kept need not be in the pipe any more.
    input.release()
  }

  private mutating func attend(_ happened: [Interest], _ input: RecordInput) {
    sayEvents()
    health.note(server.failure)
    if health.attend(happened) { health.tell(publications.countersText) }
    messages.sayDue()
    if let (counts, waiting) = publications.progress {
      progress.show(counts, waiting: waiting, input, at: .now)
    }
  }

  private mutating func sayEvents() {
    for event in publications.takeEvents() {
      messages.say(
        event.isGood ? .notice : .warning, outboxName, event.description, repeating: event.kind)
    }
    for notice in publications.takeNotices() {
      messages.say(.notice, broker, notice.text, repeating: notice.kind)
    }
  }

  private mutating func end() throws {
    progress.end()
    health.isStopping()
    if state == .connected { try sayGoodbye() }
    publications.close(at: .now)
    sayEvents()
    let (kept, lost) = (publications.keptCount, publications.lostCount)
    if kept > 0 {
      messages.say(
        .notice, outboxName, "\(counted(kept, publications.unit)) kept for the next time")
    }
    guard lost == 0 else {
      throw Failure(
        broker, "\(counted(lost, publications.unit)) could not be delivered", .unavailable)
    }
  }

  // MARK: - Records in

  private mutating func take(_ record: Record) throws {
    guard summary != nil else { return try publish(record) }
    let timed = record.timestamp == nil ? record.stamped(.now) : record
    try summarise { $0.add(timed, $1) }
  }

  /// Publishes what the summary has to give now.
  private mutating func summarise(_ body: (inout Summary, (Record) -> Void) -> Void) throws {
    guard var summary else { return }
    var records: [Record] = []
    body(&summary) { records.append($0) }
    self.summary = summary
    for record in records { try publish(record) }
  }

  private mutating func publish(_ record: Record) throws {
    publications.take(record, &announcements.discovery, at: .now)
    // A replay can bring more at once than a queue should hold.
    try send()
  }

  // MARK: - When to read, and when to stop

  /// A broker that is slow may hold the input up, so that a replay goes at its pace; one that is
  /// away, or takes nothing, may not, unless the input can wait.
  private mutating func wantsMore(_ input: RecordInput) -> Bool {
    guard publications.isFull, !input.isAskedToStop else {
      heldSince = nil
      return true
    }
    if publications.canWait, limits.holds || input.isFile { return false }
    guard !server.isOutage else { return true }
    heldSince = heldSince ?? .now
    guard patienceEnd == nil else { return false }
    publications.overflow()
    return true
  }

  /// Until when the input is held up; nil where it is not, or was for too long.
  private var patienceEnd: ContinuousClock.Instant? {
    guard let heldSince else { return nil }
    // Where the broker takes what it is sent, the rest finds its way.
    let end = max(heldSince, takenAt) + MQTTDelivery.patience
    return .now < end ? end : nil
  }

  private func isDone(_ input: RecordInput) -> Bool {
    guard let giveUpAt = giveUpAt(input) else { return false }
    let isEmpty =
      publications.isEmpty
      && (state != .connected || announcements.isEmpty && inFlight.isEmpty)
    return isEmpty || .now >= giveUpAt
  }

  /// When the broker is waited for no longer; nil before the end of the input.
  private func giveUpAt(_ input: RecordInput) -> ContinuousClock.Instant? {
    guard let endedAt else { return nil }
    // What is kept can go another time.
    if publications.isLasting, input.isAskedToStop || server.isOutage {
      let since = input.isAskedToStop ? endedAt : max(endedAt, takenAt)
      return since + min(limits.linger, MQTTDelivery.farewell)
    }
    return max(endedAt, takenAt) + limits.linger
  }

  private var nextLook: ContinuousClock.Instant? {
    switch state {
    case .waiting(let until): until
    // A try ends by itself, after it.
    case .connecting(let until): connection.isTrying ? nil : until
    case .connected:
      inFlight.isEmpty
        ? .now + connection.upkeep
        : min(.now + connection.upkeep, askedAt + limits.silence)
    }
  }
}
