import CommandLine
import Delivery
import Records
import Sinks

/// A message per record. A record says when it was measured, so all of them are published in order,
/// however late, and each is kept in an outbox until the broker has acknowledged it.
struct RecordPublications: Publications {
  private var topics: Topics
  private let payload: Payload
  private let retains: Bool
  private var changes: ChangeFilter?
  private var outbox: any Outbox
  /// The number of the next record to be published.
  private var sentEnd: UInt64
  /// The answers to records that are not the oldest in the outbox: whether they were acknowledged.
  private var answers: [UInt64: Bool] = [:]
  /// Up to which number ``answers`` was cleared of records that the outbox has dropped.
  private var sweptTo: UInt64
  /// How far the broker's answers may be ahead of the oldest one that is missing.
  private static let maximumUnanswered: UInt64 = 1000
  /// Records rejected because other meters have their topics.
  private var withoutTopicCount = 0
  private var logged = (withoutTopic: 0, forgotten: 0)
  /// Records that the outbox dropped while they were in flight, and that the broker acknowledged.
  private var arrivedCount = 0

  init(
    _ topics: Topics, _ payload: Payload, retains: Bool, _ changes: ChangeFilter?,
    in outbox: any Outbox
  ) {
    self.topics = topics
    self.payload = payload
    self.retains = retains
    self.changes = changes
    self.outbox = outbox
    sentEnd = outbox.first
    sweptTo = outbox.first
  }

  var isFull: Bool { outbox.isFull }
  var isEmpty: Bool { outbox.isEmpty }
  var keepsAll: Bool { outbox.keepsAll }
  var isTimed: Bool { true }
  var deadline: ContinuousClock.Instant? { outbox.deadline }

  var statistics: DeliveryStatistics { DeliveryStatistics(outbox, arrived: arrivedCount) }

  mutating func noteSubmeters(_ submeters: [Record], at now: ContinuousClock.Instant) {
    for record in topics.noteSubmeters(submeters, at: now) {
      claimTopics(of: record)
    }
  }

  mutating func claimTopics(of record: Record) { _ = topics.topic(of: MeterKey(record)) }

  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant
  ) {
    let isPublished = passes(record, at: now)
    if isPublished { outbox.add(record, at: now) }
    guard discovery != nil || !isPublished else { return }
    // Home Assistant gets to know all meters that wait at once, and by the telegram that a record is of.
    if let topic = topic(of: record) {
      discovery?.noteRecord(record.sensorValues { _ in topic }, of: MeterKey(record))
    }
  }

  private mutating func topic(of record: Record) -> String? {
    let meter = MeterKey(record)
    topics.noteRecord(of: meter, at: .now)
    return topics.topic(of: meter)
  }

  private mutating func passes(_ record: Record, at now: ContinuousClock.Instant) -> Bool {
    guard changes != nil else { return true }
    let meter = MeterKey(record)
    var name = "\(meter.meterLevel)/\(meter.channelLevel)/\(meter.past ?? "")"
    // Records of the past do not follow each other: each time is a series of its own.
    if meter.past != nil, let timestamp = record.timestamp { name += "/\(timestamp)" }
    return changes?.passes(record.untimedText, of: name, meter, record.timestamp, at: now) ?? true
  }

  mutating func attend(_ now: ContinuousClock.Instant) {
    outbox.store(at: now)
    outbox.attend(now)
  }

  mutating func overflow() {}

  // MARK: - Sending

  mutating func next() -> Message? {
    while outbox.isAvailable {
      sentEnd = max(sentEnd, outbox.first)
      // It was acknowledged before the connection broke.
      while answers[sentEnd] != nil { sentEnd += 1 }
      guard sentEnd < outbox.end, sentEnd - outbox.first < RecordPublications.maximumUnanswered
      else {
        return nil
      }
      let batch = outbox.batch(from: sentEnd, count: 1, size: .max)
      guard let record = batch.records.first else { return nil }
      sentEnd = batch.end
      if let topic = topic(of: record) {
        return Message(
          topic: topic, payload: text(of: record), purpose: .record(batch.first),
          isRetained: retains)
      }
      outbox.quarantine(record, reason: "another meter has its topics")
      withoutTopicCount += 1
      answer(batch.first, isTaken: false)
    }
    return nil
  }

  private func text(of record: Record) -> [UInt8] {
    guard payload == .json else { return record.text + [UInt8(ascii: "\n")] }
    var text: [UInt8] = []
    record.appendJSON(to: &text)
    // JSON in a message ends without a line feed.
    text.removeLast()
    return text
  }

  mutating func arrived(_ message: Message) {
    if case .record(let number) = message.purpose { answer(number, isTaken: true) }
  }

  mutating func rejected(_ message: Message, _ reason: String) {
    guard case .record(let number) = message.purpose else { return }
    let batch = outbox.batch(from: number, count: 1, size: .max)
    if batch.first == number, let record = batch.records.first {
      outbox.quarantine(record, reason: reason)
    }
    answer(number, isTaken: false)
  }

  private mutating func answer(_ number: UInt64, isTaken: Bool) {
    // The outbox has dropped it meanwhile, and has counted it as dropped.
    guard number >= outbox.first else {
      arrivedCount += isTaken ? 1 : 0
      return
    }
    answers[number] = isTaken
    while let isTaken = answers.removeValue(forKey: outbox.first) {
      outbox.remove(before: outbox.first + 1, rejected: isTaken ? 0 : 1)
    }
    sweep()
  }

  /// Counts records that were acknowledged before the outbox dropped them.
  private mutating func sweep() {
    guard !answers.isEmpty else { return sweptTo = outbox.first }
    while sweptTo < outbox.first {
      if answers.removeValue(forKey: sweptTo) == true { arrivedCount += 1 }
      sweptTo += 1
    }
  }

  mutating func disconnected(_ unsent: [Message]) {
    for message in unsent {
      if case .record(let number) = message.purpose { sentEnd = min(sentEnd, number) }
    }
  }

  mutating func connected() { changes?.publishAll() }

  mutating func repeatLast(at now: ContinuousClock.Instant) {
    for last in changes?.all ?? [] {
      if let record = Record(untimed: last.value, last.timestamp) { outbox.add(record, at: now) }
    }
  }

  mutating func close(at now: ContinuousClock.Instant) { outbox.close(at: now) }
  mutating func takeEvents() -> [OutboxEvent] { outbox.takeEvents() }

  mutating func takeLogMessages() -> [LogMessage] {
    topics.takeLogMessages().map { LogMessage(text: $0, kind: $0) }
      + LogMessage.ifGrown(withoutTopicCount, logged: &logged.withoutTopic, kind: "topics") {
        "\(counted($0, "record")) rejected so far: other meters have their topics"
      }
      + LogMessage.forgottenMeters(
        topics.forgottenMeterCount + (changes?.forgottenMeterCount ?? 0), logged: &logged.forgotten)
  }
}

extension Record {
  /// The record of an ``untimedText``.
  fileprivate init?(untimed text: [UInt8], _ timestamp: Timestamp?) {
    let start = "\(RecordKey.timestamp.rawValue)=".utf8Bytes
    guard let timestamp, text.starts(with: start) else {
      self.init(text)
      return
    }
    self.init(start + "\(timestamp)".utf8Bytes + text.dropFirst(start.count))
  }

  /// Its text without its time.
  fileprivate var untimedText: [UInt8] {
    guard let range = range(of: .timestamp) else { return text }
    return [UInt8](text[..<range.lowerBound]) + text[range.upperBound...]
  }
}
