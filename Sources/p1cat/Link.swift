import Console
import SystemPackage

/// A line or a connection to a meter: it may go away at any time, and can be opened again.
protocol Link {
  /// What messages call it.
  var name: String { get }
  /// Whether it is at hand, so that its absence at the start is a mistake and nothing to wait for.
  var isAtHand: Bool { get }
  /// Whether it has gone where nothing comes; else the meter is silent.
  var isGoneWhenSilent: Bool { get }

  /// What to wait for while it is being opened, and until when there is something to do.
  var interests: [Interest] { get }
  var deadline: ContinuousClock.Instant? { get }

  /// Opens it, or goes on with that.
  ///
  /// - Returns: what it is read by; nil while that takes time.
  /// - Throws: `Failure` where it cannot be opened, as yet.
  mutating func open() throws -> FileDescriptor?

  /// Leaves it, open or not.
  mutating func close()

  /// Looks at what came.
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant)

  /// Sets the line otherwise where that is due.
  ///
  /// - Returns: whether it did: what came up to then does not go on.
  /// - Throws: `Failure` where that cannot be done.
  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool

  /// A telegram has come.
  mutating func telegramCame(at now: ContinuousClock.Instant)

  /// Why it has gone.
  ///
  /// - Parameter errno: what reading met; nil for an end.
  /// - Returns: what is said, with the status to end with where it is not opened again.
  func loss(_ errno: Errno?) -> Failure

  /// What the receiver of a serial line has counted since the beginning.
  var lineFaults: LineFaults { get }
}

extension Link {
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {}
  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool { false }
  mutating func telegramCame(at now: ContinuousClock.Instant) {}
  var lineFaults: LineFaults { LineFaults() }
}
