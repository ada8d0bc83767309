import Console
import SystemPackage
import Telegrams

/// Where the bytes of telegrams come from.
protocol Source {
  /// What messages call it.
  var name: String { get }

  /// Whether somebody sends there who does not wait, as a meter does.
  var isLive: Bool { get }

  /// What to wait for, and until when.
  var interests: [Interest] { get }
  var deadline: ContinuousClock.Instant? { get }

  /// Reads what there is, or does what else is due.
  ///
  /// - Parameters:
  ///   - happened: the interests that something happened on.
  ///   - framer: takes the bytes in.
  /// - Returns: what came of it.
  /// - Throws: `Failure` where the source fails, and is not to come back.
  mutating func read(_ happened: [Interest], into framer: inout Framer) throws -> Arrival

  /// A telegram has come.
  mutating func telegramCame()

  /// Leaves it, at the end.
  mutating func close()

  /// What keeps telegrams from coming, as it was last said; nil while they come.
  var trouble: String? { get }
  /// How often it was opened again.
  var reconnectCount: Int { get }
  /// What the receiver of a serial line has counted since the beginning.
  var lineFaults: LineFaults { get }
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
  var deadline: ContinuousClock.Instant? { nil }
  var trouble: String? { nil }
  var reconnectCount: Int { 0 }
  mutating func telegramCame() {}
  mutating func close() {}
  var lineFaults: LineFaults { LineFaults() }
}
