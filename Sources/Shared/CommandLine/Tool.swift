import ArgumentParser
import Glibc
import SystemPackage

/// One of the executables: options as typed, checked, run, and an exit status.
public protocol UnplannedTool: ParsableCommand {
  var verbosity: Verbosity { get }

  /// Does the work; returns at the end of the input or when asked to stop.
  ///
  /// - Throws: ``Failure``, which is said and gives the exit status.
  func run(_ messages: Messages) throws
}

/// The version of all the tools.
public let toolsVersion = "0.1.0"

extension UnplannedTool {
  /// The whole life of a process.
  public static func start() -> Never {
    let name = configuration.commandName ?? "p1"
    openStandardDescriptors()
    do {
      var command = try parseAsRoot()
      guard let tool = command as? Self else {
        try command.run()
        Glibc.exit(ExitStatus.success.rawValue)
      }
      live(name, tool.verbosity.messages(of: name), tool.run)
    } catch  where exitCode(for: error).isSuccess {
      // `--help` and `--version`.
      let text = [UInt8]("\(fullMessage(for: error))\n".utf8)
      live(name, Messages(tool: name)) { _ in
        try FileDescriptor.standardOutput.write(all: text.span)
      }
    } catch {
      let reason = message(for: error).split(separator: "\n").joined(separator: "; ")
      Messages(tool: name).say(.error, nil, "\(reason) (\(name) --help tells more)")
      Glibc.exit(ExitStatus.usage.rawValue)
    }
  }

  /// Never called: ``start()`` runs a tool.
  public func run() throws {}

  fileprivate static func live(
    _ name: String, _ messages: Messages, _ run: (Messages) throws -> Void
  ) -> Never {
    // A tool that has something to read again asks for this signal once more.
    _ = try? NoticeSignal(.reload)
    messages.sayMisspeltSettings(of: name)
    let status = status(messages, run)
    messages.flush()
    Glibc.exit(status.rawValue)
  }

  private static func status(
    _ messages: Messages, _ run: (Messages) throws -> Void
  ) -> ExitStatus {
    do {
      try run(messages)
      return .success
    } catch is ReaderGone {
      return .success
    } catch let failure as Failure {
      // Why it ends is said last.
      messages.flush()
      messages.say(failure)
      return failure.exitStatus
    } catch {
      messages.flush()
      messages.say(.error, nil, "\(error)")
      return .ioError
    }
  }
}
