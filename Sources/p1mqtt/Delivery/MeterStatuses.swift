import Records

/// Publishes whether each electricity meter sends: `online`, or `offline` after a time without a telegram.
struct MeterStatuses {
  private struct Activity {
    var lastTelegram: ContinuousClock.Instant
    var published: ContinuousClock.Instant
  }

  /// After how long without a telegram a meter is silent.
  private let timeout: Duration
  private let prefix: String
  /// The topic of the status of p1mqtt, which no meter may have.
  private let ownTopic: String?
  private var active: LRUCache<MeterKey, Activity>
  private var silent: Set<MeterKey> = []
  private var pending = UniqueQueue<MeterKey>()

  /// The meter whose status would have the topic of that of p1mqtt, and is not published; nil if there is none.
  private(set) var unpublished: MeterKey?
  /// How many meters that still send were forgotten.
  private(set) var forgottenCount = 0

  /// The most silent meters whose status is published again after a connection, and the most pending statuses.
  private static let maximumCount = 100_000

  /// - Parameters:
  ///   - seconds: after how many seconds without a telegram a meter is silent.
  ///   - ownTopic: the topic of the status of p1mqtt; nil if it has none.
  ///   - capacity: the most bytes that are remembered of meters.
  init(timeout seconds: Int, prefix: String, besides ownTopic: String?, capacity: Int) {
    timeout = .seconds(seconds)
    self.prefix = prefix
    self.ownTopic = ownTopic
    active = LRUCache(capacity: capacity)
  }

  /// After how many seconds the broker drops an `online`, so that none stays if p1mqtt is killed.
  static func expiry(timeout: Int) -> Int { 3 * timeout }

  var isEmpty: Bool { pending.isEmpty }

  /// When the next meter will be silent; nil if none sends.
  var deadline: ContinuousClock.Instant? {
    active.oldest.map { $0.value.lastTelegram + timeout }
  }

  /// Notes a telegram of a meter.
  mutating func noteTelegram(of meter: MeterKey, at now: ContinuousClock.Instant) {
    let isNew = active[meter] == nil
    var isDue = isNew
    active.use(meter, default: Activity(lastTelegram: now, published: now)) { activity in
      activity.lastTelegram = now
      // Publish it again before it expires.
      isDue = isDue || activity.published + timeout <= now
      if isDue { activity.published = now }
      return isNew ? meter.size : 0
    }
    silent.remove(meter)
    if isDue { publish(meter) }
    while active.isOverfull, active.removeOldest() != nil { forgottenCount += 1 }
  }

  private mutating func publish(_ meter: MeterKey) {
    guard topic(of: meter) != ownTopic else { return unpublished = meter }
    if pending.count < MeterStatuses.maximumCount { pending.append(meter) }
  }

  /// Finds the meters that have become silent.
  mutating func check(_ now: ContinuousClock.Instant) {
    while let oldest = active.oldest, oldest.value.lastTelegram + timeout <= now {
      _ = active.removeOldest()
      if silent.count < MeterStatuses.maximumCount { silent.insert(oldest.key) }
      publish(oldest.key)
    }
  }

  /// Publishes all statuses again: the broker may have lost its retained messages.
  mutating func repeatAll() {
    for meter in active.keys { publish(meter) }
    for meter in silent { publish(meter) }
  }

  /// Takes the next status; nil where there is none.
  mutating func next() -> Message? {
    while let meter = pending.removeFirst() {
      if active[meter] != nil { return message(meter, isOnline: true) }
      // Another one was forgotten.
      if silent.contains(meter) { return message(meter, isOnline: false) }
    }
    return nil
  }

  /// The `offline` messages of all meters, for the exit.
  var offlineMessages: [Message] {
    active.keys.filter { topic(of: $0) != ownTopic }.map { message($0, isOnline: false) }
  }

  private func topic(of meter: MeterKey) -> String { "\(prefix)/\(meter.meterLevel)/status" }

  /// Whether a topic may be that of the status of a meter.
  static func isTopic(_ topic: String, below prefix: String) -> Bool {
    let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
    return topic.hasPrefix("\(prefix)/") && levels.last == "status"
      && levels.count == prefix.split(separator: "/", omittingEmptySubsequences: false).count + 2
  }

  private func message(_ meter: MeterKey, isOnline: Bool) -> Message {
    Message(
      topic: topic(of: meter),
      payload: (isOnline ? "online" : "offline").utf8Bytes,
      purpose: isOnline ? .onlineMeter : .offlineMeter, isRetained: true)
  }
}
