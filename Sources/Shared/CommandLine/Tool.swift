import ArgumentParser
import Glibc
import Records
import SystemPackage

/// The version of all the tools. debian/changelog and, at a release, CHANGELOG.md have it, too.
public let toolsVersion = "1.0.0"

/// One of the executables: options as typed, settings checked, then run, and an exit status.
public protocol Tool: ParsableCommand {
  associatedtype Plan: ToolPlan

  /// The options, in the order of declaration. Reflection would find them, too, but search all types of the program.
  var optionGroups: [any AnyGroupOptions] { get }
  /// The options that most people need, in the order of `--help`.
  var commonOptions: [any AnySetting] { get }

  /// Reads all settings and rejects what cannot be used, without touching a device, a server or the input.
  ///
  /// - Throws: ``Failure``.
  func plan(_ settings: Settings) throws -> Plan
}

/// The work of a tool, as its settings define it.
public protocol ToolPlan {
  /// The source or the server, as messages call it.
  var subject: String { get }
  /// Why p1run need not start the tool; nil if it has work to do.
  var offReason: String? { get }

  /// Checks the files that the settings name, for `--check`.
  ///
  /// - Throws: ``Failure`` for one that cannot be used.
  func checkFiles(_ messages: Messages) throws

  /// Does the work; returns at the end of the input or when asked to stop.
  ///
  /// - Throws: ``Failure``, which is logged and gives the exit status.
  consuming func run(_ messages: Messages) throws
}

/// The work of a tool that reads a meter or connects to a server.
public protocol ConnectingPlan: ToolPlan {
  /// Receives a telegram or logs in to the server, for `--check --connect`.
  ///
  /// - Returns: what was found, for people.
  /// - Throws: ``Failure`` for what is in the way.
  func connect(_ messages: Messages) throws -> String
}

extension ToolPlan {
  public var offReason: String? { nil }
  public func checkFiles(_ messages: Messages) {}
}

extension Tool {
  /// The whole life of a process.
  public static func start() -> Never {
    let name = configuration.commandName ?? "p1"
    openStandardDescriptors()
    // These signals never end a tool. A tool that acts on them requests them again.
    _ = try? NoticeSignal(.reload)
    _ = try? NoticeSignal(.report)
    // Swift reads the arguments from /proc, and would find none.
    guard !Swift.CommandLine.arguments.isEmpty else {
      Messages(tool: name).say(
        .error, "/proc", "it is not mounted, so the arguments cannot be read; mount it")
      Glibc.exit(ExitStatus.unavailable.rawValue)
    }
    do {
      var command = try parseAsRoot()
      guard let tool = command as? Self else {
        try command.run()
        Glibc.exit(ExitStatus.success.rawValue)
      }
      tool.live(name)
    } catch  where exitCode(for: error).isSuccess {
      // `--help`, `--version` and `--generate-completion-script`.
      let message = fullMessage(for: error)
      let text = [UInt8]("\(message == helpMessage() ? help : message)\n".utf8)
      run(name, Messages(tool: name)) { _ in
        try FileDescriptor.standardOutput.write(all: text.span)
        return .success
      }
    } catch {
      let reason = message(for: error).split(separator: "\n").joined(separator: "; ")
      Messages(tool: name).say(.error, nil, "\(reason); see \(name) --help")
      Glibc.exit(ExitStatus.usage.rawValue)
    }
  }

  /// The text of `--help`. The groups are properties of an instance; parsing no arguments makes one.
  private static var help: String {
    guard let tool = try? parse([]) else { return helpMessage() }
    return HelpText(
      name: configuration.commandName ?? "p1", abstract: configuration.abstract,
      usage: configuration.usage ?? "", commonOptions: tool.commonOptions,
      groups: tool.optionGroups.map(\.group), examples: configuration.discussion
    ).text
  }

  /// Never called: ``start()`` runs a tool.
  public func run() throws {}

  private func live(_ name: String) -> Never {
    let groups = optionGroups
    let options = groups.reduce(into: [:]) { $0.merge($1.typed) { first, _ in first } }
    let general = GeneralSettings()
    let isQuiet = options[general.quiet.key] != nil
    let isVerbose = options[general.verbose.key] != nil
    let messages = Messages(tool: name, highest: isQuiet ? .error : isVerbose ? .info : .notice)
    Self.run(name, messages) { messages in
      let path = options[general.config.key]?.value
      // With this option a sink keeps its records, which a wrong setting must not prevent.
      if options[BufferingGroup<MQTTSink>().spoolOnly.key] != nil {
        let file = messages.warn { try ConfigurationFile.find(path) } ?? nil
        try plan(Settings(options: options, file: file, ignoresWrongValues: true)).run(messages)
        return .success
      }
      let settings = Settings(options: options, file: try .find(path))
      try settings.checkNames(of: name)
      let plan = try plan(settings)
      // The other settings of a disabled sink do not matter.
      if plan.offReason == nil { try settings.checkValues(groups.map(\.group)) }
      messages.sayMisspeltSettings(of: name)
      messages.sayReadableSecrets(settings, of: groups.map(\.group))
      let connect = MonitoringGroup().connect
      guard try settings[general.check] else {
        guard try !settings[connect] else {
          throw settings.failure(connect, "it needs \(general.check.text)")
        }
        try plan.run(messages)
        return .success
      }
      try plan.checkFiles(messages)
      let text =
        "\(name): \(plan.offReason.map { "off: \($0)" } ?? plan.subject)\n"
        + settings.listing(groups.map(\.group))
      try FileDescriptor.standardOutput.write(all: text.utf8Bytes.span)
      guard plan.offReason == nil else { return .disabled }
      guard try settings[connect], let plan = plan as? any ConnectingPlan else { return .success }
      let finding = "\(name): \(plan.subject): \(try plan.connect(messages))\n"
      try FileDescriptor.standardOutput.write(all: finding.utf8Bytes.span)
      return .success
    }
  }

  private static func run(
    _ name: String, _ messages: Messages, _ body: (Messages) throws -> ExitStatus
  ) -> Never {
    let status: ExitStatus
    do {
      status = try body(messages)
    } catch is ReaderGone {
      status = .success
    } catch {
      let failure = error as? Failure ?? Failure(nil, "\(error)", .ioError)
      // The reason for the exit is the last message.
      messages.flush()
      messages.say(failure)
      StatusReport.tell(failure, of: name)
      status = failure.exitStatus
    }
    messages.flush()
    Glibc.exit(status.rawValue)
  }
}

/// The options of a group of settings.
public protocol AnyGroupOptions {
  var group: any SettingGroup { get }
  var typed: [String: TypedOption] { get }
}

extension GroupOptions: AnyGroupOptions {
  public var group: any SettingGroup { Group() }
}
