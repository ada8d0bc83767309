import CommandLine
import Records

/// The messages of p1mqtt about itself and its meters: their status, and what it announces to Home Assistant.
struct StatusAndDiscovery {
  /// Nil where no status is published.
  private let online: Message?
  let offline: Message?
  var discovery: Discovery?
  private var meterStatuses: MeterStatuses?
  private var logged = (forgotten: 0, remaining: 0)
  /// Whether `online` is to be published.
  private var isOnlineDue = false
  /// How often `online` was published and has not come back by the subscription.
  private var echoCount = 0
  /// Whether another process has published `online` since the connection began.
  private var hasRival = false
  private var isRivalLogged = false
  private var isUnpublishedLogged = false
  private var valueDelay = ValueDelay()
  /// Until when messages of a kind are not published, as the broker ends the connection after each of them.
  private var pauses: [Message.Announcement: ContinuousClock.Instant] = [:]

  static let pause = Duration.seconds(600)

  /// - Parameter period: the period whose records are combined, in seconds; 0 for none.
  init(_ settings: PublishSettings, _ memory: MemoryLimits, period: Int = 0) {
    func status(_ text: String) -> Message? {
      settings.statusTopic.map {
        Message(
          topic: $0, payload: text.utf8Bytes, purpose: .status, isRetained: true)
      }
    }
    online = status("online")
    offline = status("offline")
    discovery = settings.discoveryPrefix.map {
      Discovery($0, settings, period: period, capacity: memory.cache)
    }
    meterStatuses = settings.meterTimeout.map {
      MeterStatuses(
        timeout: $0, prefix: settings.prefix, besides: settings.statusTopic, capacity: memory.cache)
    }
  }

  var isEmpty: Bool {
    !valueDelay.isSynchronizing
      && (isPausing(.status) || !isOnlineDue)
      && (isPausing(.meterStatus) || meterStatuses?.isEmpty ?? true)
      && (isPausing(.discovery) || discovery?.isEmpty ?? true)
  }

  private func isPausing(_ kind: Message.Announcement) -> Bool { pauses[kind] != nil }

  /// When work is due without an event.
  ///
  /// - Parameter isConnected: whether messages can be published.
  func deadline(isConnected: Bool) -> ContinuousClock.Instant? {
    earliest(
      isConnected ? earliest(valueDelay.deadline, discovery?.deadline) : nil,
      meterStatuses?.deadline, pauses.values.min())
  }

  /// Ends what was to last until now.
  mutating func advance(at now: ContinuousClock.Instant) {
    valueDelay.advance(at: now)
    if pauses.values.contains(where: { now >= $0 }) { endPauses() }
    discovery?.advance(at: now)
    meterStatuses?.check(now)
  }

  /// Notes the records of a telegram, even if they are not published. If it began earlier, all are of sub-meters.
  mutating func noteTelegram(_ records: ArraySlice<Record>, at now: ContinuousClock.Instant) {
    discovery?.noteTelegram(records)
    guard let first = records.first, !first.isOfSubmeter else { return }
    meterStatuses?.noteTelegram(of: MeterKey(first).device, at: now)
  }

  /// The `offline` messages of the exit: that of p1mqtt, then those of its meters.
  var offlineMessages: [Message] {
    (isPausing(.status) ? [] : [offline].compactMap(\.self))
      + (isPausing(.meterStatus) ? [] : meterStatuses?.offlineMessages ?? [])
  }

  /// What to subscribe to. Without discovery, that is nothing.
  var filters: [String] {
    discovery.map { $0.filters + [online?.topic].compactMap(\.self) } ?? []
  }

  // MARK: - The connection

  /// Has everything published again, as a broker may have lost it before this connection.
  ///
  /// - Parameters:
  ///   - unanswered: the messages of the connection before that will be acknowledged in this one.
  ///   - isSubscribing: whether announcements of earlier runs will come.
  mutating func connected(
    resending unanswered: some Sequence<Message>, isSubscribing: Bool,
    at now: ContinuousClock.Instant
  ) {
    hasRival = false
    echoCount = 0
    valueDelay = ValueDelay(isSynchronizing: isSubscribing, at: now)
    for message in unanswered { noteSent(message) }
    announceAll()
  }

  private mutating func announceAll() {
    isOnlineDue = online != nil
    discovery?.repeatAll()
    meterStatuses?.repeatAll()
  }

