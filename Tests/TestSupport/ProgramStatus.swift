import Foundation

/// How a program ended.
public enum ProgramStatus: Sendable, Equatable, CustomStringConvertible {
  /// It ended by itself, with this exit code.
  case exited(Int32)
  /// This signal ended it.
  case signalled(Int32)

  /// It ended by itself, with exit code 0.
  public static let success = exited(0)

  public var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let signal): "signal \(signal)"
    }
  }

  /// The status of a child that has ended but is not reaped, which it does not become by this.
  /// - Returns: nil while the child runs.
  init?(ofChild pid: pid_t) {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
      information.si_signo == SIGCHLD
    else { return nil }
    let status = information._sifields._sigchld.si_status
    self = information.si_code == Int32(CLD_EXITED) ? .exited(status) : .signalled(status)
  }
}
