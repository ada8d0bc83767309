import CommandLine
import Delivery
import Sinks

/// Connecting, publishing, and the answers of the broker.
extension MQTTDelivery {
  // MARK: - The connection

  /// Connects if that is due, and gives up a connection whose answer is overdue.
  mutating func checkConnection(_ now: ContinuousClock.Instant) throws {
    if let loss = try session.check(now) { try disconnected(loss) }
    guard isUnanswered(now) else { return }
    // The answer may have arrived while the input was being read.
    try proceed(wait(for: connection.interests, until: now))
    guard isUnanswered(now) else { return }
    // A broker may drop an acknowledgement behind very many retained messages, as mosquitto does.
    if let (number, _, message) = inFlight.first, message.isAnnouncement,
      receivedAt > unansweredSince
    {
      return arrived(number)
    }
    try connection.abandon()
    try handleEvents()
    suspicion.clear()
    try disconnected(.init(reason: session.noAnswer, isSilence: true))
  }

  /// Disconnects, and has the next attempt follow at once.
  mutating func reconnect() throws {
    if session.state != .waiting {
      connection.disconnect()
      try connection.abandon()
      try handleEvents()
      session.waitForNextAttempt()
    }
    isReconnecting = false
    session.retryNow()
  }

  private func isUnanswered(_ now: ContinuousClock.Instant) -> Bool {
    session.isConnected && answerDue.map { now >= $0 } ?? false
  }

  /// When the answer to the oldest message is overdue; nil where none is in flight.
  var answerDue: ContinuousClock.Instant? {
    inFlight.isEmpty ? nil : unansweredSince + connection.settings.timeout
  }

  /// Lets the connection read and write, and handles its events.
  mutating func proceed(_ happened: [Interest]) throws {
    try session.proceed(happened)
    try handleEvents()
  }

  /// Handles the events of the connection.
  mutating func handleEvents() throws {
    for event in connection.takeEvents() {
      switch event {
      case .connected: connected()
      case .disconnected(let reason, let cause):
        try disconnected(.init(reason: reason, cause: cause))
      case .published(let number): arrived(number)
      case .rejected(let number, let reason, let isTemporary):
        try rejected(number, reason, isTemporary: isTemporary)
      case .subscribed(_, let code):
        let isGranted = code < 128
        subscription.answered(isGranted: isGranted)
        if !isGranted {
          announcements.endSynchronization()
          reportRejectedSubscription()
        }
      case .received(let topic, let payload, let isRetained):
        receivedAt = .now
        if announcements.receive(topic: topic, payload, isRetained: isRetained) {
          publications.repeatLast(at: .now)
        }
      }
    }
  }

  private mutating func connected() {
    session.connected()
    suspicion.connected()
    unansweredSince = session.connectedAt
    if connection.version == .version5 {
      // The library knows the highest QoS that the broker has announced. A broker that breaks off at QoS 2
      // without having announced that stays at 1, as each attempt would cost a connection.
      if connection.limits.highestQoS == 0 { connection.limits.highestQoS = 2 }
      if !connection.log.canRetain, connection.limits.canRetain {
        connection.limits.canRetain = false
        reportNotRetained()
      }
    }
    publications.connected()
    announcements.connected(
      resending: inFlight.lazy.map(\.message), isSubscribing: subscribe(), at: .now)
    session.endOutage()
    if connection.lacksExpiry, !hasLoggedExpiry {
      hasLoggedExpiry = true
      messages.say(
        .warning, broker, "the broker does not support MQTT 5, so messages do not expire")
    }
  }

  private mutating func disconnected(
    _ loss: BrokerSession.Loss, returning last: Message? = nil
  ) throws {
    if session.state == .waiting { return }
    let wasConnected = session.isConnected
    if try reducesDemands(after: loss) {
      session.waitForNextAttempt()
      if wasConnected || !inFlight.isEmpty { returnUnsent(last) }
      return
    }
    // The next connection may be to another broker.
    if wasConnected { connection.limits.canRetain = true }
    announcements.disconnected()
    if subscription.disconnected() { reportRejectedSubscription() }
    let node = broker
    session.fail(loss.reason, loss.cause)
    if wasConnected, !loss.isSilence { try noteSuspect() }
    // Another node may grant what this one has refused.
    if broker != node { subscription = Subscription() }
    returnUnsent(last)
  }

