import CommandLine
import SystemPackage

/// A serial line or a network connection to a meter, which may be lost at any time and can be
/// reopened.
protocol MeterConnection {
  /// The name in messages.
  var name: String { get }
  /// Whether a device that cannot be read at the start is an error, instead of something to wait for.
  var mustExistAtStart: Bool { get }
  /// Whether silence means that the connection is dead; else the meter itself is silent.
  var reconnectsWhenSilent: Bool { get }
  /// The longest pause before the next try to open it.
  var longestPause: Duration { get }

  /// The descriptors to wait for while the connection is being opened.
  var interests: [Interest] { get }
  /// When there is something to do without an event; nil for never.
  var deadline: ContinuousClock.Instant? { get }

  /// Opens the connection, or continues to.
  ///
  /// - Returns: the descriptor to read; nil while opening takes time.
  /// - Throws: `Failure` if it cannot be opened now.
  mutating func open() throws -> FileDescriptor?

  mutating func close()

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant)

  /// Turns a serial line to another speed if no telegram arrived at this one in time.
  ///
  /// - Parameter now: the time up to which all received bytes were read.
  /// - Returns: whether the speed changed, so that a telegram read in part will not be completed.
  /// - Throws: `Failure` if the speed cannot be set.
  mutating func changeSpeedIfDue(at now: ContinuousClock.Instant) throws -> Bool

  /// Notes that a telegram arrived whole, or a message that no telegram can be made of.
  mutating func receivedTelegram(at now: ContinuousClock.Instant)

  /// Explains a failed read.
  ///
  /// - Parameter errno: the error; nil for the end of the stream.
  func disconnectReason(_ errno: Errno?) -> DisconnectReason

  /// Plain text that a server sent instead of a telegram; nil if it sent none.
  var serverMessage: String? { get }

  /// The speed that a serial line is read at now; nil if there is none.
  var baudRate: Int? { get }

  /// The errors of a serial line since this process began to read it.
  mutating func serialErrors() -> SerialErrors
}

extension MeterConnection {
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {}
  mutating func changeSpeedIfDue(at now: ContinuousClock.Instant) throws -> Bool { false }
  mutating func receivedTelegram(at now: ContinuousClock.Instant) {}
  var serverMessage: String? { nil }
  var baudRate: Int? { nil }
  mutating func serialErrors() -> SerialErrors { SerialErrors() }
}

/// Why a connection was lost.
enum DisconnectReason {
  /// The other side closed it.
  case closed(String)
  case failure(Failure)

  /// This reason with the text that the server sent before.
  func quoting(_ serverMessage: String?) -> DisconnectReason {
    guard let serverMessage else { return self }
    let text = "\(text); it said \"\(serverMessage)\""
    return switch self {
    case .closed: .closed(text)
    case .failure(let failure): .failure(Failure(failure.subject, text, failure.exitStatus))
    }
  }

  var text: String {
    switch self {
    case .closed(let reason): reason
    case .failure(let failure): failure.reason
    }
  }
}
