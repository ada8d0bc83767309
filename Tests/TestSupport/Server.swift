import Foundation

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
