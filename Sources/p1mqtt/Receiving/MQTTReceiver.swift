import CommandLine
import Delivery
import Records
import Sinks

/// Carries records from a broker to standard output: `p1mqtt --receive`.
///
/// A message is acknowledged once its records are written, and not before: the broker sends what was
/// not acknowledged again, after a kill, too. While the output has no room, nothing is read from the
/// broker, so that the broker keeps what comes. A connection on which nothing is read for long would
/// be ended by the broker, so it is given up, and made again once there is room.
struct MQTTReceiver {
  private enum State: Equatable {
    /// Not connected; `server` has when to try next.
    case waiting
    /// Trying to connect, until then.
    case connecting(until: ContinuousClock.Instant)
    case connected
  }

  private let connection: MQTTConnection
  private let filters: [String]
  private let messages: Messages
  private let stop: StopSignal
  /// What asks to read the files of the settings again, and the settings with what they hold then.
  private let reload: (signal: NoticeSignal, settings: () throws -> BrokerSettings)
  private var statusReport: StatusReport<String>

  private var output = RecordOutput()
  private var state = State.waiting
  private var server = ServerState()
  private var connectedAt = ContinuousClock.now
  /// The filters that the broker has not answered yet, by the numbers of the requests.
  private var requests: [Int32: String] = [:]
  /// How many filters the broker has granted on this connection.
  private var grantedCount = 0
  /// Whether the session has all subscriptions.
  private var isSubscribed = false
  /// Since when the output has no room; nil while it has.
  private var blockedSince: ContinuousClock.Instant?
  private var counts = (messages: 0, records: 0, rejected: 0)

  /// A connection that lasted this long was a good one: the next try follows soon.
  private static let leastStay = Duration.seconds(30)
  /// How long the broker and the reader have at the end to take what is left.
  private static let exitTimeout = Duration.seconds(1)

  init(
    _ connection: MQTTConnection, _ filters: [String],
    renewed reload: (signal: NoticeSignal, settings: () throws -> BrokerSettings),
    _ statusReport: StatusReport<String>, messages: Messages
  ) throws {
    self.connection = connection
    self.filters = filters
    self.reload = reload
    self.statusReport = statusReport
    self.messages = messages
    stop = try StopSignal()
  }

  private var broker: String { connection.settings.name }

  /// Receives until a signal asks to stop, or until nobody reads the output any more.
  ///
  /// - Throws: `Failure`.
  mutating func run() throws {
    defer { sayRejected() }
    while true {
      try handleEvents()
      try output.flush()
      let isBlocked = try output.isBlocked()
      try noteBlockage(isBlocked)
      try proceedWithState(.now)
      let happened = try wait(for: interests(isBlocked: isBlocked), until: deadline(isBlocked))
      if happened.contains(.reading(stop.descriptor)) { return try end() }
      if output.isAbandoned(happened) { return }
      if !(isBlocked && state == .connected) { try proceed(happened) }
      try reloadSettings(happened)
      statusReport.update(server.failure)
      if statusReport.isDue(happened) { statusReport.write(counters) }
      messages.sayDue()
    }
  }

  private func interests(isBlocked: Bool) -> [Interest] {
    [.reading(stop.descriptor), .reading(reload.signal.descriptor)] + statusReport.interests
      + output.interests(isBlocked: isBlocked)
      + (isBlocked && state == .connected ? [] : connection.interests)
  }

  private func deadline(_ isBlocked: Bool) -> ContinuousClock.Instant? {
    let next: ContinuousClock.Instant? =
      switch state {
      case .waiting: isBlocked ? nil : server.retryAt ?? .now
      // A try ends by itself.
      case .connecting(let until): connection.isTrying ? nil : until
      case .connected: isBlocked ? stallEnd : .now + connection.upkeep
      }
    return earliest(next, statusReport.deadline, messages.deadline)
  }

  private var counters: String {
    "messages=\(counts.messages) records=\(counts.records) rejected=\(counts.rejected)"
  }

  // MARK: - The output

  /// When a connection on which nothing is read is given up: a broker waits half as long again (MQTT 5,
  /// 3.1.2.10).
  private var stallEnd: ContinuousClock.Instant? {
    blockedSince.map { $0 + .seconds(connection.keepAlive) }
  }

  private mutating func noteBlockage(_ isBlocked: Bool) throws {
    guard isBlocked else { return blockedSince = nil }
    blockedSince = blockedSince ?? .now
    guard state == .connected, let stallEnd, .now >= stallEnd else { return }
    // Acknowledgements of what is not written yet are forgotten: the broker sends it again.
    try connection.abandon()
    state = .waiting
    messages.say(
      .notice, "standard output",
      "the reader has taken nothing for \(connection.keepAlive) s; disconnected from \(broker) "
        + "until it does", repeating: "stalled")
  }

