import Foundation
import Synchronization

/// A server on a free port of 127.0.0.1, with its own directory.
public protocol Server: Sendable {
  var process: ServerProcess { get }
}

extension Server {
  /// Starts the server again, on the same ports and data, and returns when it answers.
  public func start() async throws { try await process.start() }

  /// Ends the server by SIGTERM; its data stay.
  public func stop() async throws { try await process.stop() }

  /// Ends the server by SIGKILL; its data stay.
  public func kill() async { await process.kill() }

  /// Stops all processes of the server; its connections stay open.
  public func pause() { process.send(signal: SIGSTOP) }

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

  /// Starts a server in a new directory; tries again if another process has taken its ports.
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
  fileprivate var isAddressInUse: Bool {
    let log = (output + errorText).lowercased()
    return ["address already in use", "eaddrinuse", "dist_port_already_used"].contains {
      log.contains($0)
    }
  }
}

/// The process and the directory of a server.
public final class ServerProcess: Sendable {
  /// The configuration and data.
  public let directory: TemporaryDirectory
  private let program: Program
  private let limit: Duration
  private let answers: @Sendable () async throws -> Bool
  private let running = Mutex<RunningProgram?>(nil)

  /// - Parameters:
  ///   - program: must stay in the foreground.
  ///   - limit: the time until it answers.
  ///   - answers: whether it answers now.
  init(
    _ program: Program, in directory: TemporaryDirectory, within limit: Duration = .seconds(30),
    answers: @escaping @Sendable () async throws -> Bool
  ) {
    self.program = program
    self.directory = directory
    self.limit = limit
    self.answers = answers
  }

  public var processes: [pid_t] { running.withLock { $0 }?.processes ?? [] }

  /// The output since the last start.
  public var log: String { running.withLock { $0 }.map { $0.text + $0.errorText } ?? "" }

  /// Starts the server unless it runs, and returns when it answers.
  /// - Throws: `ProgramFailure` if it does not answer; it has then been killed.
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

  /// - Throws: `ProgramFailure` if it does not end in time; it has then been killed.
  func stop() async throws {
    guard let program = running.withLock({ $0 }) else { return }
    program.sendToAll(signal: SIGCONT)
    program.send(signal: SIGTERM)
    let ended = try await Deadline(in: .seconds(30)).poll { program.status != nil }
    if !ended { throw await program.fail("not stopped by SIGTERM") }
    await program.end()
  }

  func kill() async {
    await running.withLock { $0 }?.end()
  }

  func send(signal: Int32) {
    running.withLock { $0 }?.sendToAll(signal: signal)
  }
}

public struct Login: Sendable, Equatable {
  public let user: String
  public let password: String

  public init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// The default login of servers.
  public static let standard = Login(user: "meter", password: "correct horse: battery")
}
