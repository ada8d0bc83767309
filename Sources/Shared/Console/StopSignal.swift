import Glibc
import SystemPackage

/// SIGTERM, SIGINT and SIGHUP as a descriptor, which becomes readable when one of them comes: the
/// tool then takes what its input still holds, hands it over and ends.
public struct StopSignal {
  /// Readable once a signal came.
  public let descriptor: FileDescriptor

  /// The most that a pipe holds, which a tool that is asked to stop still takes.
  public static let pipeSize = 1 << 20

  /// The other end, where the handler writes.
  private static let pipe = try? FileDescriptor.pipe()

  /// Catches the signals. A write to a pipe that nobody reads is an error from here on, and no signal.
  ///
  /// - Parameter numbers: which signals.
  /// - Throws: ``Failure``.
  public init(_ numbers: [Int32] = [SIGTERM, SIGINT, SIGHUP]) throws {
    guard let pipe = StopSignal.pipe else { throw Failure(nil, Errno(rawValue: errno)) }
    descriptor = pipe.readEnd
    signal(SIGPIPE, SIG_IGN)
    // Nor is one beyond the size that a file may have (ulimit -f).
    signal(SIGXFSZ, SIG_IGN)
    for number in numbers {
      // A second signal ends the process at once.
      handle(number, flags: Int32(bitPattern: SA_RESETHAND)) { _ in
        StopSignal.pipe.map { tell($0.writeEnd) }
      }
    }
  }

  /// Whether one of the signals came.
  public var isRaised: Bool {
    get throws { try StopSignal.isRaised }
  }

  /// Whether one of the signals came, and anybody catches them.
  static var isRaised: Bool {
    get throws {
      guard let pipe else { return false }
      return try !wait(for: [.reading(pipe.readEnd)], until: .now).isEmpty
    }
  }
}
