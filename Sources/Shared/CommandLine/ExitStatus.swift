/// How a tool ends: its exit status, from sysexits.h.
public enum ExitStatus: Int32, Sendable {
  /// The end of the input, or asked to stop.
  case success = 0
  /// The command line cannot be used.
  case usage = 64
  /// Bad data, where that was to be an error.
  case badData = 65
  /// The source cannot be opened.
  case noInput = 66
  /// The service is unavailable, and nothing holds the data.
  case unavailable = 69
  /// The spool cannot be made.
  case cannotCreate = 73
  case ioError = 74
  /// Gave up waiting: try again.
  case temporaryFailure = 75
  case noPermission = 77
  case configuration = 78
}
