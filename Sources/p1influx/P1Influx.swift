import ArgumentParser
import CommandLine
import Delivery
import Sinks

@main
struct P1Influx: UnplannedTool {
  static let configuration = CommandConfiguration(
    commandName: "p1influx",
    abstract: "Write records to InfluxDB, VictoriaMetrics and other databases.",
    discussion: """
      Records come on standard input, as p1parse writes them. The settings can also stand in the \
      environment, and passwords only there or in a file: see p1influx(1).
      """,
    version: toolsVersion)

  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Points") var points: PointOptions
  @OptionGroup(title: "Batches") var batches: BatchOptions
  @OptionGroup(title: "What waits") var waiting: OutboxOptions

  @Flag(help: "Print the points on standard output, and contact no server.")
  var dryRun = false

  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let environment = Environment().overridden(by: option(for:))
    guard try dryRun || environment.flag(.influxEnabled) ?? true else {
      return try sink.drain(messages)
    }
    let style = try points.style(environment)
    let lines = LineProtocol(style)
    let preprocessor = RecordPreprocessor(try sink.summary(environment, of: .influx))
    if dryRun {
      // The settings of the server may be wrong here, as no server is contacted.
      var dryRun = DryRun(lines, preprocessor)
      return try sink.read(messages) { try dryRun.run(&$0) }
    }
    let limits = try batches.limits(environment)
    let room = try waiting.limits(environment, of: .influx)
    let backpressure = Backpressure(
      linger: try sink.linger(environment, of: .influx),
      confirmationDelay: limits.confirmationDelay, pausesInput: waiting.hold)
    let client = try HTTPClient()
    let server = { (settings: InfluxSettings) in
      try InfluxServer(settings, style.precision, limits, by: client)
    }
    let firstServer = try server(InfluxSettings(environment))
    // Last, as any other setting may be wrong.
    let storage = try SinkStorage(environment, of: .influx, room, messages)
    messages.stopWaiting()
    let statusReport = StatusReport<String>(
      of: firstServer.name, "writing", at: request, every: sink.stats.every, messages: messages)
    let delivery = InfluxDelivery(
      to: firstServer, reloadServer: { try server(.again(environment)) }, lines, limits,
      outbox: storage.outbox, messages: messages)
    var run = try SinkRun(delivery, preprocessor, backpressure, storage, statusReport, messages)
    try sink.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }

  private func option(for setting: SettingName) -> Environment.Option? {
    server.option(for: setting) ?? points.option(for: setting) ?? batches.option(for: setting)
      ?? waiting.option(for: setting, of: .influx) ?? sink.option(for: setting, of: .influx)
  }
}
