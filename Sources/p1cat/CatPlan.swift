import CommandLine
import DLMS
import Encryption
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

  /// The source, without the key of a simulated meter.
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
  private let rawPath: String?
  private let listenAddress: SocketAddress?
  private let keys: MeterKeys?
  private let decryptionPolicy: DecryptionPolicy
  private let lists: ListDefinitions
  private let printsLists: Bool
  private let checksums: Framer.Checksums
  private let isStrict: Bool
  private let monitoring: MonitoringSettings

  /// - Parameter source: the argument of the command line.
  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ source: String?, _ settings: Settings) throws {
    let (input, output, damage) = (SourceGroup(), OutputGroup(), DamageGroup())
    self.settings = settings
    let port = try source ?? settings[input.port] ?? "-"
    subject = SimulationOptions.withoutKey(port)
    do {
      sourceKind = try CatPlan.kind(of: port)
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
    rawPath = try settings[output.raw]
    listenAddress = try settings[output.listen].flatMap {
      // 0 is a wrong port.
      ValueForm.truth($0) == false && UInt16($0) == nil
        ? nil : try SocketAddress(listeningBy: output.listen, $0, settings)
    }
    checksums = try settings[damage.noCheck] ? .ignored : .verified
    keys = try MeterKeys(settings)
    let encryption = EncryptionGroup()
    decryptionPolicy = DecryptionPolicy(
      requiresTag: try settings[encryption.strictTag],
      rejectsReplays: try settings[encryption.rejectReplay], acceptsDamage: checksums == .ignored)
    printsLists = try settings[DLMSGroup().printsBuiltIn]
    lists = printsLists ? ListDefinitions() : try ListDefinitions(settings)
    isStrict = try settings[damage.strict]
    monitoring = try MonitoringSettings(settings, of: "p1cat")
  }

  private static func kind(of source: String) throws -> SourceKind {
    guard !source.isEmpty else { throw Failure("source", "must not be empty", .usage) }
    if source == "-" { return .standardInput }
    if let simulation = try SimulationOptions(source) { return .simulation(simulation) }
    return try ServerAddress(source).map { .server($0) } ?? .path
  }

  func checkFiles(_ messages: Messages) throws {
    if let captureDirectory { _ = try captureFiles(in: captureDirectory, messages) }
    if let rawPath { try checkDirectory(ofRawFile: rawPath, messages) }
  }

  /// Makes no file, as a check must not change anything.
  private func checkDirectory(ofRawFile path: String, _ messages: Messages) throws {
    let directory = FilePath(path).removingLastComponent()
    do {
      try FileDescriptor.check(recordingIn: directory.isEmpty ? "." : directory.string)
    } catch let failure as Failure where ServiceManager.isPresent {
      _ = RawFile(failing: failure, at: path, messages: messages)
    }
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
    ) { newFinder(of: source) }
  }

  func run(_ messages: Messages) throws {
    if printsLists {
      return try FileDescriptor.standardOutput.write(
        all: ListDefinitions.builtInText.utf8Bytes.span)
    }
    let report = try NoticeSignal(.report)
    let reload = try NoticeSignal(.reload)
    let stop = try StopSignal()
    let source = try openSource(messages, endsWhenLost: exitsWhenLost)
    let writer = TelegramWriter(
      addsStamps: addsStamps, limit: limit, queueing: source.isLive ? bufferSize : nil,
      capture: try captureFiles(of: source, messages), server: try server(for: source, messages),
      messages: messages)
    let statusReport = StatusReport(
      of: source.name, "reading", startup: "waiting for a telegram from", at: report,
      monitoring, messages: messages)
    var reader = TelegramReader(
      source, to: writer,
      through: newFinder(of: source, raw: try rawFile(of: source, messages)),
      statusReport: statusReport, messages: messages, stop: stop, reload: reload,
      telegramTimeout: telegramTimeout, isStrict: isStrict)
    try reader.copyTelegrams()
  }

  private func newFinder(of source: any Source, raw: RawFile? = nil) -> TelegramFinder {
    TelegramFinder(
      Framer(checksums: checksums, hasSevenBits: source.isLive && line.dataBits == 7),
      PushTranslator(ListConverter(lists, isLive: source.isLive)),
      keys.map { Decryptor($0, decryptionPolicy) }, raw: raw)
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
        connection = SerialLine(subject, nil, line, isEncrypted: keys != nil, messages: messages)
        break
      }
      guard isatty(descriptor.rawValue) == 1 else { return FileSource(subject, descriptor) }
      connection = SerialLine(
        subject, descriptor, line, isEncrypted: keys != nil, messages: messages)
    }
    // Reading a meter must not wait for a reader of the messages.
    messages.stopWaiting()
    return try ReconnectingSource(
      connection, idleTimeout: idleTimeout, endsWhenLost: endsWhenLost, hasKeys: keys != nil,
      messages: messages)
  }

  private func captureFiles(of source: any Source, _ messages: Messages) throws -> CaptureFiles? {
    guard let captureDirectory, try applies(OutputGroup().capture, to: source, messages) else {
      return nil
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

  private func rawFile(of source: any Source, _ messages: Messages) throws -> RawFile? {
    guard let rawPath, try applies(OutputGroup().raw, to: source, messages) else { return nil }
    do {
      return try RawFile(rawPath, messages: messages)
    } catch let failure as Failure where ServiceManager.isPresent {
      return RawFile(failing: failure, at: rawPath, messages: messages)
    }
  }

  private func server(for source: any Source, _ messages: Messages) throws -> TelegramServer? {
    guard let listenAddress, try applies(OutputGroup().listen, to: source, messages) else {
      return nil
    }
    // p1.conf may be that of a service that listens already.
    let isRequired = settings.isOption(OutputGroup().listen) && !ServiceManager.isPresent
    return try TelegramServer(at: listenAddress, isRequired: isRequired, messages)
  }

  /// Whether a setting that sends telegrams elsewhere applies to a source. What was recorded today may also come
  /// through a pipe, and reading it would never end: so p1.conf does not apply to a pipe.
  private func applies(
    _ setting: Setting<String?>, to source: any Source, _ messages: Messages
  ) throws -> Bool {
    guard let file = source as? FileSource else { return true }
    switch (settings.isOption(setting), file.isRegular) {
    case (true, true):
      throw settings.failure(
        setting,
        "cannot be used with a file as the source; use a serial line, a server or a pipe")
    case (true, false): return true
    case (false, true): return false
    case (false, false):
      messages.say(
        .notice, source.name,
        "\(setting.name ?? "") does not apply to a pipe; use \(setting.optionText ?? "")")
      return false
    }
  }
}
