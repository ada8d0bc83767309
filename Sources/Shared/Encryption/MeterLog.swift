import Telegrams

/// What is known of the meters on a line by their encrypted frames: which frames are accepted, and what is logged.
struct MeterLog {
  private let keys: MeterKeys
  private let policy: DecryptionPolicy
  private(set) var statistics = DecryptionStatistics()
  /// Why no telegrams come, by the frames since the last telegram; nil if they do.
  private(set) var problem: DecryptionEvent?
  private var meters: [SystemTitle: Meter] = [:]
  private var events: [DecryptionEvent] = []
  /// How many problems of meters were logged that no telegram was accepted of.
  private var strangerCount = 0

  /// What is known of the meter with a system title.
  private struct Meter {
    /// The greatest frame counter so far; nil if no telegram was accepted.
    var counter: UInt32?
    /// Frames in a row that were not accepted.
    var failureCount = 0
    /// Why no telegrams are accepted; nil if some are.
    var problem: DecryptionEvent?
    var isWrongTagLogged = false
    var isReplaying = false
  }

  /// Bit errors in system titles look like new meters.
  private static let maximumMeters = 64
  /// Wrong frames in a row that mean a wrong key and no longer damage: before the first telegram of a meter, and later,
  /// as the grid operator may change the key.
  private static let certainFailures = (first: 2, later: 5)

  init(_ keys: MeterKeys, _ policy: DecryptionPolicy) {
    self.keys = keys
    self.policy = policy
  }

  mutating func takeEvents() -> [DecryptionEvent] {
    defer { events.removeAll() }
    return events
  }

  /// Counts a decrypted frame, and applies the policy to it.
  ///
  /// - Parameter trustsChecksum: whether a checksum inside replaces a right tag.
  mutating func accept(
    _ frame: EncryptedFrame, hasRightTag: Bool, trustsChecksum: Bool = true
  ) -> Bool {
    let title = frame.title
    count(frame, hasRightTag: hasRightTag)
    if !hasRightTag, policy.requiresTag || frame.hasTag && !trustsChecksum {
      fail(title, frame.hasTag ? .rejectedTag(title) : .noTag(title))
      return false
    }
    var meter = meters[title] ?? Meter()
    defer { meters[title] = meter }
    if frame.hasTag, !hasRightTag, !meter.isWrongTagLogged {
      meter.isWrongTagLogged = true
      events.append(.wrongTag(title))
    }
    if meter.problem != nil { events.append(.decrypting(title)) }
    // The first frames were damaged, as the key is right.
    if meter.counter == nil, meter.failureCount == 1 { events.append(.damaged(title)) }
    meter.problem = nil
    meter.failureCount = 0
    // Meters without a system title send 0 in every frame.
    guard title != .none, let greatest = meter.counter, frame.counter <= greatest else {
      meter.isReplaying = false
      meter.counter = frame.counter
      problem = nil
      return true
    }
    statistics.replays += 1
    let replay = DecryptionEvent.replay(
      title, frame.counter, after: greatest, isRejected: policy.rejectsReplays)
    if !meter.isReplaying { events.append(replay) }
    meter.isReplaying = true
    problem = policy.rejectsReplays ? problem ?? replay : nil
    if policy.rejectsReplays { statistics.failures += 1 }
    return !policy.rejectsReplays
  }

  /// Counts a decrypted frame that holds something else than values.
  mutating func refuse(_ frame: EncryptedFrame, hasRightTag: Bool) {
    count(frame, hasRightTag: hasRightTag)
    fail(frame.title, .noTelegram(frame.title))
  }

  private mutating func count(_ frame: EncryptedFrame, hasRightTag: Bool) {
    statistics.decrypted += 1
    if frame.hasTag, !hasRightTag { statistics.wrongTags += 1 }
  }

  /// Notes a frame that cannot be decrypted.
  mutating func fail(_ title: SystemTitle) { fail(title, unreadable(title)) }

  /// Notes a frame that holds no telegram, or one that is not accepted.
  mutating func fail(_ title: SystemTitle, _ reason: DecryptionEvent) {
    statistics.failures += 1
    if meters.count >= MeterLog.maximumMeters, meters[title] == nil {
      meters = meters.filter { $0.value.counter != nil }
    }
    meters[title, default: Meter()].failureCount += 1
    guard let meter = meters[title] else { return }
    let isKnown = meter.counter != nil
    let isRejected = [.rejectedTag(title), .noTag(title)].contains(reason)
    if isKnown, meter.failureCount < MeterLog.certainFailures.later {
      events.append(isRejected ? reason : .damaged(title))
    } else if isKnown || isRejected || meter.failureCount >= MeterLog.certainFailures.first {
      setProblem(reason, of: title)
    }
  }

  /// Notes that no more of a frame arrives. It is damaged if others were not.
  mutating func failAtEnd(_ title: SystemTitle) {
    if meters[title]?.counter != nil { fail(title) }
  }

  /// Notes that no other frame follows, so that a single wrong frame is logged.
  mutating func finish() {
    for (title, meter) in meters
    where statistics.decrypted == 0 && meter.failureCount == 1 && meter.problem == nil {
      setProblem(unreadable(title), of: title)
    }
  }

  /// Why the frames of a meter cannot be decrypted.
  private func unreadable(_ title: SystemTitle) -> DecryptionEvent {
    keys.key(of: title) == nil ? .noKey(title) : .wrongKey(title)
  }

  private mutating func setProblem(_ reason: DecryptionEvent, of title: SystemTitle) {
    problem = reason
    guard meters[title]?.problem != reason else { return }
    meters[title]?.problem = reason
    // A line that sends random titles must not fill the log.
    if meters[title]?.counter == nil { strangerCount += 1 }
    if meters[title]?.counter != nil || strangerCount <= MeterLog.maximumMeters {
      events.append(reason)
    }
  }
}