  /// Logs it if the connection is lost after each message to a topic, and goes on without announcements that it is
  /// lost by.
  private mutating func noteSuspect() throws {
    guard
      let message = suspicion.lose(
        oldestInFlight: inFlight.first?.message, isStable: session.isStable, at: .now)
    else {
      return
    }
    let pause = StatusAndDiscovery.pause.components.seconds / 60
    messages.say(
      .warning, broker,
      "the connection was lost after each message to \(message.topic); allow the user to publish to it"
        + (message.isAnnouncement ? "; trying again in \(pause) minutes" : ""),
      repeating: "forbidden")
    guard let kind = message.announcement else { return }
    announcements.pause(kind, at: .now)
    session.retryNow()
    try connection.discardSession()
  }

  /// When the next message may be sent after an announcement; nil for now.
  var separationEnd: ContinuousClock.Instant? {
    session.isConnected && isSuspicious ? suspicion.separationEnd(at: .now) : nil
  }

  private var isSuspicious: Bool { suspicion.hasSuspect && !session.isStable }

  /// Demands less of the broker than it has just rejected.
  ///
  /// - Returns: whether the next attempt is to follow at once; false where there is nothing to give up.
  /// - Throws: `Failure` if the client cannot be made anew.
  private mutating func reducesDemands(after loss: BrokerSession.Loss) throws -> Bool {
    if session.triesOtherVersion(after: loss) { return true }
    switch loss.cause {
    case .protocolError
    where limits.qos == 2 && connection.limits.highestQoS == 2 && !inFlight.isEmpty:
      // RabbitMQ acknowledges a message of QoS 2 as if it were one of QoS 1.
      lowerQoS(below: 2, isLogged: true)
      try connection.discardSession()
    case _ where session.isConnected: return false
    case .retaining where connection.limits.canRetain:
      connection.limits.canRetain = false
      reportNotRetained()
      try connection.discardSession()
    case .qos where connection.limits.highestQoS > 0:
      // Only the will had a QoS above 0 so far.
      connection.limits.highestQoS = 0
      try connection.discardSession()
    default: return false
    }
    return true
  }

  /// Gives messages in flight back to be published again, unless the library does that by itself.
  private mutating func returnUnsent(_ last: Message?) {
    // The library keeps no messages of QoS 0.
    let resendsInFlight = connection.resendsInFlight
    let unsent = inFlight.filter { !resendsInFlight || $0.qos == 0 }.map(\.message)
    inFlight.removeAll { !resendsInFlight || $0.qos == 0 }
    publications.disconnected(
      (unsent + [last].compactMap(\.self)).filter { !$0.isAnnouncement })
  }

  private func reportNotRetained() {
    messages.say(
      .warning, broker, "the broker does not retain messages; publishing without retain",
      repeating: "retaining")
  }

  private func lowerQoS(below qos: Int, isLogged: Bool) {
    connection.limits.highestQoS = qos - 1
    guard isLogged else { return }
    messages.say(
      .warning, broker, "the broker does not support QoS \(qos); publishing with QoS \(qos - 1)",
      repeating: "qos")
  }

  // MARK: - Subscriptions

  /// - Returns: whether there is anything to subscribe to.
  private mutating func subscribe() -> Bool {
    let filters = announcements.filters
    guard subscription.isPossible, !filters.isEmpty else { return false }
    for filter in filters { connection.subscribe(to: filter, qos: 0) }
    subscription.asked()
    return true
  }

  private func reportRejectedSubscription() {
    messages.say(
      .warning, broker,
      "subscription rejected, so discovery is not repeated when Home Assistant restarts; "
        + "allow the user to read homeassistant/status",
      repeating: "subscription")
  }

  // MARK: - Messages

