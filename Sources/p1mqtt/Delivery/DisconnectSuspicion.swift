/// Finds the message after which the broker ends each connection: several brokers do that to a client that may not
/// publish to a topic, and give no reason.
struct DisconnectSuspicion {
  /// The message that may have ended the last connections, and how many in a row.
  private var suspect: (message: Message, losses: Int)?
  /// The announcement that was sent or answered last, and when: mosquitto may end the connection just after the answer to
  /// a forbidden message.
  private var lastAnnouncement: (message: Message, time: ContinuousClock.Instant)?
  /// When the first announcements of this connection were answered, by their topics.
  private var answerTimes: [String: ContinuousClock.Instant] = [:]

  /// After so many connections in a row, the message is the cause.
  private static let maximumLosses = 3
  private static let maximumAnswerTimes = 1000
  /// An announcement may have ended a connection that is lost within this time after it.
  private static let blameTime = Duration.milliseconds(500)
  /// How long nothing follows an announcement while a message is suspected.
  private static let separationTime = Duration.milliseconds(750)

  var hasSuspect: Bool { suspect != nil }

  /// When the next message may follow an announcement, so that it is clear which of them ended the connection; nil
  /// for now.
  func separationEnd(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    lastAnnouncement.map { $0.time + DisconnectSuspicion.separationTime }
      .flatMap { now < $0 ? $0 : nil }
  }

  mutating func clear() { suspect = nil }

  mutating func connected() {
    lastAnnouncement = nil
    answerTimes = [:]
  }

  mutating func noteSent(_ message: Message, at now: ContinuousClock.Instant) {
    if message.isAnnouncement { lastAnnouncement = (message, now) }
  }

  /// The broker has acknowledged or rejected an announcement.
  mutating func noteAnswer(
    toAnnouncement message: Message, at now: ContinuousClock.Instant
  ) {
    lastAnnouncement = (message, now)
    if answerTimes.count < DisconnectSuspicion.maximumAnswerTimes,
      answerTimes[message.topic] == nil
    {
      answerTimes[message.topic] = now
    }
  }

  /// The broker has acknowledged a value or a record. Announcements go before them.
  mutating func noteAcknowledged(_ message: Message) {
    if let suspect, suspect.message.isAnnouncement || suspect.message.topic == message.topic {
      clear()
    }
  }

  /// The connection was lost.
  ///
  /// - Parameters:
  ///   - message: the oldest message in flight.
  ///   - isStable: whether the connection had lasted for some time.
  /// - Returns: the message that ended each of them; nil if that is not known. An announcement is forgotten then.
  mutating func lose(
    oldestInFlight message: Message?, isStable: Bool, at now: ContinuousClock.Instant
  ) -> Message? {
    let recent = lastAnnouncement.flatMap {
      now - $0.time <= DisconnectSuspicion.blameTime ? $0.message : nil
    }
    guard !isStable, let message = recent ?? message, !isAllowed(message.topic, at: now)
    else {
      clear()
      return nil
    }
    let losses = isSuspect(message) ? (suspect?.losses ?? 0) + 1 : 1
    suspect = (message, losses)
    guard losses == DisconnectSuspicion.maximumLosses else { return nil }
    if message.isAnnouncement { clear() }
    return message
  }

  /// Whether the message is suspected already. The topics of announcements take turns.
  private func isSuspect(_ message: Message) -> Bool {
    guard let suspect else { return false }
    return message.announcement.map { $0 == suspect.message.announcement }
      ?? (message.topic == suspect.message.topic)
  }

  /// Whether the connection has gone on after an earlier announcement to the topic.
  private func isAllowed(_ topic: String, at now: ContinuousClock.Instant) -> Bool {
    answerTimes[topic].map { now - $0 > DisconnectSuspicion.blameTime } ?? false
  }
}
