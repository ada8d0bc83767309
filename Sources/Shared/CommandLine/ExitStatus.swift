/// How a tool ends: its exit status, from sysexits.h.
public enum ExitStatus: Int32, Sendable {
  /// The end of the input, or a stop signal.
  case success = 0
  /// The command line cannot be used.
  case usage = 64
  /// Bad data with `--strict`, or data that the server rejected and nothing keeps.
  case badData = 65
  /// The source cannot be opened.
  case noInput = 66
  /// The service is unavailable, and nothing keeps the data.
  case unavailable = 69
  /// The spool cannot be made.
  case cannotCreate = 73
  case ioError = 74
  /// Stopped waiting; try again.
  case temporaryFailure = 75
  case noPermission = 77
  case configuration = 78
}
