import Foundation

/// A program to be run: a command line, an environment and a working directory.
///
/// The environment has PATH, which begins with the directory of the built tools, HOME, a temporary
/// directory, TZ, which is UTC unless given, and the variables given here, but none of the test's own.
public struct Program: Sendable, CustomStringConvertible {
  /// A path, or a name to look up in PATH.
  public var executable: String
  public var arguments: [String]
  /// Variables besides PATH, HOME and TZ, or in their place.
  public var environment: [String: String]
  /// The working directory; the directory of the test run if nil.
  public var directory: String?

  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// A shell script and its positional parameters.
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

  /// Where the executable is, in the PATH that it gets and not in that of the tests.
  /// - Throws: `MissingProgram`.
  public var path: String {
    get throws {
      let folders = (fullEnvironment["PATH"] ?? "").split(separator: ":")
      let paths =
        executable.contains("/") ? [executable] : folders.map { "\($0)/\(executable)" }
      guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
        throw MissingProgram(description: "\(executable) is missing: scripts/test installs it")
      }
      return path
    }
  }

  /// The environment without the mark of the process.
  var fullEnvironment: [String: String] {
    let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return ["PATH": ToolPaths.directory + ":" + system, "HOME": TestRun.directory, "TZ": "UTC"]
      .merging(environment) { _, given in given }
  }

  /// Runs the program on an input, and waits for its end and the end of its output.
  ///
  /// At the end everything that it has started is killed, daemons too. It is no error if the program
  /// does not read all input.
  /// - Throws: `ProgramFailure` if it did not end within the limit, and the error of a failed start.
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

  @discardableResult
  public func run(
    input: String, within limit: Duration = .seconds(30)
  ) async throws -> ProgramResult {
    try await run(input: Array(input.utf8), within: limit)
  }

  /// Starts the program and calls `body`, at whose end the program and all it started are killed.
  /// - Parameter descriptor: an open file for its standard input, which the caller closes; nil for a pipe
  ///   that `body` writes to.
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

/// The status and the output of a program that has ended.
public struct ProgramResult: Sendable {
  public let status: ProgramStatus
  public let output: [UInt8]
  public let errorText: String

  /// Its standard output; bytes that are not UTF-8 become U+FFFD.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The lines of its standard output except empty ones.
  public var lines: [Substring] { text.split(whereSeparator: \.isNewline) }
}

/// How a program ended.
public enum ProgramStatus: Sendable, Equatable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)

  public static let success = exited(0)

  public var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let signal): "signal \(signal)"
    }
  }

  /// The status of a child that has ended, without reaping it; nil while it runs.
  init?(ofChild pid: pid_t) {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
      information.si_signo == SIGCHLD
    else { return nil }
    let status = information._sifields._sigchld.si_status
    self = information.si_code == Int32(CLD_EXITED) ? .exited(status) : .signalled(status)
  }
}

/// A program did not do in time what a test waited for; the description has its status and output.
public struct ProgramFailure: Error, CustomStringConvertible {
  public let reason: String
  public let program: Program
  /// nil if it was still running; it has then been killed.
  public let status: ProgramStatus?
  public let output: String
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
  /// The failure of a program that has ended.
  public init(reason: String, program: Program, result: ProgramResult) {
    self.init(
      reason: reason, program: program, status: result.status, output: result.text,
      errorText: result.errorText)
  }
}
