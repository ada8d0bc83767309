import CommandLine
import Delivery
import Records
import Sinks

/// What records become on their way to a broker: the messages that wait, and what became of them.
protocol Publications {
  /// Whether it is time to read no more, where the broker keeps up.
  var isFull: Bool { get }
  /// Whether nothing waits, nor is on its way.
  var isEmpty: Bool { get }
  /// Whether all that waits is there for the next process.
  var isLasting: Bool { get }
  /// Whether it says when it was measured, and counts however late it comes.
  var isDated: Bool { get }
  /// What became of what was taken.
  var statistics: DeliveryStatistics { get }
  /// When ``attend(_:)`` is to be called next; nil for not before anything else happens.
  var deadline: ContinuousClock.Instant? { get }

  /// The records of sub-meters of a telegram were read, and are taken next: which of two has a topic
  /// is decided by both.
  mutating func see(_ submeters: [Record], at now: ContinuousClock.Instant)

  /// Takes a record.
  ///
  /// - Parameters:
  ///   - record: the record, which has a time where all of it goes into a message.
  ///   - discovery: what is told of its metrics, once their topics are known.
  ///   - now: the time.
  mutating func take(
    _ record: Record, _ discovery: inout Discovery?, at now: ContinuousClock.Instant)

  /// Makes sure of what was taken, and does what is due.
  mutating func attend(_ now: ContinuousClock.Instant)

  /// The input was held up for long enough: it is read on, and what has no room goes.
  mutating func overflow()

  /// The next message to be sent.
  ///
  /// - Parameter discovery: what is told of its metrics, once their topics are known.
  /// - Returns: nil where there is none now.
  mutating func next(_ discovery: inout Discovery?) -> Message?

  /// A message has arrived.
  mutating func arrived(_ message: Message)

  /// A message will never be taken.
  ///
  /// - Parameters:
  ///   - message: which.
  ///   - reason: what the broker said.
  mutating func refused(_ message: Message, _ reason: String)

  /// The connection is gone.
  ///
  /// - Parameter unsent: the messages that were on their way, oldest first.
  mutating func disconnected(_ unsent: [Message])

  /// There is a connection, to a broker that may have forgotten everything.
  mutating func connected()

  /// Whoever reads the values has forgotten them: all of them are news again.
  mutating func forgetChanges()

  /// Ends the keeping.
  mutating func close(at now: ContinuousClock.Instant)

  /// What happened since the last call, to be said.
  mutating func takeEvents() -> [OutboxEvent]

  /// What the user should know of the topics since the last call.
  mutating func takeNotices() -> [Notice]
}

extension Record {
  /// Whether it is of a sub-meter.
  var isOfSubmeter: Bool { range(of: .channel) != nil }

  /// Its instant; nil where it has none, or one that is yet to come, by a clock that is wrong.
  var pastTimestamp: Timestamp? {
    timestamp.flatMap { $0.seconds < Timestamp.now.seconds + 86_400 ? $0 : nil }
  }
}

/// Something about topics that the user should know.
struct Notice {
  let text: String
  /// What makes two notices the same one said again.
  let kind: String

  /// Reports meters that were forgotten because the buffer is full, unless that was reported before.
  ///
  /// - Parameters:
  ///   - count: how many, in all.
  ///   - said: the count that was reported last.
  /// - Returns: the notice, or none.
  static func ofForgotten(_ count: Int, since said: inout Int) -> [Notice] {
    guard count > said else { return [] }
    said = count
    let text = "\(counted(count, "meter")) forgotten up to now, those silent longest: no room"
    return [Notice(text: "\(text); raise --buffer", kind: "forgotten")]
  }
}
