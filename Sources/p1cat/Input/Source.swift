import CommandLine
import Records
import SystemPackage
import Telegrams

/// Where the bytes of telegrams come from.
protocol Source {
  /// What messages call it.
  var name: String { get }

  /// Whether who sends there waits for nobody, as a meter does.
  var isLive: Bool { get }

  /// The time at which a telegram that came now was received.
  var now: Timestamp { get }

  /// What to wait for.
  var interests: [Interest] { get }
  /// Until when to wait, as there is something to do then: nil for ever.
  var deadline: ContinuousClock.Instant? { get }

  /// Reads what there is, or does what else is due.
  ///
  /// - Parameters:
  ///   - happened: the interests that something happened on.
  ///   - lastLook: when it was read before: what has come since may have waited for long.
  ///   - framer: takes the bytes in.
  /// - Returns: what came of it.
  /// - Throws: `Failure` where the source fails, and is not to come back.
  mutating func read(
    _ happened: [Interest], after lastLook: ContinuousClock.Instant, into framer: inout Framer
  ) throws -> Arrival

  /// A telegram has come.
  ///
  /// - Parameter isLate: whether it was found as the source went away, and says nothing of what it is
  ///   now.
  mutating func telegramCame(isLate: Bool)

  /// Opens it again at once where it has gone, or nothing of use comes.
  ///
  /// - Returns: whether what came up to now does not go on.
  mutating func reload() -> Bool

  /// Leaves it, at the end.
  mutating func close()

  /// What keeps telegrams from coming; nil while they come.
  var trouble: SourceFault? { get }
  /// How often it was opened again.
  var reconnectCount: Int { get }
  /// What the receiver of a serial line has lost since the beginning.
  mutating func lineFaults() -> SerialErrors
}

/// What came of a look at a source.
enum Arrival: Equatable {
  case nothing
  case bytes(Int)
  /// The source is at its end.
  case end
  /// What came up to now will not go on: the source has gone away, or was set otherwise.
  case gap
}

extension Source {
  var isLive: Bool { false }
  var now: Timestamp { .now }
  var deadline: ContinuousClock.Instant? { nil }
  mutating func telegramCame(isLate: Bool) {}
  mutating func reload() -> Bool { false }
  mutating func close() {}
  var trouble: SourceFault? { nil }
  var reconnectCount: Int { 0 }
  mutating func lineFaults() -> SerialErrors { SerialErrors() }
}
