import CommandLine
import Delivery
import Records
import Sinks

/// A message a value. After an outage only the newest value of each topic counts, as a value does not
/// say when it was measured.
struct ValuePublications: Publications {
  private var topics: Topics
  private let retains: Bool
  private var changes: Changes?
  private var queue: ValueQueue
  private var inFlightCount = 0
  /// The instant of the newest value of each topic of what was before the telegram.
  private var newest: RecentlyUsedCache<String, Timestamp>
  /// Records that were read, and what became of their values, but for those dropped.
  private var counts = OutboxCounts()
  private var homelessCount = 0
  private var said = (drops: 0, homeless: 0, forgotten: 0)

  /// So many values may wait for a broker that takes them; more of them hold the input up.
  private static let queueLength = 10_000

  /// - Parameters:
  ///   - topics: where they go.
  ///   - retains: whether the broker keeps the last one of each topic.
  ///   - changes: what leaves out those that say nothing new; nil where all are published.
  ///   - room: the most bytes that wait.
  init(_ topics: Topics, retains: Bool, _ changes: Changes?, room: MemoryRoom) {
    self.topics = topics
    queue = ValueQueue(capacity: .max, byteCapacity: room.buffer)
    newest = RecentlyUsedCache(capacity: room.share)
    self.retains = retains
    self.changes = changes
  }

  var isFull: Bool {
    !queue.keepsNewestOnly
      && (queue.count >= ValuePublications.queueLength
        || queue.byteCount >= queue.byteCapacity / 2)
  }
  var isEmpty: Bool { queue.isEmpty && inFlightCount == 0 }
  var isLasting: Bool { false }
  var isDated: Bool { false }
  var deadline: ContinuousClock.Instant? { nil }

  private var droppedCount: Int { queue.droppedCount + homelessCount }

  var statistics: DeliveryStatistics {
    var counts = counts
    counts.dropped = droppedCount
    return DeliveryStatistics(ofValues: counts, waiting: queue.count + inFlightCount)
  }

  mutating func see(_ submeters: [Record], at now: ContinuousClock.Instant) {
    for record in topics.see(submeters, at: now) { _ = values(of: record, RecordOrigin(record)) }
  }

  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant
  ) {
    counts.read += 1
    let origin = RecordOrigin(record)
    topics.see(origin, at: now)
    var values = origin.past == nil ? values(of: record, origin) : pastValues(of: record, origin)
    discovery?.see(values.map { ($0.key, $0.topic) }, of: origin)
    if changes != nil { leaveOutRepeats(&values, origin, record.timestamp, now) }
    for value in values { queue.add(ValueQueue.Entry(name: value.topic, value: value.text)) }
  }

  private struct Value {
    let key: String
    let topic: String
    let text: [UInt8]
  }

  private mutating func values(of record: Record, _ origin: RecordOrigin) -> [Value] {
    var values: [Value] = []
    let known = topics.known(of: origin)
    record.forEachField { key, text in
      // What is past has its instant below its own topics, and says no more of its meter.
      let isLeftOut =
        origin.past == nil ? RecordKey.channel.matches(key) : RecordKey.isReserved(key)
      // An empty message would have the broker forget the one that it keeps.
      guard !isLeftOut, !text.isEmpty else { return }
      let key = String(decoding: [UInt8](key), as: UTF8.self)
      if let topic = known[key] ?? topics.topic(of: key, origin) {
        values.append(Value(key: key, topic: topic, text: Escape.decode(text)))
      } else {
        homelessCount += 1
      }
    }
    return values
  }

  /// The values of a record of the past: each with its instant below its topic, and none that is older
  /// than what the topic has.
  private mutating func pastValues(of record: Record, _ origin: RecordOrigin) -> [Value] {
    var values: [Value] = []
    for value in self.values(of: record, origin) {
      // One that is yet to come does not stand in the way of others.
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

  /// The time goes along with what has changed.
  private mutating func leaveOutRepeats(
    _ values: inout [Value], _ origin: RecordOrigin, _ timestamp: Timestamp?,
    _ now: ContinuousClock.Instant
  ) {
    var isNews = false
    let time = RecordKey.timestamp.rawValue
    values.removeAll { value in
      guard value.key != time else { return false }
      let isNewValue =
        changes?.isNews(value.text, of: value.topic, origin, timestamp, at: now) ?? true
      isNews = isNews || isNewValue
      return !isNewValue
    }
    if !isNews { values = [] }
  }

  mutating func attend(_ now: ContinuousClock.Instant) {}

  mutating func overflow() { queue.keepNewestOnly() }

  mutating func next(_ discovery: inout Discovery?) -> Message? {
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

  mutating func refused(_ message: Message, _ reason: String) {
    inFlightCount -= 1
    counts.refused += 1
  }

  mutating func disconnected(_ unsent: [Message]) {
    let entries = unsent.map { ValueQueue.Entry(name: $0.topic, value: $0.payload) }
    inFlightCount -= entries.count
    queue.keepNewestOnly(returning: entries)
  }

  mutating func connected() {
    queue.keepAll()
    forgetChanges()
  }

  mutating func forgetChanges() { changes?.forget() }

  mutating func close(at now: ContinuousClock.Instant) {}

  mutating func takeEvents() -> [OutboxEvent] { [] }

  mutating func takeNotices() -> [Notice] {
    var notices = topics.takeNotices().map { Notice(text: $0, kind: $0) }
    if queue.droppedCount > said.drops {
      said.drops = queue.droppedCount
      let count = counted(said.drops, "value")
      notices.append(
        Notice(
          text: "\(count) dropped up to now: the buffer is full; raise --buffer", kind: "drops"))
    }
    if homelessCount > said.homeless {
      said.homeless = homelessCount
      let count = counted(homelessCount, "value")
      notices.append(
        Notice(text: "\(count) dropped up to now: other meters have their topics", kind: "topics"))
    }
    notices += Notice.ofForgotten(
      topics.forgottenCount + (changes?.forgottenCount ?? 0), since: &said.forgotten)
    return notices
  }
}
