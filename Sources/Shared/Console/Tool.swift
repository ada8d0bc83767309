import ArgumentParser
import Glibc

/// One of the executables: options as typed, checked, run, and an exit status.
public protocol Tool: ParsableCommand {
  var verbosity: Verbosity { get }

  /// Does the work; returns at the end of the input or when asked to stop.
  ///
  /// - Throws: ``Failure``, which is said and gives the exit status.
  func run(_ messages: Messages) throws
}

/// The version of all the tools.
public let toolsVersion = "0.1.0"

extension Tool {
  /// The whole life of a process.
  public static func start() -> Never {
    let name = configuration.commandName ?? "p1"
    do {
      var command = try parseAsRoot()
      guard let tool = command as? Self else {
        try command.run()
        Glibc.exit(ExitCode.success.rawValue)
      }
      let messages = tool.verbosity.messages(of: name)
      let status = tool.status(messages)
      messages.flush()
      Glibc.exit(status.rawValue)
    } catch  where exitCode(for: error).isSuccess {
      // `--help` and `--version`.
      print(fullMessage(for: error))
      Glibc.exit(ExitCode.success.rawValue)
    } catch {
      let reason = message(for: error).split(separator: "\n").joined(separator: "; ")
      Messages(tool: name).say(.error, nil, "\(reason) (\(name) --help tells more)")
      Glibc.exit(ExitCode.usage.rawValue)
    }
  }

  /// Never called: ``start()`` runs a tool.
  public func run() throws {}

  private func status(_ messages: Messages) -> ExitCode {
    do {
      try run(messages)
      return .success
    } catch is ReaderGone {
      return .success
    } catch let failure as Failure {
      messages.say(failure)
      return failure.exitCode
    } catch {
      messages.say(.error, nil, "\(error)")
      return .ioError
    }
  }
}
