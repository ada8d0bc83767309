import CommandLine
import Records
import SystemPackage
import Telegrams

/// Where telegrams are read from.
protocol Source {
  /// The name in messages.
  var name: String { get }

  /// Whether bytes are lost if nobody reads them, as those of a meter are.
  var isLive: Bool { get }

  /// The time of receipt of a telegram that arrives now.
  var now: Timestamp { get }

  /// The descriptors to wait for.
  var interests: [Interest] { get }
  /// When there is something to do without an event; nil for never.
  var deadline: ContinuousClock.Instant? { get }

  /// Reads what there is, or does what is due.
  ///
  /// - Parameters:
  ///   - ready: the interests that something happened on.
  ///   - lastRead: when the source was read before: bytes may have been received right after that.
  ///   - finder: receives the bytes.
  /// - Throws: `Failure` if the source fails and is not to be reopened.
  mutating func read(
    _ ready: [Interest], after lastRead: ContinuousClock.Instant, into finder: inout TelegramFinder
  ) throws -> Arrival

  /// - Parameter afterEnd: whether the telegram was only completed by the end of the connection, so
  ///   that the source may be out of order by now.
  mutating func receivedTelegram(afterEnd: Bool)

  /// Notes that a whole message of a DLMS meter arrived, whether or not there is a telegram in it.
  mutating func receivedMessage()

  /// Reopens the source at once if it has a fault.
  ///
  /// - Returns: whether it did, so that a telegram read in part will not be completed.
  mutating func reconnect() -> Bool

  mutating func close()

  /// Why no telegrams arrive; nil while they do.
  var fault: SourceFault? { get }
  /// What the bytes since the last telegram look like.
  var streamKind: StreamKind { get }
  var reconnectCount: Int { get }
  /// The errors of a serial line since this process began to read it.
  mutating func serialErrors() -> SerialErrors
}

/// The result of one read of a source.
enum Arrival: Equatable {
  case nothing
  case bytes(Int)
  case end
  /// The connection was lost or its speed changed: a telegram read in part will not be completed.
  case gap
}

extension Source {
  var isLive: Bool { false }
  var now: Timestamp { .now }
  var deadline: ContinuousClock.Instant? { nil }
  mutating func receivedTelegram(afterEnd: Bool) {}
  mutating func receivedMessage() {}
  mutating func reconnect() -> Bool { false }
  mutating func close() {}
  var fault: SourceFault? { nil }
  var streamKind: StreamKind { .empty }
  var reconnectCount: Int { 0 }
  mutating func serialErrors() -> SerialErrors { SerialErrors() }
}
