import SystemPackage

/// Why a tool ends: written in one line, `tool: subject: reason`, with an exit status.
public struct Failure: Error, Sendable {
  /// The file, the server or the setting; nil if it is about the tool itself.
  public let subject: String?
  public let reason: String
  public let exitStatus: ExitStatus
  /// What to do, in a line of its own; nil if the reason says it.
  public let hint: String?

  public init(_ subject: String?, _ reason: String, _ exitStatus: ExitStatus, hint: String? = nil) {
    self.subject = subject
    self.reason = reason
    self.exitStatus = exitStatus
    self.hint = hint
  }

  /// The subject and the reason.
  var sentence: String { (subject.map { "\($0): " } ?? "") + reason }

  /// A system call that failed. Lack of permission always has exit status 77.
  public init(_ subject: String?, _ errno: Errno, _ exitStatus: ExitStatus = .ioError) {
    let isDenied = errno == .permissionDenied || errno == .notPermitted
    self.init(subject, errno.description, isDenied ? .noPermission : exitStatus)
  }
}

/// The reader of standard output has exited: the tool exits without a message, with status 0.
struct ReaderGone: Error {}
