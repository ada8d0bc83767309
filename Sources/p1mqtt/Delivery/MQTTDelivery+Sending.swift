import CommandLine
import Delivery
import Sinks

/// What is sent, and what the broker's answers ask for.
extension MQTTDelivery {
  // MARK: - The connection

  /// A connection that lasted so long was a good one.
  private static let stableConnectionTime = Duration.seconds(30)

  /// Does what is due on the connection.
  mutating func proceedWithState(_ now: ContinuousClock.Instant) throws {
    switch state {
    case .waiting where server.retryAt.map { now >= $0 } ?? true:
      state = .connecting(until: now + limits.responseTimeout)
      do {
        try connection.connect()
      } catch {
        // There may be as many descriptors or threads as are allowed: that can pass.
        try disconnected((error as? Failure)?.reason ?? "\(error)")
      }
    case .connecting(let until) where now >= until && !connection.isConnecting:
      try connection.abandon()
      try disconnected(noAnswer, .hangUp)
    case .connected where isUnanswered(now):
      // It may have come while we were elsewhere.
      try proceed(wait(for: connection.interests, until: now))
      guard isUnanswered(now) else { break }
      try connection.abandon()
      try handleEvents()
      try disconnected(noAnswer)
    default:
      break
    }
  }

  /// Leaves the broker, and connects again at once.
  mutating func reconnect() throws {
    if state == .connected {
      connection.disconnect()
      try connection.abandon()
      try handleEvents()
      state = .waiting
    }
    isReconnecting = false
    server.retryNow(.now)
  }

  private var noAnswer: String { "no answer for \(limits.responseTimeout.components.seconds) s" }

  /// Whether the broker has not answered the oldest message for too long.
  private func isUnanswered(_ now: ContinuousClock.Instant) -> Bool {
    state == .connected && answerDue.map { now >= $0 } ?? false
  }

  /// When the broker has not answered the oldest message for too long; nil where none is on its way.
  var answerDue: ContinuousClock.Instant? {
    inFlight.isEmpty ? nil : unansweredSince + limits.responseTimeout
  }

  /// Goes on with the connection, as far as what happened allows.
  mutating func proceed(_ happened: [Interest]) throws {
    let wasConnecting = connection.isConnecting
    try connection.proceed(happened)
    // The answer gets its time however long the way took.
    if wasConnecting, !connection.isConnecting, case .connecting = state {
      state = .connecting(until: .now + limits.responseTimeout)
    }
    try handleEvents()
  }

  /// Does what the events ask for that have come.
  mutating func handleEvents() throws {
    for event in connection.takeEvents() {
      switch event {
      case .connected: connected()
      case .disconnected(let reason, let fault): try disconnected(reason, fault)
      case .published(let number): arrived(number)
      case .refused(let number, let reason, let isTemporary):
        try refused(number, reason, isTemporary: isTemporary)
      case .subscribed(_, let code):
        let isGranted = code < 128
        subscription.answered(isGranted: isGranted)
        if !isGranted { reportRefusedSubscription() }
      case .received(let topic, let payload, let isRetained):
        if announcements.receive(topic: topic, payload, isRetained: isRetained) {
          publications.forgetChanges()
        }
      }
    }
  }

  private mutating func connected() {
    state = .connected
    connectedAt = .now
    unansweredSince = connectedAt
    if connection.version == .version5 {
      // It has said whether it takes more than 0, and the library knows. That it takes no 2 it may have
      // shown otherwise, which costs a connection each time.
      if connection.limits.highestQoS == 0 { connection.limits.highestQoS = 2 }
      if !connection.log.canRetain, connection.limits.canRetain {
        connection.limits.canRetain = false
        reportNotRetained()
      }
    }
    publications.connected()
    announcements.connected()
    subscribe()
    if server.connect() {
      messages.say(.notice, broker, "connected", repeating: "connected")
    }
    if connection.lacksExpiry, !hasSaidExpiry {
      hasSaidExpiry = true
      messages.say(.warning, broker, "the broker speaks no MQTT 5: messages do not expire")
    }
  }

  private mutating func disconnected(
    _ reason: String, _ fault: DisconnectCause = .other, returning last: Message? = nil
  ) throws {
    if state == .waiting { return }
    if try reducesDemands(after: reason, fault) {
      let wasConnected = state == .connected
      state = .waiting
      if wasConnected || !inFlight.isEmpty { returnUnsent(last) }
      return
    }
    if state == .connected {
      // Another broker may be there next.
      connection.limits.canRetain = true
      if .now - connectedAt >= MQTTDelivery.stableConnectionTime { _ = server.succeed() }
    }
    if subscription.disconnected() { reportRefusedSubscription() }
    // Said when it begins, and when its reason is another one.
    let passes = server.fail(reason, at: .now)
    messages.say(
      passes ? .warning : .info, broker, "\(reason); trying again", repeating: reason)
    state = .waiting
    returnUnsent(last)
  }

