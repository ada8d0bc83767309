import CommandLine
import Delivery
import Records
import Sinks

/// A message a record, which says when it was measured: all of them count, in order, however late, and
/// each waits in an outbox until the broker has acknowledged it.
struct RecordPublications: Publications {
  private var topics: Topics
  private let payload: Payload
  private let retains: Bool
  private var changes: Changes?
  private var outbox: any Outbox
  /// The number of the first record that was not sent, or is to be sent again.
  private var sentEnd: UInt64
  /// What was answered of the records that wait, whether it was taken or refused.
  private var answers: [UInt64: Bool] = [:]
  /// Up to which number those of records that are gone were taken out.
  private var sweptTo: UInt64
  /// No more are sent beyond one that the broker does not answer.
  private static let mostUnanswered: UInt64 = 1000
  /// Records for which there was no topic, and how many of them were said.
  private var homelessCount = 0
  private var said = (homeless: 0, forgotten: 0)
  /// Records that were dropped while the broker took them: they have arrived all the same.
  private var arrivedCount = 0

  init(
    _ topics: Topics, _ payload: Payload, retains: Bool, _ changes: Changes?, in outbox: any Outbox
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
  var isLasting: Bool { outbox.keepsAll }
  var isDated: Bool { true }
  var deadline: ContinuousClock.Instant? { outbox.deadline }

  var tally: Tally { Tally(outbox, arrived: arrivedCount) }

  mutating func see(_ submeters: [Record], at now: ContinuousClock.Instant) {
    for record in topics.see(submeters, at: now) { _ = topics.topic(of: RecordOrigin(record)) }
  }

  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant
  ) {
    if isNews(record, at: now) {
      outbox.add(record, at: now)
    } else {
      // It is there, though it says nothing new.
      _ = place(record, &discovery)
    }
  }

  /// The topic of a record, nil where there is none; what it holds is announced there.
  private mutating func place(
    _ record: Record, _ discovery: inout Discovery?
  ) -> String? {
    let origin = RecordOrigin(record)
    topics.see(origin, at: .now)
    guard let topic = topics.topic(of: origin) else { return nil }
    discovery?.see(record.keys.map { ($0, topic) }, of: origin)
    return topic
  }

  private mutating func isNews(_ record: Record, at now: ContinuousClock.Instant) -> Bool {
    guard changes != nil else { return true }
    let origin = RecordOrigin(record)
    var name = "\(origin.meterLevel)/\(origin.channelLevel)/\(origin.past ?? "")"
    // Of what is past, each instant is a series of its own.
    if origin.past != nil, let timestamp = record.timestamp { name += "/\(timestamp)" }
    return changes?.isNews(record.untimedText, of: name, origin, record.timestamp, at: now) ?? true
  }

  mutating func attend(_ now: ContinuousClock.Instant) {
    outbox.store(at: now)
    outbox.attend(now)
  }

  mutating func overflow() {}

  // MARK: - Sending

  mutating func next(_ discovery: inout Discovery?) -> Message? {
    while outbox.isAvailable {
      sentEnd = max(sentEnd, outbox.first)
      // It was taken before the connection broke.
      while answers[sentEnd] != nil { sentEnd += 1 }
      guard sentEnd < outbox.end, sentEnd - outbox.first < RecordPublications.mostUnanswered else {
        return nil
      }
      let batch = outbox.batch(from: sentEnd, count: 1, size: .max)
      guard let record = batch.records.first else { return nil }
      sentEnd = batch.end
      if let topic = place(record, &discovery) {
        return Message(
          topic: topic, payload: text(of: record), purpose: .record(batch.first),
          isRetained: retains)
      }
      outbox.quarantine(record, reason: "another meter has its topics")
      homelessCount += 1
      answer(batch.first, isTaken: false)
    }
    return nil
  }

  private func text(of record: Record) -> [UInt8] {
    guard payload == .json else { return record.text + [UInt8(ascii: "\n")] }
    var text: [UInt8] = []
    record.appendJSON(to: &text)
    // A message is no line.
    text.removeLast()
    return text
  }

  mutating func arrived(_ message: Message) {
    if case .record(let number) = message.purpose { answer(number, isTaken: true) }
  }

  mutating func refused(_ message: Message, _ reason: String) {
    guard case .record(let number) = message.purpose else { return }
    let batch = outbox.batch(from: number, count: 1, size: .max)
    if batch.first == number, let record = batch.records.first {
      outbox.quarantine(record, reason: reason)
    }
    answer(number, isTaken: false)
  }

  private mutating func answer(_ number: UInt64, isTaken: Bool) {
    // What was dropped meanwhile is counted as such.
    guard number >= outbox.first else {
      arrivedCount += isTaken ? 1 : 0
      return
    }
    answers[number] = isTaken
    while let isTaken = answers.removeValue(forKey: outbox.first) {
      outbox.remove(before: outbox.first + 1, refused: isTaken ? 0 : 1)
    }
    sweep()
  }

  /// Counts what had arrived before it was dropped.
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

  mutating func connected() { forgetChanges() }
  mutating func forgetChanges() { changes?.forget() }
  mutating func close(at now: ContinuousClock.Instant) { outbox.close(at: now) }
  mutating func takeEvents() -> [OutboxEvent] { outbox.takeEvents() }

  mutating func takeNotices() -> [Notice] {
    var notices = topics.takeNotices().map { Notice(text: $0, kind: $0) }
    if homelessCount > said.homeless {
      said.homeless = homelessCount
      let count = counted(homelessCount, "record")
      notices.append(
        Notice(text: "\(count) rejected up to now: other meters have their topics", kind: "topics"))
    }
    notices += Notice.ofForgotten(
      topics.forgottenCount + (changes?.forgottenCount ?? 0), since: &said.forgotten)
    return notices
  }
}

extension Record {
  /// The keys of its fields, in order.
  fileprivate var keys: [String] {
    var keys: [String] = []
    forEachField { key, _ in keys.append(String(decoding: [UInt8](key), as: UTF8.self)) }
    return keys
  }

  /// Its text without its instant.
  fileprivate var untimedText: [UInt8] {
    guard let range = range(of: .timestamp) else { return text }
    return [UInt8](text[..<range.lowerBound]) + text[range.upperBound...]
  }
}
