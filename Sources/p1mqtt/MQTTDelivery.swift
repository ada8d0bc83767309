import CommandLine
import Delivery
import Records
import Sinks

/// Carries records from the input to a broker, as messages in order.
struct MQTTDelivery {
  enum State: Equatable {
    /// Not connected; the next try comes when `server` has it, or at once.
    case waiting
    /// Trying to connect, until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  let connection: MQTTConnection
  let limits: MQTTLimits
  let messages: Messages
  /// What asks to read the files of the settings again, and the settings with what they hold then.
  private let reload: (signal: NoticeSignal, settings: () throws -> BrokerSettings)
  /// What messages call the outbox.
  private let outboxName: String
  var flow: Flow
  private var intake: Intake
  private var statusReport: StatusReport<String>
  private var progress: Progress

  var publications: any Publications
  var announcements: Announcements
  /// The messages that have not arrived yet, a window of them, in the order they were sent in.
  var inFlight: [(number: Int32, qos: Int, message: Message)] = []
  var state = State.waiting
  /// Since when an answer to the oldest message on its way is waited for.
  var askedAt = ContinuousClock.now
  var server = ServerState()
  /// Since when there is a connection, or was the last one.
  var connectedAt = ContinuousClock.now
  var subscription = Subscription()
  /// Whether the broker is left, and connected to again, once it has answered what is on its way.
  var isReconnecting = false
  /// Whether it was said that messages do not expire.
  var hasSaidExpiry = false

  init(
    to connection: MQTTConnection,
    renewed reload: (signal: NoticeSignal, settings: () throws -> BrokerSettings),
    _ limits: MQTTLimits, _ flow: Flow,
    _ publications: any Publications, outboxName: String, _ announcements: Announcements,
    _ intake: Intake, _ statusReport: StatusReport<String>, messages: Messages
  ) {
    self.connection = connection
    self.reload = reload
    self.limits = limits
    self.flow = flow
    self.publications = publications
    self.outboxName = outboxName
    self.announcements = announcements
    self.intake = intake
    self.statusReport = statusReport
    self.messages = messages
    progress = Progress(messages)
  }

  /// What messages call the broker.
  var broker: String { connection.settings.name }

  /// Delivers what the input holds, to its end.
  ///
  /// - Throws: `Failure` where something is left that could not be delivered, and nothing keeps it.
  mutating func run(_ input: inout RecordInput) throws {
    do {
      try deliver(&input)
    } catch {
      close()
      // Why it ends is said last.
      do { try sayEnd() } catch let lost as Failure { messages.say(lost) }
      throw error
    }
    close()
    try sayEnd()
  }

  private mutating func close() {
    publications.close(at: .now)
    sayEvents()
  }

  private func sayEnd() throws { try publications.tally.end(outboxName, to: broker, messages) }

  private mutating func deliver(_ input: inout RecordInput) throws {
    sayEvents()
    while true {
      try look(.now)
      try send()
      try settle()
      if isReconnecting, state != .connected || inFlight.isEmpty { try reconnect() }
      if isDone(input) { break }
      let wantsMore = flow.wantsMore(
        input, isFull: publications.isFull, isOutage: server.isOutage)
      if flow.isOverdue { publications.overflow() }
      let interests =
        input.interests(wantsMore: wantsMore) + connection.interests + statusReport.interests
        + [.reading(reload.signal.descriptor)]
      let deadline = earliest(
        nextLook, giveUpAt(input), input.deadline, flow.patienceEnd, publications.deadline,
        statusReport.deadline, messages.deadline, progress.deadline)
      let happened = try wait(for: interests, until: deadline)
      try proceed(happened)
      renew(happened)
      try read(&input, happened)
      attend(happened, input)
    }
    progress.end()
    statusReport.isStopping()
    if state == .connected { try sayGoodbye() }
  }

  /// Reads the files of the settings again, if that is asked for, and connects anew with what they hold.
  private mutating func renew(_ happened: [Interest]) {
    guard happened.contains(.reading(reload.signal.descriptor)) else { return }
    reload.signal.clear()
    do {
      connection.renew(try reload.settings())
    } catch {
      messages.sayOldLogin(error)
      return
    }
    messages.say(.notice, broker, "password, key and certificates read again; connecting anew")
    isReconnecting = true
  }

  private mutating func read(_ input: inout RecordInput, _ happened: [Interest]) throws {
    var records: [Record] = []
    try input.read(happened) { records.append($0) }
    try take(records)
    if flow.attend(&input) {
      server.hurry(.now)
      try publish(intake.finish())
    }
    publications.attend(.now)
    // What is kept need not be in the pipe any more.
    input.release()
  }

  private mutating func attend(_ happened: [Interest], _ input: RecordInput) {
    sayEvents()
    statusReport.update(server.failure)
    if statusReport.isDue(happened) { statusReport.write(publications.tally.text) }
    messages.sayDue()
    progress.show(publications.tally, input, at: .now)
  }

  private mutating func sayEvents() {
    messages.say(publications.takeEvents(), of: outboxName)
    for notice in publications.takeNotices() + announcements.takeNotices() {
      messages.say(.notice, broker, notice.text, repeating: notice.kind)
    }
  }

  /// Takes what was read, the records of a telegram at a time.
  private mutating func take(_ records: [Record]) throws {
    var rest = records[...]
    while !rest.isEmpty {
      let end = rest.dropFirst().firstIndex { !$0.isOfSubmeter } ?? rest.endIndex
      let telegram = rest[..<end]
      // Those behind the first one are.
      let submeters = rest[rest.startIndex].isOfSubmeter ? telegram : telegram.dropFirst()
      if !submeters.isEmpty { publications.see(Array(submeters), at: .now) }
      for record in telegram { try publish(intake.take(record)) }
      rest = rest[end...]
    }
  }

  private mutating func publish(_ records: [Record]) throws {
    for record in records {
      publications.take(record, &announcements.discovery, at: .now)
      // A replay can bring more at once than a queue should hold.
      try send()
    }
  }

  // MARK: - When to stop

  private func isDone(_ input: RecordInput) -> Bool {
    guard let giveUpAt = giveUpAt(input) else { return false }
    let isEmpty =
      publications.isEmpty
      && (state != .connected || announcements.isEmpty && inFlight.isEmpty)
    return isEmpty || .now >= giveUpAt
  }

  private func giveUpAt(_ input: RecordInput) -> ContinuousClock.Instant? {
    flow.giveUpAt(
      input, isLasting: publications.isLasting, isOutage: server.isOutage,
      isDated: publications.isDated)
  }

  private var nextLook: ContinuousClock.Instant? {
    switch state {
    case .waiting: server.retryAt ?? .now
    // A try ends by itself, after it.
    case .connecting(let until): connection.isTrying ? nil : until
    case .connected: earliest(.now + connection.upkeep, answerDue)
    }
  }
}
