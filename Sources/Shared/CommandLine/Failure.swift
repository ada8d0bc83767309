import SystemPackage

/// What ends a tool: said in one line, `tool: subject: reason`, with the exit status that fits.
public struct Failure: Error, Sendable {
  /// What it is about: a file, a server, a setting; nil where that is clear.
  public let subject: String?
  public let reason: String
  public let exitStatus: ExitStatus
  /// What to do about it, said in a line of its own; nil where that is clear.
  public let hint: String?

  public init(_ subject: String?, _ reason: String, _ exitStatus: ExitStatus, hint: String? = nil) {
    self.subject = subject
    self.reason = reason
    self.exitStatus = exitStatus
    self.hint = hint
  }

  /// A system call that failed; lack of permission has an exit status of its own.
  public init(_ subject: String?, _ errno: Errno, _ exitStatus: ExitStatus = .ioError) {
    let isDenied = errno == .permissionDenied || errno == .notPermitted
    self.init(subject, errno.description, isDenied ? .noPermission : exitStatus)
  }
}

/// The reader of our output has gone: a quiet end.
struct ReaderGone: Error {}
