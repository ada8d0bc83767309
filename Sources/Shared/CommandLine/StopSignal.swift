import Glibc
import Synchronization
import SystemPackage

/// SIGTERM and SIGINT as a descriptor, which becomes readable when one of them comes: the tool then
/// takes what its input still holds, hands it over and ends. SIGHUP is a ``NoticeSignal``.
public struct StopSignal {
  /// Readable once a signal came.
  public let descriptor: FileDescriptor

  /// The most that a pipe holds, which a tool that is asked to stop still takes.
  public static let pipeSize = 1 << 20

  /// The other end, where the handler writes.
  private static let pipe = SignalPipe.make()

  /// Catches the signals. A write to a pipe that nobody reads is an error from here on, and no signal.
  ///
  /// - Throws: ``Failure``.
  public init() throws {
    descriptor = try StopSignal.pipe.orFailure().readEnd
    signal(SIGPIPE, SIG_IGN)
    // Nor is one beyond the size that a file may have (ulimit -f).
    signal(SIGXFSZ, SIG_IGN)
    // The handler only has to interrupt a system call.
    handle(SIGALRM, flags: 0) { _ in }
    for number in [SIGTERM, SIGINT] {
      handle(number, flags: 0) { StopSignal.caught($0) }
    }
    // Made here, and not by a handler.
    StopSignal.caughtAt.store(0, ordering: .relaxed)
  }

  /// A signal came. A second one ends the process at once, unless it is the same one sent twice, to the
  /// process and to its group, as timeout(1) does.
  private static func caught(_ number: Int32) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Int(time.tv_sec) * 1000 + time.tv_nsec / 1_000_000
    let first = caughtAt.compareExchange(expected: 0, desired: now, ordering: .relaxed).original
    if first == 0 {
      pipe.tell()
      // A call that waits may have begun between a look at the pipe and the signal, or begin yet: it is
      // interrupted, too, and what is to be done then is done.
      let interval = timeval(tv_sec: 0, tv_usec: 200_000)
      var timer = itimerval(it_interval: interval, it_value: interval)
      unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    } else if now - first > twinTime {
      signal(number, SIG_DFL)
      raise(number)
    }
  }

  /// When the first signal came, in milliseconds of a clock that only runs; 0 before that.
  private static let caughtAt = Atomic(0)
  /// So soon, in milliseconds, the same signal comes twice.
  private static let twinTime = 100

  /// Whether one of the signals came.
  public var isRaised: Bool {
    get throws { try StopSignal.isRaised }
  }

  /// Whether one of the signals came, and anybody catches them.
  static var isRaised: Bool {
    get throws {
      guard case .success(let pipe) = pipe else { return false }
      return try !wait(for: [.reading(pipe.readEnd)], until: .now).isEmpty
    }
  }
}
