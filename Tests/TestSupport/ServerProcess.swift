import Foundation
import Synchronization

/// The process of a server, its directory, and how to tell that it answers.
public final class ServerProcess: Sendable {
  /// Holds the server's configuration and data.
  public let directory: TemporaryDirectory
  private let program: Program
  private let limit: Duration
  private let answers: @Sendable () async throws -> Bool
  private let running = Mutex<RunningProgram?>(nil)

  /// Describes a server; nothing is started yet.
  /// - Parameters:
  ///   - program: what to start; it must stay in the foreground.
  ///   - directory: is removed when the scope of the server ends.
  ///   - limit: how long it may take to answer.
  ///   - answers: whether it does.
  init(
    _ program: Program, in directory: TemporaryDirectory, within limit: Duration = .seconds(30),
    answers: @escaping @Sendable () async throws -> Bool
  ) {
    self.program = program
    self.directory = directory
    self.limit = limit
    self.answers = answers
  }

  /// Every live process of the server.
  public var processes: [pid_t] { running.withLock { $0 }?.processes ?? [] }

  /// What the server has logged since its last start.
  public var log: String { running.withLock { $0 }.map { $0.text + $0.errorText } ?? "" }

  /// Starts the server and returns when it answers; if it runs already, it is left alone.
  /// - Throws: `ProgramFailure` if it does not answer, or ends; nothing of it is left then.
  func start() async throws {
    if let old = running.withLock({ $0 }) {
      if old.status == nil { return }
      await old.end()
    }
    let program = try await RunningProgram.start(program)
    running.withLock { $0 = program }
    do {
      let isDone = try await Deadline(in: limit).poll(every: .milliseconds(50)) {
        if try await answers() { return true }
        return program.status != nil
      }
      guard isDone, program.status == nil else {
        throw await program.fail("no answer within \(limit), or before it ended")
      }
    } catch {
      await program.end()
      throw error
    }
  }

  /// Asks the server to end and waits until nothing of it is left.
  /// - Throws: `ProgramFailure` if it does not end in time; it has then been killed.
  func stop() async throws {
    guard let program = running.withLock({ $0 }) else { return }
    program.sendToAll(signal: SIGCONT)
    program.send(signal: SIGTERM)
    let ended = try await Deadline(in: .seconds(30)).poll { program.status != nil }
    if !ended { throw await program.fail("not stopped by SIGTERM") }
    await program.end()
  }

  /// Kills the server and waits until nothing of it is left.
  func kill() async {
    await running.withLock { $0 }?.end()
  }

  /// Sends a signal to all processes of the server.
  func send(signal: Int32) {
    running.withLock { $0 }?.sendToAll(signal: signal)
  }
}