  mutating func disconnected() {
    discovery?.probes = [:]
    valueDelay = ValueDelay()
  }

  /// Announcements of earlier runs have come, or the broker sends none.
  mutating func endSynchronization() { valueDelay.endSynchronization() }

  /// Takes a message that the broker sent.
  ///
  /// - Returns: whether Home Assistant has started, and needs everything again.
  mutating func receive(topic: String, _ payload: [UInt8], isRetained: Bool) -> Bool {
    guard let online, let offline, topic == offline.topic else {
      return discovery?.receive(topic: topic, payload, isRetained: isRetained) ?? false
    }
    guard !isRetained else { return false }
    // Another process with the same status topic has exited.
    if payload == offline.payload { isOnlineDue = true }
    if payload == online.payload {
      // What the broker retains came before it.
      endSynchronization()
      if echoCount > 0 { echoCount -= 1 } else { noteRival() }
    }
    return false
  }

  /// Answers another process with the same status topic, so that it notes this one, too.
  private mutating func noteRival() {
    if !hasRival { isOnlineDue = true }
    hasRival = true
  }

  /// Publishes no messages of a kind for some time.
  mutating func pause(_ kind: Message.Announcement, at now: ContinuousClock.Instant) {
    pauses[kind] = now + StatusAndDiscovery.pause
  }

  mutating func endPauses() {
    guard !pauses.isEmpty else { return }
    pauses = [:]
    announceAll()
  }

  // MARK: - Messages

  /// Whether values have to wait until Home Assistant has changed its sensors: a new one would not get them yet, and
  /// that of another meter would take them for its own.
  mutating func delaysValues(at now: ContinuousClock.Instant) -> Bool {
    let isPostponing = !isPausing(.discovery) && discovery?.isPostponing ?? false
    return valueDelay.isInForce(isPostponing: isPostponing, at: now)
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func next(at now: ContinuousClock.Instant) -> Message? {
    var message: Message?
    if isOnlineDue, !isPausing(.status) {
      message = online
      isOnlineDue = false
    }
    // Announcements of earlier runs say when sensors expire.
    if !valueDelay.isSynchronizing, !isPausing(.discovery) {
      message = message ?? discovery?.takeMessage(at: now)
    }
    if !isPausing(.meterStatus) { message = message ?? meterStatuses?.next() }
    if let message { noteSent(message) }
    return message
  }

  private mutating func noteSent(_ message: Message) {
    if message.topic == online?.topic { echoCount += 1 }
    if case .change = message.purpose { valueDelay.noteChange() }
  }

  /// The broker has acknowledged or rejected a message.
  mutating func answered(
    _ message: Message, isAccepted: Bool, at now: ContinuousClock.Instant
  ) {
    // A rejected probe is logged as such.
    if !isAccepted { discovery?.probes[message.topic] = nil }
    if case .change = message.purpose { valueDelay.noteAnswer(at: now) }
  }

  /// What is to be logged since the last call.
  mutating func takeLogMessages() -> [LogMessage] {
    var messages = LogMessage.forgottenMeters(
      (discovery?.forgottenMeterCount ?? 0) + (meterStatuses?.forgottenCount ?? 0),
      logged: &logged.forgotten)
    messages += LogMessage.ifGrown(
      discovery?.remainingCount ?? 0, logged: &logged.remaining, kind: "remaining"
    ) {
      "\(counted($0, "announcement")) of an earlier run not replaced so far: there are too many "
        + "meters; raise --buffer and restart"
    }
    if hasRival, !isRivalLogged, let online {
      messages.append(
        LogMessage(
          text: "another p1mqtt publishes to \(online.topic), too; give each its own --prefix",
          kind: "rival"))
    }
    isRivalLogged = hasRival
    if let topic = discovery?.lostProbe {
      discovery?.lostProbe = nil
      messages.append(
        LogMessage(
          text:
            "the message to \(topic) did not come back, so earlier announcements stay; allow the "
            + "user to publish to it and to read it",
          kind: "probe"))
    }
    if let online, let meter = meterStatuses?.unpublished, !isUnpublishedLogged {
      isUnpublishedLogged = true
      messages.append(
        LogMessage(
          text: "meter \(meter.meterLevel) has no status: \(online.topic) is the status of p1mqtt; "
            + "choose another --id or --status",
          kind: "meter status"))
    }
    return messages
  }
}
