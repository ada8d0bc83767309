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
  private var active: LRUCache<MeterKey, Activity>
  private var silent: Set<MeterKey> = []
  private var pending = UniqueQueue<MeterKey>()

  /// The most silent meters whose status is published again after a connection.
  private static let maximumSilent = 10_000

  /// - Parameters:
  ///   - seconds: after how many seconds without a telegram a meter is silent.
  ///   - capacity: the most bytes that are remembered of meters.
  init(timeout seconds: Int, prefix: String, capacity: Int) {
    timeout = .seconds(seconds)
    self.prefix = prefix
    active = LRUCache(capacity: capacity)
  }

  /// After how many seconds the broker drops a status, so that none stays if p1mqtt is killed.
  static func expiry(timeout: Int) -> Int { 3 * timeout }

  var isEmpty: Bool { pending.isEmpty }

  /// When the next meter will be silent; nil if none sends.
  var deadline: ContinuousClock.Instant? {
    active.oldest.map { $0.value.lastTelegram + timeout }
  }

  /// Notes a telegram of a meter.
  mutating func noteTelegram(of meter: MeterKey, at now: ContinuousClock.Instant) {
    var isDue = active[meter] == nil
    active.use(meter, default: Activity(lastTelegram: now, published: now)) { activity in
      activity.lastTelegram = now
      // The broker would drop it.
      isDue = isDue || activity.published + timeout <= now
      if isDue { activity.published = now }
      return 0
    }
    silent.remove(meter)
    if isDue { pending.append(meter) }
    while active.isOverfull, active.removeOldest() != nil {}
  }

  /// Finds the meters that have become silent.
  mutating func check(_ now: ContinuousClock.Instant) {
    while let oldest = active.oldest, oldest.value.lastTelegram + timeout <= now {
      _ = active.removeOldest()
      if silent.count < MeterStatuses.maximumSilent { silent.insert(oldest.key) }
      pending.append(oldest.key)
    }
  }

  /// Publishes all again, as a broker may have lost them.
  mutating func repeatAll() {
    for meter in active.keys { pending.append(meter) }
    for meter in silent { pending.append(meter) }
  }

  /// Takes the next status; nil where there is none.
  mutating func next() -> Message? {
    pending.removeFirst().map { message($0, active[$0] == nil ? "offline" : "online") }
  }

  /// What is published at the exit: that no meter sends.
  var farewell: [Message] { active.keys.map { message($0, "offline") } }

  private func message(_ meter: MeterKey, _ text: String) -> Message {
    Message(
      topic: "\(prefix)/\(meter.meterLevel)/status", payload: text.utf8Bytes,
      purpose: .meterStatus, isRetained: true)
  }
}
