import Foundation

/// A program to be run, as a command line, an environment and a working directory.
///
/// Its environment is a clean one: PATH, which begins with the directory of the built tools, HOME,
/// which is a temporary directory, TZ, which is UTC unless given, and the variables given here.
public struct Program: Sendable, CustomStringConvertible {
  /// A path, or a name that is looked up in PATH.
  public var executable: String
  /// The arguments, without the name of the program.
  public var arguments: [String]
  /// What the environment has in addition to PATH, HOME and TZ, or instead of them.
  public var environment: [String: String]
  /// The working directory; the directory of the test run if nil.
  public var directory: String?

  /// Describes a program; nothing is started yet.
  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// A shell script, run by `bash -c`, with its positional parameters.
  public static func bash(
    _ script: String, _ parameters: [String] = [], environment: [String: String] = [:],
    directory: String? = nil
  ) -> Program {
    Program(
      "/bin/bash", ["-c", script, "bash"] + parameters, environment: environment,
      directory: directory)
  }

  public var description: String {
    ([executable] + arguments).joined(separator: " ")
  }

  /// The whole environment, without what marks the process.
  var fullEnvironment: [String: String] {
    let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return ["PATH": ToolPaths.directory + ":" + system, "HOME": TestRun.directory, "TZ": "UTC"]
      .merging(environment) { _, given in given }
  }

  /// Runs the program to its end, and to the end of its output.
  ///
  /// Nothing the program started outlives the call, not even a daemon. Input the program does not
  /// read is no error.
  /// - Parameters:
  ///   - input: what it finds on its standard input, which then ends.
  ///   - limit: how long it may take.
  /// - Returns: what the program left behind.
  /// - Throws: `ProgramFailure` if it was not done in time and had to be killed, or what prevented
  ///   its start.
  @discardableResult
  public func run(
    input: [UInt8] = [], within limit: Duration = .seconds(30)
  ) async throws -> ProgramResult {
    try await whileRunning { running in
      async let writing: Void = running.writeToTheEnd(input, within: limit)
      let result = try await running.waitForExit(within: limit)
      try await writing
      return result
    }
  }

  /// Runs the program to its end, as above, with text as its input.
  @discardableResult
  public func run(
    input: String, within limit: Duration = .seconds(30)
  ) async throws -> ProgramResult {
    try await run(input: Array(input.utf8), within: limit)
  }

  /// Starts the program and calls `body`, at whose end the program and all it started are killed.
  /// - Parameters:
  ///   - descriptor: an open file that becomes its standard input, and stays the caller's to
  ///     close; nil for a pipe that `body` writes to.
  public func whileRunning<Result>(
    input descriptor: Int32? = nil, _ body: (RunningProgram) async throws -> Result
  ) async throws -> Result {
    let running = try await RunningProgram.start(self, input: descriptor)
    do {
      let result = try await body(running)
      await running.end()
      return result
    } catch {
      await running.end()
      throw error
    }
  }
}

/// What a program left behind: how it ended, and all that it wrote.
public struct ProgramResult: Sendable {
  /// How it ended.
  public let status: ProgramStatus
  /// All bytes of its standard output.
  public let output: [UInt8]
  /// All bytes of its standard error, as text.
  public let errorText: String

  /// Its standard output as text; what is not UTF-8 is shown as U+FFFD.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The lines of its standard output, without the empty ones.
  public var lines: [Substring] { text.split(whereSeparator: \.isNewline) }
}

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

extension ProgramFailure {
  /// The failure of a program that ended otherwise than a test can go on with.
  public init(reason: String, program: Program, result: ProgramResult) {
    self.init(
      reason: reason, program: program, status: result.status, output: result.text,
      errorText: result.errorText)
  }
}