  /// Asks for less than the broker has just refused.
  ///
  /// - Parameters:
  ///   - reason: why the connection is gone.
  ///   - fault: what that says of the next one.
  /// - Returns: whether another try is worth it at once; false where there is nothing to do without.
  /// - Throws: `Failure` where there is no memory for a new start.
  private mutating func reducesDemands(
    after reason: String, _ fault: DisconnectCause
  ) throws -> Bool {
    switch fault {
    case .protocolError
    where limits.qos == 2 && connection.limits.highestQoS == 2 && !inFlight.isEmpty:
      // RabbitMQ, for one, acknowledges a message of QoS 2 as if it were one of QoS 1.
      lowerQoS(below: 2, isLogged: true)
      try connection.discardSession()
    case _ where state == .connected: return false
    case .version, .hangUp:
      guard connection.tryOtherVersion(isConfirmed: fault == .version) else { return false }
      messages.say(.info, broker, "\(reason); trying MQTT 3.1.1", repeating: "version")
    case .retaining where connection.limits.canRetain:
      connection.limits.canRetain = false
      reportNotRetained()
      try connection.discardSession()
    case .qos where connection.limits.highestQoS > 0:
      // The highest of any is the will's.
      connection.limits.highestQoS = 0
      try connection.discardSession()
    default: return false
    }
    return true
  }

  /// What was on its way is to be sent again, where the library does not do so by itself.
  private mutating func returnUnsent(_ last: Message?) {
    // Of QoS 0 it keeps nothing.
    let resendsInFlight = connection.resendsInFlight
    let unsent = inFlight.filter { !resendsInFlight || $0.qos == 0 }.map(\.message)
    inFlight.removeAll { !resendsInFlight || $0.qos == 0 }
    publications.disconnected((unsent + [last].compactMap(\.self)).filter { !$0.isAnnouncement })
  }

  private func reportNotRetained() {
    messages.say(
      .warning, broker, "the broker keeps no messages; going on without retaining any",
      repeating: "retaining")
  }

  private func lowerQoS(below qos: Int, isLogged: Bool) {
    connection.limits.highestQoS = qos - 1
    guard isLogged else { return }
    messages.say(
      .warning, broker, "the broker does not take QoS \(qos); going on with QoS \(qos - 1)",
      repeating: "qos")
  }

  // MARK: - Subscriptions

  private mutating func subscribe() {
    let filters = announcements.filters
    guard subscription.isPossible, !filters.isEmpty else { return }
    for filter in filters { connection.subscribe(to: filter, qos: 0) }
    subscription.asked()
  }

  private func reportRefusedSubscription() {
    messages.say(
      .warning, broker,
      "the broker tells us nothing: what Home Assistant has to be told again, it is not",
      repeating: "subscription")
  }

  // MARK: - Messages

  /// How many messages may be on their way: those that a broker has to acknowledge are few.
  private var window: Int { min(limits.qos, connection.limits.highestQoS) == 0 ? 200 : 20 }

  /// Sends what there is, as far as it may be on its way.
  mutating func send() throws {
    guard state == .connected, !isReconnecting else { return }
    while state == .connected, inFlight.count < window,
      let message = announcements.next() ?? publications.next(&announcements.discovery)
    {
      try send(message)
    }
  }

  private mutating func send(_ message: Message) throws {
    // Whether we are there, and what there is to see, is worth an acknowledgement.
    let (qos, leastQoS) = message.isAnnouncement ? (1, 0) : (limits.qos, limits.leastQoS)
    guard connection.limits.highestQoS >= leastQoS else {
      try connection.discardSession()
      return try disconnected(
        "the broker does not take QoS 1, which records need", returning: message)
    }
    switch connection.publish(message, qos: qos) {
    case .sent(let number, let qos):
      if inFlight.isEmpty { unansweredSince = .now }
      inFlight.append((number, qos, message))
      // It may have gone out at once.
      if qos == 0 { try handleEvents() }
    case .refused(let reason): refused(message, reason)
    case .tooHigh(let qos):
      lowerQoS(below: qos, isLogged: qos > limits.leastQoS)
      try send(message)
    case .disconnected(let reason): try disconnected(reason, returning: message)
    }
  }

  private mutating func arrived(_ number: Int32) {
    guard let (message, qos) = takeInFlight(number), !message.isAnnouncement else { return }
    // Only a broker that takes what we are here for is back. Of QoS 0 it does not say so.
    if qos > 0 { _ = server.succeed() }
    answeredAt = .now
    publications.arrived(message)
  }

  private mutating func refused(_ number: Int32, _ reason: String, isTemporary: Bool) throws {
    if isTemporary {
      try connection.discardSession()
      return try disconnected(reason)
    }
    if let (message, _) = takeInFlight(number) { refused(message, reason) }
  }

  private mutating func refused(_ message: Message, _ reason: String) {
    messages.say(
      .error, broker, "\(message.topic) refused: \(reason)",
      repeating: message.isAnnouncement ? "announcement refused" : "refused")
    guard !message.isAnnouncement else { return }
    answeredAt = .now
    publications.refused(message, reason)
  }

  private mutating func takeInFlight(_ number: Int32) -> (Message, qos: Int)? {
    guard let index = inFlight.firstIndex(where: { $0.number == number }) else { return nil }
    // Who answers what is behind it does not answer the oldest.
    if index == 0 { unansweredSince = .now }
    let entry = inFlight.remove(at: index)
    return (entry.message, entry.qos)
  }

  /// Says that we go, and goes.
  mutating func publishOfflineAndDisconnect() throws {
    let deadline = ContinuousClock.now + Backpressure.exitTimeout
    if let offline = announcements.offline { try send(offline) }
    while state == .connected, !inFlight.isEmpty, .now < deadline {
      try proceed(wait(for: connection.interests, until: deadline))
    }
    guard state == .connected else { return }
    connection.disconnect()
    // What is left to write is a packet of two bytes; nothing, if it went at once.
    let interests = connection.interests
    if !interests.isEmpty { try connection.proceed(wait(for: interests, until: deadline)) }
  }
}
