import Foundation
import Synchronization

/// A server that runs on a free port of 127.0.0.1, with a directory of its own.
public protocol Server: Sendable {
  /// The process behind the server.
  var process: ServerProcess { get }
}

extension Server {
  /// Starts the server again, on the same ports and data, and returns when it answers.
  public func start() async throws { try await process.start() }

  /// Ends the server by SIGTERM; nothing of it is left but its data.
  public func stop() async throws { try await process.stop() }

  /// Ends the server by SIGKILL; nothing of it is left but its data.
  public func kill() async { await process.kill() }

  /// Makes the server stand still: it accepts no bytes, and closes nothing.
  public func pause() { process.send(signal: SIGSTOP) }

  /// Lets the server go on.
  public func resume() { process.send(signal: SIGCONT) }

  /// Calls `body`, at whose end the server is killed and its directory removed.
  func whileRunning<Result>(_ body: (Self) async throws -> Result) async throws -> Result {
    defer { process.directory.remove() }
    do {
      let result = try await body(self)
      await kill()
      return result
    } catch {
      await kill()
      throw error
    }
  }

  /// Makes a server in a new directory, and starts it; once more if its ports were taken meanwhile.
  static func launch(
    _ make: (TemporaryDirectory) async throws -> Self
  ) async throws -> Self {
    for attempt in 1...3 {
      let directory = try await TemporaryDirectory()
      do {
        let server = try await make(directory)
        try await server.start()
        return server
      } catch let failure as ProgramFailure where failure.isAddressInUse && attempt < 3 {
        directory.remove()
      } catch {
        directory.remove()
        throw error
      }
    }
    throw CancellationError()
  }
}

extension ProgramFailure {
  /// Whether the program complained that a port was taken.
  fileprivate var isAddressInUse: Bool {
    let log = (output + errorText).lowercased()
    return ["address already in use", "eaddrinuse", "dist_port_already_used"].contains {
      log.contains($0)
    }
  }
}

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

/// A user and a password.
public struct Login: Sendable, Equatable {
  public let user: String
  public let password: String

  public init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// The login of servers that were not given another one.
  public static let standard = Login(user: "meter", password: "correct horse: battery")
}
