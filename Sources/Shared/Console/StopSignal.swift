import Glibc
import SystemPackage

/// SIGTERM, SIGINT and SIGHUP as a descriptor, which becomes readable when one of them comes: the
/// tool then takes what its input still holds, hands it over and ends.
public struct StopSignal {
  /// Readable once a signal came.
  public let descriptor: FileDescriptor

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
      // The address of SIG_IGN is 1.
      if unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      unsafe action.__sigaction_handler.sa_handler = { _ in
        let before = errno
        var byte: UInt8 = 1
        if let pipe = StopSignal.pipe { _ = unsafe write(pipe.writeEnd.rawValue, &byte, 1) }
        errno = before
      }
      // A second signal ends the process at once.
      action.sa_flags = SA_RESTART | Int32(bitPattern: SA_RESETHAND)
      unsafe sigaction(number, &action, nil)
    }
  }

  /// Whether one of the signals came.
  public var isRaised: Bool {
    get throws { try !wait(for: [.reading(descriptor)], until: .now).isEmpty }
  }
}
