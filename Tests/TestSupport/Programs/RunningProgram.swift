import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A program that was started, and that a test talks to while it runs.
///
/// It leads a session of its own, with no signal blocked or ignored. It is not reaped before
/// `end()`, so a signal never reaches a stranger that was given its number.
public final class RunningProgram: Sendable {
  /// What was started.
  public let program: Program
  /// The number of the process, which is also that of its process group.
  public let processIdentifier: pid_t

  private let mark: ProcessMark?
  let input: Outlet
  let standardOutput: ByteCollector
  let standardError: ByteCollector
  private let reaping: Task<Void, any Error>
  private let release: AsyncStream<Never>.Continuation
  private let finalStatus = Mutex<(status: ProgramStatus?, isFinal: Bool)>((nil, false))

  /// Starts a program; the caller has to see to it that `end()` is called.
  /// - Parameters:
  ///   - program: what to start.
  ///   - input: an open file for its standard input, or nil for a pipe.
  /// - Returns: the program, which runs.
  /// - Throws: what prevented the start.
  public static func start(_ program: Program, input: Int32? = nil) async throws -> RunningProgram {
    try await TestRun.begin()
    return try await RunningProgram(program, mark: .next(), input: input)
  }

  init(_ program: Program, mark: ProcessMark?, input descriptor: Int32?) async throws {
    // A program that closes its input must not end the tests. Children get the default back.
    signal(SIGPIPE, SIG_IGN)
    let inputPipe = descriptor == nil ? try PipeEnds() : nil
    let outputPipe = try PipeEnds()
    let errorPipe = try PipeEnds()
    self.program = program
    self.mark = mark
    input = Outlet(inputPipe?.writing)
    standardOutput = ByteCollector(reading: outputPipe.reading)
    standardError = ByteCollector(reading: errorPipe.reading)

    let configuration = Self.configuration(program, mark: mark)
    let (started, starter) = AsyncThrowingStream.makeStream(of: pid_t.self)
    let (released, release) = AsyncStream.makeStream(of: Never.self)
    self.release = release
    reaping = Task.detached {
      do {
        _ = try await Subprocess.run(
          configuration,
          input: .fileDescriptor(
            FileDescriptor(rawValue: inputPipe?.reading ?? descriptor ?? -1),
            closeAfterSpawningProcess: inputPipe != nil),
          output: .fileDescriptor(
            FileDescriptor(rawValue: outputPipe.writing), closeAfterSpawningProcess: true),
          error: .fileDescriptor(
            FileDescriptor(rawValue: errorPipe.writing), closeAfterSpawningProcess: true)
        ) { execution in
          starter.yield(execution.processIdentifier.value)
          for await _ in released {}
        }
      } catch {
        starter.finish(throwing: error)
        throw error
      }
    }
    // Detached, since it must be known what was started even if this task is cancelled meanwhile.
    let pid = try await Task.detached { try await started.first { _ in true } }.value
    guard let pid else { throw CancellationError() }
    processIdentifier = pid
  }

  private static func configuration(_ program: Program, mark: ProcessMark?) -> Configuration {
    var environment = program.fullEnvironment
    if let mark { environment[ProcessMark.variable] = mark.value }
    var options = PlatformOptions()
    options.createSession = true
    return Configuration(
      executable: program.executable.contains("/")
        ? .path(FilePath(program.executable)) : .name(program.executable),
      arguments: Arguments(program.arguments),
      // The bytes have to end with a zero, or what follows in memory would be added.
      environment: .custom(environment.map { Array("\($0)=\($1)\0".utf8) }),
      workingDirectory: FilePath(program.directory ?? TestRun.directory),
      platformOptions: options)
  }
}

extension RunningProgram {
  /// How the program ended; nil while it runs.
  public var status: ProgramStatus? {
    finalStatus.withLock { final in
      final.isFinal ? final.status : ProgramStatus(ofChild: processIdentifier)
    }
  }

  /// Every live process that the program is or has started, daemons included.
  public var processes: [pid_t] { mark?.processes ?? [] }

  /// Sends a signal to the program itself.
  public func send(signal: Int32) {
    finalStatus.withLock { final in
      if !final.isFinal { _ = kill(processIdentifier, signal) }
    }
  }

  /// Sends a signal to the program and to everything it has started.
  public func sendToAll(signal: Int32) {
    for pid in processes { kill(pid, signal) }
  }

  /// Kills the program and everything it has started, and waits until they are gone.
  ///
  /// Doing so twice is no error.
  public func end() async {
    closeInput()
    send(signal: SIGKILL)
    finalStatus.withLock { final in
      if !final.isFinal { _ = kill(-processIdentifier, SIGKILL) }
    }
    await mark?.killAll()
    // Every writer is dead: what they wrote is read to its end, unless a process hid its mark.
    _ = await Task.detached { [self] in
      try await Deadline(in: .seconds(5)).poll(every: .milliseconds(2)) { isComplete }
    }.result
    finalStatus.withLock { final in
      if !final.isFinal { final = (ProgramStatus(ofChild: processIdentifier), true) }
    }
    release.finish()
    _ = await reaping.result
  }
}

/// Whether a process runs the program of this name.
public func isProcess(_ identifier: pid_t, _ name: some StringProtocol) -> Bool {
  let file = "/proc/\(identifier)/comm"
  return (try? String(contentsOfFile: file, encoding: .utf8)) == name + "\n"
}