  /// Writes what is left, acknowledges what is written, and leaves the broker.
  private mutating func end() throws {
    statusReport.isStopping()
    try output.close(within: MQTTReceiver.exitTimeout)
    guard state == .connected, !output.isPending else { return }
    let deadline = ContinuousClock.now + MQTTReceiver.exitTimeout
    connection.disconnect()
    while .now < deadline {
      let interests = connection.interests.filter(\.isWrite)
      guard !interests.isEmpty else { return }
      try connection.proceed(wait(for: interests, until: deadline))
    }
  }

  // MARK: - The connection

  private mutating func proceedWithState(_ now: ContinuousClock.Instant) throws {
    switch state {
    case .waiting where blockedSince == nil && server.retryAt.map { now >= $0 } ?? true:
      state = .connecting(until: now + connection.settings.timeout)
      do {
        try connection.connect()
      } catch {
        // There may be as many descriptors or threads as are allowed: that can pass.
        disconnected((error as? Failure)?.reason ?? "\(error)")
      }
    case .connecting(let until) where now >= until && !connection.isTrying:
      try connection.abandon()
      disconnected("no answer for \(connection.settings.timeout.components.seconds) s", .hangUp)
    default:
      break
    }
  }

  private mutating func proceed(_ happened: [Interest]) throws {
    let wasTrying = connection.isTrying
    try connection.proceed(happened)
    // The answer gets its time however long the way took.
    if wasTrying, !connection.isTrying, case .connecting = state {
      state = .connecting(until: .now + connection.settings.timeout)
    }
  }

  private mutating func handleEvents() throws {
    for event in connection.takeEvents() {
      switch event {
      case .connected: connected()
      case .disconnected(let reason, let fault): disconnected(reason, fault)
      case .subscribed(let number, let code): try subscribed(number, code)
      case .received(let topic, let payload, _): receive(topic, payload)
      case .published, .refused: break
      }
    }
  }

  private mutating func connected() {
    state = .connected
    connectedAt = .now
    requests = [:]
    grantedCount = 0
    // In a session that is there, it would have a broker of MQTT 3.1.1 send what it retains once more.
    if isSubscribed, connection.isSessionPresent { return isBack() }
    isSubscribed = false
    for filter in filters {
      if let number = connection.subscribe(to: filter, qos: 1) { requests[number] = filter }
    }
  }

  private mutating func isBack() {
    if server.connect() { messages.say(.notice, broker, "connected", repeating: "connected") }
  }

  private mutating func subscribed(_ number: Int32, _ code: Int32) throws {
    guard let filter = requests.removeValue(forKey: number) else { return }
    if code >= 128 {
      let reason = MQTTResult(code).reason
      messages.say(
        .warning, broker,
        "subscription to \(filter) refused: \(reason); give the user the right to read these topics",
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
      return disconnected("no subscription granted")
    }
    isSubscribed = grantedCount == filters.count
    isBack()
  }

  private mutating func disconnected(_ reason: String, _ fault: MQTTFault = .other) {
    guard state != .waiting else { return }
    let wasConnected = state == .connected
    state = .waiting
    if !wasConnected, fault == .version || fault == .hangUp,
      connection.tryOtherVersion(isSaid: fault == .version)
    {
      messages.say(.info, broker, "\(reason); trying MQTT 3.1.1", repeating: "version")
      return
    }
    if wasConnected, .now - connectedAt >= MQTTReceiver.leastStay { _ = server.succeed() }
    // Some brokers end the connection instead of refusing a subscription.
    let reason =
      requests.isEmpty
      ? reason : "\(reason) before the subscription was granted; may the user read these topics?"
    let isNews = server.fail(reason, at: .now)
    messages.say(
      isNews ? .warning : .info, broker, "\(reason); trying again", repeating: reason)
    requests = [:]
  }

  /// Reads the files of the settings again, if that is asked for, and connects anew with what they hold.
  private mutating func reloadSettings(_ happened: [Interest]) throws {
    guard happened.contains(.reading(reload.signal.descriptor)) else { return }
    reload.signal.clear()
    do {
      connection.renew(try reload.settings())
    } catch {
      messages.sayOldLogin(error)
      return
    }
    messages.say(.notice, broker, "password, key and certificates read again; connecting anew")
    if state == .connected {
      try connection.abandon()
      state = .waiting
    }
    server.retryNow(.now)
  }

  // MARK: - Messages

  /// Adds the records of a message to the output.
  private mutating func receive(_ topic: String, _ payload: [UInt8]) {
    // An empty message takes away one that the broker retains.
    guard !payload.isEmpty else { return }
    counts.messages += 1
    var records: [Record] = []
    var fault: String?
    let handle = { (event: RecordReader.Event) in
      switch event {
      case .record(let record): records.append(record)
      case .refused(let line, let reason): fault = fault ?? "line \(line): \(reason)"
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
      .warning, broker, "message to \(topic) dropped in part or whole: \(fault)",
      repeating: "rejected")
  }

  private func sayRejected() {
    guard counts.rejected > 0 else { return }
    let count = counted(counts.rejected, "message")
    messages.say(
      .warning, broker, "\(count) dropped in part or whole, as they have lines that are no records")
  }
}
