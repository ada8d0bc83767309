import ArgumentParser
import CommandLine
import Glibc
import Records
import SystemPackage
import Telegrams

@main
struct P1Cat: UnplannedTool {
  static let configuration = CommandConfiguration(
    commandName: "p1cat",
    abstract: "Read telegrams from a smart meter's P1 port.",
    usage: "p1cat [<options>] [<source>]",
    discussion: """
      The telegrams of the source go to standard output, whole and unchanged; \
      noise, halves and those with a wrong checksum are dropped and reported. \
      The settings of the serial line can also stand in the environment: see p1cat(1).
      """,
    version: toolsVersion)

  @Argument(
    help: ArgumentHelp(
      "A serial line, a file, tcp://host:port, - for standard input, or sim: for a simulated "
        + "meter: sim:seed=1,start=2026-01-01T00:00:00Z,step=1,count=60,rate=max (default: $SER_PORT or -)",
      valueName: "source"))
  var source: String?

  @Option(name: .short, help: ArgumentHelp("End after so many telegrams.", valueName: "count"))
  var number: Int?

  @Option(
    name: .short,
    help: ArgumentHelp("Give up when no telegram came for so long.", valueName: "seconds"))
  var timeout: Int?

  @Flag(help: "End when the line or connection has gone, instead of waiting for it.")
  var once = false

  @Flag(help: "Write the time of receipt before each telegram.")
  var stamp = false

  @Flag(help: "Take telegrams with a wrong checksum too, and those without an end.")
  var noCheck = false

  @Flag(
    help:
      "Exit with status 65 if a file holds no telegram, or one that is dropped (default: $P1_STRICT)."
  )
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Keep so much of what nobody reads yet; beyond it the oldest goes.", valueName: "MiB"))
  var buffer = 16

  @Option(
    help: ArgumentHelp(
      "Keep each telegram in a file of its day in this folder, too (default: $P1_CAPTURE).",
      valueName: "directory"))
  var capture: String?

  @OptionGroup var stats: StatsOption
  @OptionGroup var line: SerialLineOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func validate() throws {
    if let number, !(1...1_000_000_000).contains(number) {
      throw ValidationError("-n takes a number from 1 to 1000000000")
    }
    if let timeout, !(1...86_400).contains(timeout) {
      throw ValidationError("-t takes a number of seconds from 1 to 86400")
    }
    guard (1...4096).contains(buffer) else {
      throw ValidationError("--buffer takes a number of MiB from 1 to 4096")
    }
  }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let reload = try NoticeSignal(.reload)
    let stop = try StopSignal()
    var reader = try reader(messages, at: request, or: reload, until: stop)
    try reader.copyTelegrams()
  }

  private func reader(
    _ messages: Messages, at request: NoticeSignal, or reload: NoticeSignal,
    until stop: StopSignal
  ) throws -> TelegramReader {
    let given = Environment().overridden { setting in
      switch setting {
      case .strict: .init("--strict", strict ? "yes" : nil)
      case .capture: .init("--capture", capture)
      default: line.option(for: setting)
      }
    }
    let isStrict = try given.flag(.strict) ?? false
    let settings = try SerialLineSettings(given)
    let source = try openSource(given, settings, messages)
    let files = try captureFiles(given, of: source, messages)
    let writer = TelegramWriter(
      addsStamps: stamp, limit: number, queueing: source.isLive ? buffer << 20 : nil,
      capture: files, messages: messages)
    let statusReport = StatusReport<SourceFault>(
      of: source.name, "reading", at: request, every: stats.every, messages: messages)
    let framer = Framer(
      checksums: noCheck ? .ignored : .verified,
      hasSevenBits: source.isLive && settings.dataBits == 7)
    return TelegramReader(
      source, to: writer, with: framer, statusReport: statusReport, messages: messages, stop: stop,
      reload: reload, telegramTimeout: timeout.map { .seconds($0) }, isStrict: isStrict)
  }

  /// The files of `--capture`. A regular file as the source is not captured again: if it is the capture
  /// file of today, reading it would never end.
  private func captureFiles(
    _ given: Environment, of source: any Source, _ messages: Messages
  ) throws -> CaptureFiles? {
    guard let directory = given.string(.capture) else { return nil }
    guard !directory.isEmpty else { throw given.refused(.capture, "must not be empty") }
    if let file = source as? FileSource, file.isRegular {
      guard given.isOption(.capture) else { return nil }
      throw given.refused(.capture, "cannot be used with a file as the source")
    }
    return try CaptureFiles(in: directory, messages: messages)
  }

  private func openSource(
    _ given: Environment, _ settings: SerialLineSettings, _ messages: Messages
  ) throws -> any Source {
    let name = source ?? given.string(.serialPort) ?? "-"
    let idleTimeout = try given.seconds(.serialTimeout, in: 1...86_400) ?? .seconds(20)
    do {
      return try openSource(named: name, settings, idleTimeout: idleTimeout, messages)
    } catch let failure as Failure where failure.exitStatus == .usage && source == nil {
      throw given.refused(.serialPort, "\"\(name)\": \(failure.reason)")
    }
  }

  private func openSource(
    named name: String, _ settings: SerialLineSettings, idleTimeout: Duration, _ messages: Messages
  ) throws -> any Source {
    guard !name.isEmpty else { throw Failure("source", "must not be empty", .usage) }
    if name == "-" { return FileSource("standard input", .standardInput) }
    if let simulation = try SimulationOptions(name) { return SimulatedSource(name, simulation) }
    let connection: any MeterConnection
    if let server = try ServerAddress(name) {
      connection = TCPConnection(to: server)
    } else {
      let descriptor = try FileDescriptor.open(source: name)
      guard isatty(descriptor.rawValue) == 1 else { return FileSource(name, descriptor) }
      connection = SerialLine(name, descriptor, settings, messages: messages)
    }
    // Reading a meter must not wait for a reader of the messages.
    messages.stopWaiting()
    return try ReconnectingSource(
      connection, idleTimeout: idleTimeout, endsWhenLost: once, messages: messages)
  }
}