  /// How many messages may be in flight: with acknowledgements, few.
  private var window: Int {
    if isSuspicious { return 1 }
    return min(limits.qos, connection.limits.highestQoS) == 0 ? 200 : 20
  }

  /// Publishes queued messages, up to the window.
  mutating func send() throws {
    guard session.isConnected, !isReconnecting else { return }
    while session.isConnected, inFlight.count < window, let message = nextMessage() {
      try send(message)
    }
  }

  /// What is known of sensors goes before the values.
  private mutating func nextMessage() -> Message? {
    guard separationEnd == nil else { return nil }
    if let message = announcements.next(at: .now) { return message }
    guard !announcements.delaysValues(at: .now) else { return nil }
    return publications.next()
  }

  private mutating func send(_ message: Message) throws {
    // The status and discovery are to be acknowledged, but go out with QoS 0 if need be.
    let (qos, leastQoS) = message.isAnnouncement ? (1, 0) : (limits.qos, limits.leastQoS)
    guard connection.limits.highestQoS >= leastQoS else {
      try connection.discardSession()
      return try disconnected(
        .init(reason: "the broker does not support QoS 1, which --payload json and record need"),
        returning: message)
    }
    switch connection.publish(message, qos: qos) {
    case .sent(let number, let qos):
      if inFlight.isEmpty { unansweredSince = .now }
      suspicion.noteSent(message, at: .now)
      inFlight.append((number, qos, message))
      // A message of QoS 0 may have been written already.
      if qos == 0 { try handleEvents() }
    case .rejected(let reason): rejected(message, reason)
    case .tooHigh(let qos):
      lowerQoS(below: qos, isLogged: qos > limits.leastQoS)
      try send(message)
    case .disconnected(let reason): try disconnected(.init(reason: reason), returning: message)
    }
  }

  private mutating func arrived(_ number: Int32) {
    guard let (message, qos) = takeInFlight(number) else { return }
    guard !message.isAnnouncement else {
      suspicion.noteAnswer(toAnnouncement: message, at: .now)
      return announcements.answered(message, isAccepted: true, at: .now)
    }
    // The outage is over when a value or a record is acknowledged. QoS 0 has no acknowledgement.
    if qos > 0 {
      suspicion.noteAcknowledged(message)
      session.succeed()
    }
    answeredAt = .now
    publications.arrived(message)
  }

  private mutating func rejected(_ number: Int32, _ reason: String, isTemporary: Bool) throws {
    let isAnnouncement = inFlight.contains { $0.number == number && $0.message.isAnnouncement }
    if isTemporary, !isAnnouncement {
      try connection.discardSession()
      return try disconnected(.init(reason: reason))
    }
    if let (message, _) = takeInFlight(number) { rejected(message, reason) }
  }

  private mutating func rejected(_ message: Message, _ reason: String) {
    messages.say(
      .error, broker, "message to \(message.topic) rejected: \(reason)",
      repeating: message.isAnnouncement ? "announcement rejected" : "rejected")
    rejection = Rejection("message to \(message.topic) rejected: \(reason)", at: .now)
    guard !message.isAnnouncement else {
      suspicion.noteAnswer(toAnnouncement: message, at: .now)
      return announcements.answered(message, isAccepted: false, at: .now)
    }
    answeredAt = .now
    publications.rejected(message, reason)
  }

  private mutating func takeInFlight(_ number: Int32) -> (Message, qos: Int)? {
    guard let index = inFlight.firstIndex(where: { $0.number == number }) else { return nil }
    // The time for an answer is that of the oldest message.
    if index == 0 { unansweredSince = .now }
    let entry = inFlight.remove(at: index)
    return (entry.message, entry.qos)
  }

  /// Publishes `offline`, and disconnects.
  mutating func publishOfflineAndDisconnect() throws {
    let deadline = ContinuousClock.now + ExitTimeout.records
    for message in announcements.offlineMessages where session.isConnected { try send(message) }
    while session.isConnected, !inFlight.isEmpty, .now < deadline {
      try proceed(wait(for: connection.interests, until: deadline))
    }
    if session.isConnected { try connection.disconnect(until: deadline) }
  }
}
