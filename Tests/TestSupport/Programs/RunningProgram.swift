import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A program that runs while a test writes to it and reads its output.
///
/// It leads a session of its own, with no signal blocked or ignored. It is reaped in `end()`: until then
/// no other process can get its number and its signals.
public final class RunningProgram: Sendable {
  public let program: Program
  /// Also the number of its process group.
  public let processIdentifier: pid_t

  private let mark: ProcessMark?
  let input: Descriptor
  let standardOutput: ByteCollector
  let standardError: ByteCollector
  private let reaping: Task<Void, any Error>
  private let release: AsyncStream<Never>.Continuation
  private let finalStatus = Mutex<(status: ProgramStatus?, isFinal: Bool)>((nil, false))

  /// Starts a program; the caller must call `end()`.
  /// - Parameter input: an open file for its standard input; nil for a pipe.
  public static func start(_ program: Program, input: Int32? = nil) async throws -> RunningProgram {
    try await TestRun.begin()
    return try await RunningProgram(program, mark: .next(), input: input)
  }

  init(_ program: Program, mark: ProcessMark?, input descriptor: Int32?) async throws {
    // A write to a program that has closed its input must not kill the tests. Children get the default.
    signal(SIGPIPE, SIG_IGN)
    let configuration = try Self.configuration(program, mark: mark)
    let inputPipe = descriptor == nil ? try PipeEnds() : nil
    let outputPipe = try PipeEnds()
    let errorPipe = try PipeEnds()
    self.program = program
    self.mark = mark
    input = Descriptor(inputPipe?.writing)
    standardOutput = ByteCollector(reading: outputPipe.reading)
    standardError = ByteCollector(reading: errorPipe.reading)

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
    // Detached: if this task is cancelled, the program may still have started and must be ended.
    let pid = try await Task.detached { try await started.first { _ in true } }.value
    guard let pid else { throw CancellationError() }
    processIdentifier = pid
  }

  private static func configuration(
    _ program: Program, mark: ProcessMark?
  ) throws -> Configuration {
    var environment = program.fullEnvironment
    if let mark { environment[ProcessMark.variable] = mark.value }
    var options = PlatformOptions()
    options.createSession = true
    return Configuration(
      executable: .path(FilePath(try program.path)),
      arguments: Arguments(program.arguments),
      // Subprocess 1.0 passes the bytes on as a C string, so they must end with a zero.
      environment: .custom(environment.map { Array("\($0)=\($1)\0".utf8) }),
      workingDirectory: FilePath(program.directory ?? TestRun.directory),
      platformOptions: options)
  }
}

extension RunningProgram {
  /// nil while the program runs.
  public var status: ProgramStatus? {
    finalStatus.withLock { final in
      final.isFinal ? final.status : ProgramStatus(ofChild: processIdentifier)
    }
  }

  /// The program, if it is alive, and every live process that it has started, daemons too.
  public var processes: [pid_t] { mark?.processes ?? [] }

  /// Those of them that run the program of this name.
  public func processes(named name: some StringProtocol) -> [pid_t] {
    processes.filter { isProcess($0, name) }
  }

  public func send(signal: Int32) {
    finalStatus.withLock { final in
      if !final.isFinal { _ = kill(processIdentifier, signal) }
    }
  }

  public func sendToAll(signal: Int32) {
    for pid in processes { kill(pid, signal) }
  }

  /// Kills the program and everything it has started, and waits until they are gone. Doing so twice is no
  /// error.
  public func end() async {
    closeInput()
    send(signal: SIGKILL)
    finalStatus.withLock { final in
      if !final.isFinal { _ = kill(-processIdentifier, SIGKILL) }
    }
    await mark?.killAll()
    // Every writer is dead, so the output ends, unless a process has cleared its environment.
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
