import CommandLine
import Delivery
import Records
import Sinks

/// Makes messages of records, queues them until the broker has acknowledged them, and counts them.
protocol Publications {
  /// Whether the queue is so full that reading should pause.
  var isFull: Bool { get }
  /// Whether nothing is queued or in flight.
  var isEmpty: Bool { get }
  /// Whether everything that is queued outlives the process.
  var keepsAll: Bool { get }
  /// Whether messages say when they were measured, so that they count however late they arrive.
  var isTimed: Bool { get }
  var statistics: DeliveryStatistics { get }
  /// When ``attend(_:)`` is to be called next; nil for not before anything else happens.
  var deadline: ContinuousClock.Instant? { get }

  /// Notes the sub-meters of a telegram, whose records are taken next. If two of them claim one topic,
  /// the readings of both decide.
  mutating func noteSubmeters(_ submeters: [Record], at now: ContinuousClock.Instant)

  /// Gives a record its topics before it is taken, so that they do not depend on the order of records of periods.
  mutating func claimTopics(of record: Record)

  /// Takes a record.
  ///
  /// - Parameters:
  ///   - record: the record, which has a time if ``isTimed``.
  ///   - discovery: announces its metrics.
  ///   - now: the time.
  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant)

  /// Stores what was taken, and does what is due.
  mutating func attend(_ now: ContinuousClock.Instant)

  /// Drops what does not fit: reading paused for long enough.
  mutating func overflow()

  /// Takes the next message to be published; nil where there is none now.
  mutating func next() -> Message?

  /// The broker has acknowledged a message.
  mutating func arrived(_ message: Message)

  /// The broker has rejected a message for good.
  mutating func rejected(_ message: Message, _ reason: String)

  /// The connection broke.
  ///
  /// - Parameter unsent: the messages in flight, oldest first, which are to be published again.
  mutating func disconnected(_ unsent: [Message])

  /// Has all values published once, as a broker may have lost them before this connection.
  mutating func connected()

  /// Publishes the last values again, as Home Assistant has lost them.
  mutating func repeatLast(at now: ContinuousClock.Instant)

  /// Stores what is left, before the process exits.
  mutating func close(at now: ContinuousClock.Instant)

  /// What happened to records since the last call.
  mutating func takeEvents() -> [OutboxEvent]

  /// What is to be logged about topics since the last call.
  mutating func takeLogMessages() -> [LogMessage]
}

extension Record {
  var isOfSubmeter: Bool { range(of: .channel) != nil }

  /// Its time; nil where it has none, or one of the future, from a clock that is wrong.
  var pastTimestamp: Timestamp? {
    timestamp.flatMap { $0.seconds < Timestamp.now.seconds + 86_400 ? $0 : nil }
  }
}

/// A message for standard error about topics.
struct LogMessage {
  let text: String
  /// Messages of one kind are rate-limited together.
  let kind: String

  /// A message if a counter has grown since it was logged.
  ///
  /// - Parameters:
  ///   - count: the counter.
  ///   - logged: its value in the last message.
  ///   - text: the message.
  static func ifGrown(
    _ count: Int, logged: inout Int, kind: String, _ text: (Int) -> String
  ) -> [LogMessage] {
    guard count > logged else { return [] }
    logged = count
    return [LogMessage(text: text(count), kind: kind)]
  }

  /// Meters that were forgotten because the caches are full.
  static func forgottenMeters(_ count: Int, logged: inout Int) -> [LogMessage] {
    ifGrown(count, logged: &logged, kind: "forgotten") {
      "\(counted($0, "meter")) forgotten so far, the longest silent first; raise --buffer"
    }
  }
}
