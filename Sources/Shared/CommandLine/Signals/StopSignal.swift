import Glibc
import Synchronization
import SystemPackage

/// SIGTERM and SIGINT as a descriptor to wait for. A tool that is asked to stop reads what its input still
/// holds, delivers or keeps it, and exits.
public struct StopSignal {
  /// Readable after one of the signals.
  public let descriptor: FileDescriptor

  /// The most that a pipe holds: so much input is read after a signal at most.
  public static let pipeSize = 1 << 20

  private static let pipe = SignalPipe.make()

  /// Catches the signals. From here on, a write to a pipe without a reader is an error instead of a signal.
  ///
  /// - Throws: ``Failure``.
  public init() throws {
    descriptor = try StopSignal.pipe.orFailure().readEnd
    signal(SIGPIPE, SIG_IGN)
    // A write beyond the limit of a file's size (ulimit -f) is an error, too.
    signal(SIGXFSZ, SIG_IGN)
    // The handler only has to interrupt a system call.
    handle(SIGALRM, flags: 0) { _ in }
    for number in [SIGTERM, SIGINT] {
      handle(number, flags: 0) { StopSignal.caught($0) }
    }
    // The static is initialized here, as a handler must not do it.
    StopSignal.caughtAt.store(0, ordering: .relaxed)
  }

  /// Handles a signal. The second one ends the process at once, unless it follows within 100 ms: timeout(1)
  /// and a closing terminal send one to the process and one to its group.
  private static func caught(_ number: Int32) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Int(time.tv_sec) * 1000 + time.tv_nsec / 1_000_000
    let first = caughtAt.compareExchange(expected: 0, desired: now, ordering: .relaxed).original
    if first == 0 {
      pipe.tell()
      // A system call may have begun after the pipe was last looked at, and would block without end. The timer
      // interrupts it, so that the loop looks again.
      let interval = timeval(tv_sec: 0, tv_usec: 200_000)
      var timer = itimerval(it_interval: interval, it_value: interval)
      unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    } else if now - first > twinTime {
      signal(number, SIG_DFL)
      raise(number)
    }
  }

  /// When the first signal came, in milliseconds of the monotonic clock; 0 before that.
  private static let caughtAt = Atomic(0)
  /// Two signals within so many milliseconds are one.
  private static let twinTime = 100

  public var isRaised: Bool {
    get throws { try StopSignal.isRaised }
  }

  /// Whether one of the signals came; false if the tool does not catch them.
  static var isRaised: Bool {
    get throws {
      guard case .success(let pipe) = pipe else { return false }
      return try !wait(for: [.reading(pipe.readEnd)], until: .now).isEmpty
    }
  }
}
