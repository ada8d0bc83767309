import Glibc
import SystemPackage

/// SIGTERM, SIGINT and SIGHUP as a descriptor, which becomes readable when one of them comes: the
/// tool then takes what its input still holds, hands it over and ends.
public struct StopSignal {
  /// Readable once a signal came.
  public let descriptor: FileDescriptor

  /// SIG_IGN is no function, but this address (signal(7)).
  private static let addressOfIgnore = 1

  /// The most that a pipe holds, which a tool that is asked to stop still takes.
  public static let pipeSize = 1 << 20

  /// The other end, where the handler writes.
  private static let pipe = try? FileDescriptor.pipe()

  /// Catches the signals; one that was ignored when the process began (nohup(1)) stays so. A write
  /// to a pipe that nobody reads is an error from here on, and no signal.
  public init() throws {
    guard let pipe = StopSignal.pipe else { throw Failure(nil, Errno(rawValue: errno)) }
    descriptor = pipe.readEnd
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      var action = sigaction()
      unsafe sigaction(number, nil, &action)
      let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      if handler == StopSignal.addressOfIgnore { continue }
      unsafe action.__sigaction_handler.sa_handler = { _ in
        let before = errno
        var byte: UInt8 = 1
        if let pipe = StopSignal.pipe { _ = unsafe write(pipe.writeEnd.rawValue, &byte, 1) }
        errno = before
      }
      // A second signal ends the process at once.
      action.sa_flags = Int32(bitPattern: SA_RESETHAND)
      unsafe sigaction(number, &action, nil)
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
