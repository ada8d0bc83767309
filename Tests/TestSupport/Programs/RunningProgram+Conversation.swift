import Foundation
import SystemPackage

/// Writing to a running program, reading its output and waiting for it.
extension RunningProgram {
  /// Its standard output so far.
  public var output: [UInt8] { standardOutput.bytes }

  public func output(from offset: Int) -> [UInt8] { standardOutput.bytes(from: offset) }

  public var text: String { String(decoding: output, as: UTF8.self) }

  public var errorText: String { String(decoding: standardError.bytes, as: UTF8.self) }

  /// Whether the program has ended and all its output has been read.
  var isComplete: Bool {
    status != nil && standardOutput.isComplete && standardError.isComplete
  }

  /// Waits until the program has ended and all its output is there.
  /// - Throws: `ProgramFailure` after the limit; the program has then been killed.
  public func waitForExit(within limit: Duration = .seconds(10)) async throws -> ProgramResult {
    let isDone = try await Deadline(in: limit).poll { isComplete }
    guard isDone, let status else { throw await fail("not done within \(limit)") }
    return ProgramResult(status: status, output: output, errorText: errorText)
  }

  /// Waits until a condition on the program holds.
  /// - Parameters:
  ///   - expectation: names the condition in the report of a failure.
  ///   - condition: asked every 10 ms.
  /// - Throws: `ProgramFailure` if the condition does not hold within the limit, or when the program
  ///   has ended; the program has then been killed.
  public func wait(
    for expectation: String, within limit: Duration = .seconds(10),
    until condition: (RunningProgram) throws -> Bool
  ) async throws {
    var holds = false
    _ = try await Deadline(in: limit).poll {
      let isLast = isComplete
      holds = try condition(self)
      return holds || isLast
    }
    if !holds { throw await fail("no \(expectation) within \(limit), or before it ended") }
  }

  public func waitForOutput(_ text: String, within limit: Duration = .seconds(10)) async throws {
    try await wait(for: "'\(text)' on standard output", within: limit) { $0.text.contains(text) }
  }

  public func waitForError(_ text: String, within limit: Duration = .seconds(10)) async throws {
    try await wait(for: "'\(text)' on standard error", within: limit) {
      $0.errorText.contains(text)
    }
  }

  /// Asks a tool for its counters, by SIGUSR1, until its answer contains the text. The tool must have
  /// installed its signal handlers.
  public func waitForCounters(_ text: String, within limit: Duration = .seconds(30)) async throws {
    try await wait(for: "'\(text)'", within: limit) {
      $0.send(signal: SIGUSR1)
      return $0.errorText.contains(text)
    }
  }

  /// Kills the program and reports its output.
  func fail(_ reason: String) async -> ProgramFailure {
    let status = status
    await end()
    return ProgramFailure(
      reason: reason, program: program, status: status, output: text, errorText: errorText)
  }

  /// Writes to its standard input, and waits while the pipe is full.
  /// - Throws: `Errno.brokenPipe` if nobody reads any more, `Errno.badFileDescriptor` if its input
  ///   is closed or not a pipe, `ProgramFailure` if it did not read in time and was killed.
  public func write(_ bytes: [UInt8], within limit: Duration = .seconds(10)) async throws {
    guard try await input.write(bytes, within: limit) else {
      throw await fail("input not read within \(limit)")
    }
  }

  /// Writes text to its standard input, as above.
  public func write(_ text: String, within limit: Duration = .seconds(10)) async throws {
    try await write(Array(text.utf8), within: limit)
  }

  /// Writes all input and closes it; it is no error if the program does not read it to its end.
  /// - Throws: `ProgramFailure` if it was not read in time and the program was killed.
  func writeToTheEnd(_ bytes: [UInt8], within limit: Duration) async throws {
    defer { closeInput() }
    do {
      try await write(bytes, within: limit)
    } catch is Errno {}
  }

  /// Ends its standard input, if that is a pipe; doing so twice is no error.
  public func closeInput() { input.close() }
}
