import CommandLine
import SystemPackage

/// A line or a connection to a meter: it may go away at any time, and can be opened again.
protocol MeterConnection {
  /// What messages call it.
  var name: String { get }
  /// Whether it is at hand, so that its absence at the start is a mistake and nothing to wait for.
  var isAtHand: Bool { get }
  /// Whether it has gone where nothing comes; else the meter is silent.
  var isGoneWhenSilent: Bool { get }

  /// What to wait for while it is being opened.
  var interests: [Interest] { get }
  /// Until when to wait, as there is something to do then: nil for ever.
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
  /// - Parameter now: until when all that came was received.
  /// - Returns: whether it did: what came up to then does not go on.
  /// - Throws: `Failure` where that cannot be done.
  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool

  /// A telegram has come.
  mutating func telegramCame(at now: ContinuousClock.Instant)

  /// How it has gone.
  ///
  /// - Parameter errno: what reading met; nil for an end.
  /// - Returns: what is said, and ends all where it is not opened again.
  func loss(_ errno: Errno?) -> DisconnectReason

  /// What the other side has said, in words, instead of a telegram; nil for nothing.
  var words: String? { get }

  /// What the receiver of a serial line has lost since the beginning.
  mutating func lineFaults() -> SerialErrors
}

extension MeterConnection {
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {}
  mutating func adjust(at now: ContinuousClock.Instant) throws -> Bool { false }
  mutating func telegramCame(at now: ContinuousClock.Instant) {}
  var words: String? { nil }
  mutating func lineFaults() -> SerialErrors { SerialErrors() }
}

/// How a link has gone.
enum DisconnectReason {
  /// The other side has ended it.
  case end(String)
  case failure(Failure)

  /// The same with what the other side has said, in words.
  func saying(_ words: String?) -> DisconnectReason {
    guard let words else { return self }
    let reason = "\(reason); it said \"\(words)\""
    return switch self {
    case .end: .end(reason)
    case .failure(let failure): .failure(Failure(failure.subject, reason, failure.exitStatus))
    }
  }

  /// As a message says it.
  var reason: String {
    switch self {
    case .end(let reason): reason
    case .failure(let failure): failure.reason
    }
  }
}
