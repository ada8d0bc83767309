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
  ///   - body: what to do while the program runs.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or what prevented the start.
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
