import CommandLine
import Delivery
import Records
import Sinks

/// Carries records from a broker to standard output: `p1mqtt --receive`.
///
/// p1mqtt acknowledges a message after it has written its records. After a kill, the broker sends the other
/// messages again. While the output is full, p1mqtt reads nothing from the broker, which keeps the messages.
/// The broker closes a connection that is not read, so p1mqtt disconnects first, and connects again when the
/// reader continues.
struct MQTTReceiver {
  private var session: BrokerSession
  private let filters: [String]
  private let messages: Messages
  private let stop: StopSignal
  /// Asks to read the settings and their files again.
  private let reload: NoticeSignal
  private let reloadSettings: () throws -> BrokerSettings
  private var statusReport: StatusReport

  private var output = RecordOutput()
  /// The filters that the broker has not answered yet, by packet identifier.
  private var requests: [Int32: String] = [:]
  /// How many filters the broker has granted on this connection.
  private var grantedCount = 0
  /// Whether the session has all subscriptions.
  private var isSubscribed = false
  /// Whether to reconnect with new settings.
  private var isReconnecting = false
  /// Since when the output is full; nil while it is not.
  private var blockedSince: ContinuousClock.Instant?
  private var counts = Counts()

  /// How long the reader and the broker have to take what is left before p1mqtt exits.
  private static let exitTimeout = Duration.seconds(1)

  /// What was received since the start.
  struct Counts {
    var messages = 0
    var records = 0
    var rejected = 0

    /// What `--stats` and `--metrics-file` report.
    var counters: [Counter] {
      [
        Counter("messages", .total(messages), "Messages received."),
        Counter("records", .total(records), "Records in these messages."),
        Counter("rejected", .total(rejected), "Messages with lines that are not records."),
      ]
    }
  }

  init(
    _ connection: MQTTConnection, _ filters: [String],
    reload: NoticeSignal, reloadSettings: @escaping () throws -> BrokerSettings,
    _ statusReport: StatusReport, messages: Messages
  ) throws {
    session = BrokerSession(connection, messages: messages)
    self.filters = filters
    self.reload = reload
    self.reloadSettings = reloadSettings
    self.statusReport = statusReport
    self.messages = messages
    stop = try StopSignal()
  }

  private var connection: MQTTConnection { session.connection }
  private var broker: String { session.broker }

  /// Receives until a signal asks to stop, or until nobody reads the output any more.
  ///
  /// - Throws: `Failure`.
  mutating func run() throws {
    defer {
      output.leave()
      reportRejected()
      statusReport.finish(counts.counters)
    }
    while true {
      try handleEvents()
      try reconnectIfAsked()
      try output.flush()
      let isBlocked = try output.isBlocked()
      try noteBlockage(isBlocked)
      try checkConnection(.now)
      let happened = try wait(for: interests(isBlocked: isBlocked), until: deadline(isBlocked))
      if happened.contains(.reading(stop.descriptor)) { return try end() }
      if output.isAbandoned(happened) { return }
      if !(isBlocked && session.isConnected) { try session.proceed(happened) }
      try reloadSettings(happened)
      statusReport.update(session.outage, hasStarted: session.isConnected && requests.isEmpty)
      if statusReport.takeRequest(happened) { statusReport.write(counts.counters) }
      messages.sayDue()
    }
  }

  private func interests(isBlocked: Bool) -> [Interest] {
    [.reading(stop.descriptor), .reading(reload.descriptor)] + statusReport.interests
      + output.interests(isBlocked: isBlocked)
      + (isBlocked && session.isConnected ? [] : connection.interests)
  }

  private func deadline(_ isBlocked: Bool) -> ContinuousClock.Instant? {
    let next: ContinuousClock.Instant? =
      switch (session.isConnected, isBlocked) {
      case (true, true): stallEnd
      case (true, false): .now + connection.maintenanceInterval
      case (false, _): isBlocked && session.state == .waiting ? nil : session.deadline
      }
    return earliest(next, statusReport.deadline, messages.deadline)
  }

  // MARK: - The output

  /// When a connection is closed on which nothing is read. The broker would end it after half as long again
  /// (MQTT 5, 3.1.2.10).
  private var stallEnd: ContinuousClock.Instant? {
    blockedSince.map { $0 + .seconds(connection.keepAlive) }
  }

  private mutating func noteBlockage(_ isBlocked: Bool) throws {
    guard isBlocked else { return blockedSince = nil }
    blockedSince = blockedSince ?? .now
    guard session.isConnected, let stallEnd, .now >= stallEnd else { return }
    // This discards queued acknowledgements of messages that are not written yet.
    try connection.abandon()
    session.waitForNextAttempt()
    messages.say(
      .notice, "standard output",
      "the reader has read nothing for \(connection.keepAlive) s; disconnected from \(broker) "
        + "until it reads again", repeating: "stalled")
  }

