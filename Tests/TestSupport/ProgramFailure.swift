/// A program did not do in time what a test waited for; the description is the full report.
public struct ProgramFailure: Error, CustomStringConvertible {
  /// What was waited for, or what went wrong.
  public let reason: String
  /// The program that was run.
  public let program: Program
  /// How it ended; nil if it was still running, in which case it has been killed.
  public let status: ProgramStatus?
  /// What it had written to its standard output.
  public let output: String
  /// What it had written to its standard error.
  public let errorText: String

  public var description: String {
    """
    \(reason)
    command:   \(program)
    directory: \(program.directory ?? TestRun.directory)
    status:    \(status?.description ?? "still running, killed")
    --- standard output
    \(output)
    --- standard error
    \(errorText)
    ---
    """
  }
}
