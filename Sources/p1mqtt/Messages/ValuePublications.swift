import CommandLine
import Delivery
import Records
import Sinks

/// A message per value. A value does not say when it was measured, so after an outage only the newest
/// one of each topic is published.
struct ValuePublications: Publications {
  private var topics: Topics
  private let retains: Bool
  private var changes: ChangeFilter?
  private var queue: ValueQueue
  private var inFlightCount = 0
  /// The time of the newest value of each topic of records of the past.
  private var newest: LRUCache<String, Timestamp>
  /// Records read, and values delivered and rejected. Dropped values are counted where they are dropped.
  private var counts = OutboxCounts()
  private var withoutTopicCount = 0
  private var logged = (dropped: 0, withoutTopic: 0, forgotten: 0)

  /// With this many values in the queue, reading pauses while the broker acknowledges them.
  private static let fullCount = 10_000

  /// - Parameters:
  ///   - retains: whether the broker retains the last value of each topic.
  ///   - changes: leaves out values that have not changed; nil to publish all.
  init(_ topics: Topics, retains: Bool, _ changes: ChangeFilter?, memory: MemoryLimits) {
    self.topics = topics
    queue = ValueQueue(capacity: .max, byteCapacity: memory.buffer)
    newest = LRUCache(capacity: memory.cache)
    self.retains = retains
    self.changes = changes
  }

  var isFull: Bool {
    !queue.keepsNewestOnly
      && (queue.count >= ValuePublications.fullCount
        || queue.byteCount >= queue.byteCapacity / 2)
  }
  var isEmpty: Bool { queue.isEmpty && inFlightCount == 0 }
  var keepsAll: Bool { false }
  var isTimed: Bool { false }
  var deadline: ContinuousClock.Instant? { nil }

  private var droppedCount: Int { queue.droppedCount + withoutTopicCount }

  var statistics: DeliveryStatistics {
    var counts = counts
    counts.dropped = droppedCount
    return DeliveryStatistics(ofValues: counts, waiting: queue.count + inFlightCount)
  }

  mutating func noteSubmeters(_ submeters: [Record], at now: ContinuousClock.Instant) {
    for record in topics.noteSubmeters(submeters, at: now) {
      claimTopics(of: record)
    }
  }

  mutating func claimTopics(of record: Record) { _ = values(of: record, MeterKey(record)) }

  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant
  ) {
    counts.read += 1
    let meter = MeterKey(record)
    topics.noteRecord(of: meter, at: now)
    var values = meter.past == nil ? values(of: record, meter) : pastValues(of: record, meter)
    let sensorValues = values.map { SensorValue($0.key, $0.topic, $0.text) }
    for topic in discovery?.noteRecord(sensorValues, of: meter) ?? [] {
      // The new sensor would take queued values of the meter that was replaced for its own.
      queue.remove(named: topic)
      changes?.forget(topic, besides: meter)
    }
    if changes != nil { leaveOutRepeats(&values, meter, record.timestamp, now) }
    for value in values { queue.add(ValueQueue.Entry(name: value.topic, value: value.text)) }
  }

  private struct Value {
    let key: String
    let topic: String
    let text: [UInt8]
  }

  private mutating func values(of record: Record, _ meter: MeterKey) -> [Value] {
    var values: [Value] = []
    let known = topics.known(of: meter)
    record.forEachField { key, text in
      // A record of the past publishes its time below its own topic, and nothing of its meter.
      let isLeftOut =
        meter.past == nil ? RecordKey.channel.matches(key) : RecordKey.isReserved(key)
      // An empty message would delete the one that the broker retains.
      guard !isLeftOut, !text.isEmpty else { return }
      let key = String(decoding: [UInt8](key), as: UTF8.self)
      if let topic = known[key] ?? topics.topic(of: key, meter) {
        values.append(Value(key: key, topic: topic, text: Escape.decode(text)))
      } else {
        withoutTopicCount += 1
      }
    }
    return values
  }

  /// The values of a record of the past, each with its time below its topic, and none that is older than
  /// the last one of its topic.
  private mutating func pastValues(of record: Record, _ meter: MeterKey) -> [Value] {
    var values: [Value] = []
    for value in self.values(of: record, meter) {
      // A time of the future would suppress all values until then.
      if let timestamp = record.pastTimestamp {
        if let known = newest[value.topic], timestamp < known { continue }
        let isNew = newest[value.topic] == nil
        newest.use(value.topic, default: timestamp) {
          $0 = timestamp
          return isNew ? value.topic.utf8.count : 0
        }
        while newest.isOverfull, newest.removeOldest() != nil {}
      }
      if let instant = record.value(of: .timestamp) {
        let time = RecordKey.timestamp.rawValue
        values.append(Value(key: time, topic: "\(value.topic)/\(time)", text: instant))
      }
      values.append(value)
    }
    return values
  }

  /// Leaves out values that have not changed. The time is published if any value is.
  private mutating func leaveOutRepeats(
    _ values: inout [Value], _ meter: MeterKey, _ timestamp: Timestamp?,
    _ now: ContinuousClock.Instant
  ) {
    var hasChanged = false
    let time = RecordKey.timestamp.rawValue
    values.removeAll { value in
      guard value.key != time else { return false }
      let isNewValue =
        changes?.passes(value.text, of: value.topic, meter, timestamp, at: now) ?? true
      hasChanged = hasChanged || isNewValue
      return !isNewValue
    }
    if !hasChanged { values = [] }
  }

  mutating func attend(_ now: ContinuousClock.Instant) {}

  mutating func overflow() { queue.keepNewestOnly() }

  mutating func next() -> Message? {
    guard let entry = queue.removeFirst() else { return nil }
    inFlightCount += 1
    return Message(
      topic: entry.name, payload: entry.value, purpose: .value, isRetained: retains)
  }

  mutating func arrived(_ message: Message) {
    inFlightCount -= 1
    counts.delivered += 1
    if queue.keepsNewestOnly { queue.keepAll() }
  }

  mutating func rejected(_ message: Message, _ reason: String) {
    inFlightCount -= 1
    counts.rejected += 1
  }

  mutating func disconnected(_ unsent: [Message]) {
    let entries = unsent.map { ValueQueue.Entry(name: $0.topic, value: $0.payload) }
    inFlightCount -= entries.count
    queue.keepNewestOnly(returning: entries)
  }

  mutating func connected() {
    queue.keepAll()
    changes?.publishAll()
  }

  mutating func repeatLast(at now: ContinuousClock.Instant) {
    for last in changes?.all ?? [] {
      queue.add(ValueQueue.Entry(name: last.name, value: last.value))
    }
  }

  mutating func close(at now: ContinuousClock.Instant) {}

  mutating func takeEvents() -> [OutboxEvent] { [] }

  mutating func takeLogMessages() -> [LogMessage] {
    topics.takeLogMessages().map { LogMessage(text: $0, kind: $0) }
      + LogMessage.ifGrown(queue.droppedCount, logged: &logged.dropped, kind: "drops") {
        "\(counted($0, "value")) dropped so far: the buffer is full; raise --buffer"
      }
      + LogMessage.ifGrown(withoutTopicCount, logged: &logged.withoutTopic, kind: "topics") {
        "\(counted($0, "value")) dropped so far: other meters have their topics"
      }
      + LogMessage.forgottenMeters(
        topics.forgottenMeterCount + (changes?.forgottenMeterCount ?? 0), logged: &logged.forgotten)
  }
}