  /// Writes the rest, acknowledges it, and disconnects.
  private mutating func end() throws {
    statusReport.notifyStopping()
    try output.close(within: MQTTReceiver.exitTimeout)
    guard session.isConnected, !output.isPending else { return }
    try connection.disconnect(until: .now + MQTTReceiver.exitTimeout)
  }

  // MARK: - The connection

  private mutating func checkConnection(_ now: ContinuousClock.Instant) throws {
    // While the output is full, no connection is made.
    guard blockedSince == nil || session.state != .waiting else { return }
    if let loss = try session.check(now) { disconnected(loss) }
  }

  private mutating func handleEvents() throws {
    for event in connection.takeEvents() {
      switch event {
      case .connected: connected()
      case .disconnected(let reason, let cause): disconnected(.init(reason: reason, cause: cause))
      case .subscribed(let number, let code): try subscribed(number, code)
      case .received(let topic, let payload, _): receive(topic, payload)
      case .published, .rejected: break
      }
    }
  }

  private mutating func connected() {
    session.connected()
    requests = [:]
    grantedCount = 0
    // A broker with MQTT 3.1.1 sends retained messages again for each subscription.
    if isSubscribed, connection.isSessionPresent { return session.endOutage() }
    isSubscribed = false
    for filter in filters {
      if let number = connection.subscribe(to: filter, qos: 1) { requests[number] = filter }
    }
  }

  private mutating func subscribed(_ number: Int32, _ code: Int32) throws {
    guard let filter = requests.removeValue(forKey: number) else { return }
    if code >= 128 {
      let reason = MQTTResult(code).reason
      messages.say(
        .warning, broker,
        "subscription to \(filter) rejected: \(reason); allow the user to read these topics",
        repeating: "refused \(filter)")
    } else {
      grantedCount += 1
      if code == 0 {
        messages.say(
          .warning, broker,
          "only QoS 0 granted for \(filter): messages sent while p1mqtt does not run are lost",
          repeating: "granted \(filter)")
      }
    }
    guard requests.isEmpty else { return }
    guard grantedCount > 0 else {
      try connection.abandon()
      return disconnected(.init(reason: "no subscription granted"))
    }
    isSubscribed = grantedCount == filters.count
    session.endOutage()
  }

  private mutating func disconnected(_ loss: BrokerSession.Loss) {
    guard session.state != .waiting else { return }
    if session.triesOtherVersion(after: loss) { return session.waitForNextAttempt() }
    // Some brokers end the connection instead of refusing a subscription.
    session.fail(
      requests.isEmpty
        ? loss.reason
        : "\(loss.reason) before the subscription was granted; allow the user to read these topics",
      loss.cause)
    requests = [:]
  }

  /// Reads the settings again and reconnects, if SIGHUP asks for it.
  private mutating func reloadSettings(_ happened: [Interest]) throws {
    guard happened.contains(.reading(reload.descriptor)) else { return }
    reload.clear()
    do {
      connection.renew(try reloadSettings())
    } catch {
      messages.warnReloadFailed(error)
      return
    }
    messages.say(.notice, broker, "settings, password, key and certificates reloaded; reconnecting")
    isReconnecting = true
  }

  /// Reconnects with new settings. The thread of an attempt uses the client, so the attempt ends first.
  private mutating func reconnectIfAsked() throws {
    guard isReconnecting, !connection.isConnecting else { return }
    isReconnecting = false
    if session.state != .waiting {
      try connection.abandon()
      session.waitForNextAttempt()
    }
    session.retryNow()
  }

  // MARK: - Messages

  /// Adds the records of a message to the output.
  private mutating func receive(_ topic: String, _ payload: [UInt8]) {
    // An empty message deletes one that the broker retains.
    guard !payload.isEmpty else { return }
    counts.messages += 1
    session.succeed()
    var records: [Record] = []
    var fault: String?
    let handle = { (event: RecordReader.Event) in
      switch event {
      case .record(let record): records.append(record)
      case .rejected(let line, let reason): fault = fault ?? "line \(line): \(reason)"
      }
    }
    var reader = RecordReader()
    reader.read(payload.span, handle)
    reader.finish(handle)
    for record in records { output.add(record) }
    counts.records += records.count
    guard let fault = fault ?? (records.isEmpty ? "no record in it" : nil) else { return }
    counts.rejected += 1
    messages.say(
      .warning, broker, "message to \(topic) dropped, in part or completely: \(fault)",
      repeating: "rejected")
  }

  private func reportRejected() {
    guard counts.rejected > 0 else { return }
    let count = counted(counts.rejected, "message")
    messages.say(
      .warning, broker, "\(count) dropped, in part or completely: lines are not records")
  }
}
