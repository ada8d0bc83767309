import ArgumentParser
import CommandLine
import Delivery
import Sinks

@main
struct P1Influx: Tool {
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
    let intake = Intake(try sink.summary(environment, of: .influx))
    if dryRun {
      // Whatever the settings say of the server, which is none of its business.
      var dryRun = DryRun(lines, intake)
      return try sink.read(messages) { try dryRun.run(&$0) }
    }
    let limits = try batches.limits(environment)
    let room = try waiting.limits(environment, of: .influx)
    let flow = Flow(
      linger: try sink.linger(environment, of: .influx), settling: limits.settling,
      holds: waiting.hold)
    let reload = try NoticeSignal(.reload)
    let client = try HTTPClient()
    let server = { (settings: InfluxSettings) in
      try InfluxServer(settings, style.precision, limits, by: client)
    }
    let firstServer = try server(InfluxSettings(environment))
    // Last, as everything else may be mistyped.
    let outbox = try waiting.outbox(environment, of: .influx, room)
    messages.stopWaiting()
    let statusReport = StatusReport<String>(
      of: firstServer.name, "writing", at: request, every: sink.stats.every, messages: messages)
    var delivery = InfluxDelivery(
      to: firstServer, renewed: (reload, { try server(.again(environment)) }), lines, limits, flow,
      outbox: outbox, intake, statusReport, messages: messages)
    try sink.read(messages, isCareful: outbox.outbox.isLasting) { try delivery.run(&$0) }
  }

  private func option(for setting: Setting) -> Environment.Option? {
    server.option(for: setting) ?? points.option(for: setting) ?? batches.option(for: setting)
      ?? waiting.option(for: setting, of: .influx) ?? sink.option(for: setting, of: .influx)
  }
}
