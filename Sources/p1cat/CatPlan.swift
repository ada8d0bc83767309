import CommandLine
import Glibc
import SystemPackage
import Telegrams

/// What p1cat does, with all settings checked.
struct CatPlan: ConnectingPlan {
  private enum SourceKind {
    case standardInput
    case simulation(SimulationOptions)
    case server(ServerAddress)
    /// A serial line, a file or a named pipe.
    case path
  }

  let subject: String
  private let sourceKind: SourceKind
  private let settings: Settings
  private let line: SerialLineSettings
  private let idleTimeout: Duration
  private let exitsWhenLost: Bool
  private let telegramTimeout: Duration?
  private let limit: Int?
  private let addsStamps: Bool
  private let bufferSize: Int
  private let captureDirectory: String?
  private let checksums: Framer.Checksums
  private let isStrict: Bool
  private let statisticsPeriod: Duration?

  /// - Parameter source: the argument of the command line.
  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ source: String?, _ settings: Settings) throws {
    let (input, output, damage) = (SourceGroup(), OutputGroup(), DamageGroup())
    self.settings = settings
    subject = try source ?? settings[input.port] ?? "-"
    do {
      sourceKind = try CatPlan.kind(of: subject)
    } catch let failure as Failure where source == nil {
      let name = subject.contains("@") ? "" : "\"\(subject)\": "
      throw settings.failure(input.port, "\(name)\(failure.reason)")
    }
    line = try SerialLineSettings(settings)
    idleTimeout = try settings[input.idleTimeout]
    exitsWhenLost = try settings[input.once]
    telegramTimeout = try settings[input.telegramTimeout]
    limit = try settings[input.count]
    addsStamps = try settings[output.stamp]
    bufferSize = try settings[output.buffer] << 20
    captureDirectory = try settings[output.capture]
    checksums = try settings[damage.noCheck] ? .ignored : .verified
    isStrict = try settings[damage.strict]
    statisticsPeriod = try settings[MonitoringGroup().stats]
  }

  private static func kind(of source: String) throws -> SourceKind {
    guard !source.isEmpty else { throw Failure("source", "must not be empty", .usage) }
    if source == "-" { return .standardInput }
    if let simulation = try SimulationOptions(source) { return .simulation(simulation) }
    return try ServerAddress(source).map { .server($0) } ?? .path
  }

  func checkFiles(_ messages: Messages) throws {
    if let captureDirectory { _ = try captureFiles(in: captureDirectory, messages) }
  }

  func connect(_ messages: Messages) throws -> String {
    switch sourceKind {
    case .standardInput: return "standard input is not tested"
    case .simulation: return "the simulated meter needs no connection"
    case .server, .path: break
    }
    let source = try openSource(messages, endsWhenLost: true)
    guard source.isLive else { return "the file can be read" }
    return try TelegramCheck.run(
      source, within: telegramTimeout ?? TelegramCheck.timeout, messages
    ) { newFramer(of: source) }
  }

  func run(_ messages: Messages) throws {
    let report = try NoticeSignal(.report)
    let reload = try NoticeSignal(.reload)
    let stop = try StopSignal()
    let source = try openSource(messages, endsWhenLost: exitsWhenLost)
    let writer = TelegramWriter(
      addsStamps: addsStamps, limit: limit, queueing: source.isLive ? bufferSize : nil,
      capture: try captureFiles(of: source, messages), messages: messages)
    let statusReport = StatusReport(
      of: source.name, "reading", startup: "waiting for a telegram from", at: report,
      every: statisticsPeriod, messages: messages)
    var reader = TelegramReader(
      source, to: writer, with: newFramer(of: source), statusReport: statusReport,
      messages: messages, stop: stop,
      reload: reload, telegramTimeout: telegramTimeout, isStrict: isStrict)
    try reader.copyTelegrams()
  }

  private func newFramer(of source: any Source) -> Framer {
    Framer(checksums: checksums, hasSevenBits: source.isLive && line.dataBits == 7)
  }

  private func openSource(_ messages: Messages, endsWhenLost: Bool) throws -> any Source {
    let connection: any MeterConnection
    switch sourceKind {
    case .standardInput: return FileSource("standard input", .standardInput)
    case .simulation(let options): return SimulatedSource(subject, options)
    case .server(let server): connection = TCPConnection(to: server)
    case .path:
      let descriptor: FileDescriptor
      do {
        descriptor = try FileDescriptor.open(source: subject)
      } catch let failure as Failure {
        // A service also waits for a line that it may not open, or that another process reads.
        let waits = ServiceManager.isPresent && SerialDevices.isCharacterDevice(subject)
        guard !endsWhenLost, waits || SerialDevices.isAbsent(subject) else { throw failure }
        connection = SerialLine(subject, nil, line, messages: messages)
        break
      }
      guard isatty(descriptor.rawValue) == 1 else { return FileSource(subject, descriptor) }
      connection = SerialLine(subject, descriptor, line, messages: messages)
    }
    // Reading a meter must not wait for a reader of the messages.
    messages.stopWaiting()
    return try ReconnectingSource(
      connection, idleTimeout: idleTimeout, endsWhenLost: endsWhenLost, messages: messages)
  }

  /// The files of `--capture`. A regular file as the source is not captured again: if it is the capture
  /// file of today, reading it would never end.
  private func captureFiles(of source: any Source, _ messages: Messages) throws -> CaptureFiles? {
    guard let captureDirectory else { return nil }
    let capture = OutputGroup().capture
    if let file = source as? FileSource, file.isRegular {
      guard settings.isOption(capture) else { return nil }
      throw settings.failure(capture, "cannot be used with a file as the source")
    }
    return try captureFiles(in: captureDirectory, messages)
  }

  private func captureFiles(in directory: String, _ messages: Messages) throws -> CaptureFiles {
    do {
      return try CaptureFiles(in: directory, messages: messages)
    } catch let failure as Failure where ServiceManager.isPresent {
      return CaptureFiles(failing: failure, in: directory, messages: messages)
    }
  }
}
