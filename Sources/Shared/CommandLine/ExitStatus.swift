/// How a tool ends: its exit status, from sysexits.h.
public enum ExitStatus: Int32, Sendable {
  /// The end of the input, or a stop signal.
  case success = 0
  /// With `--check`: the settings are valid, and the sink is disabled.
  case disabled = 1
  /// The command line is invalid.
  case usage = 64
  /// Damaged input with `--strict`, or data that the server rejected and that are lost.
  case badData = 65
  /// The source cannot be opened.
  case noInput = 66
  /// The server is unavailable and data are lost, or the port of `--listen` cannot be used.
  case unavailable = 69
  /// The spool cannot be created.
  case cannotCreate = 73
  case ioError = 74
  /// Stopped waiting; try again.
  case temporaryFailure = 75
  case noPermission = 77
  case configuration = 78
}
