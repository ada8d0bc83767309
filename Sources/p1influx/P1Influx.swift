import ArgumentParser
import Console
import Delivery

@main
struct P1Influx: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1influx",
    abstract: "Write records to InfluxDB.",
    discussion: """
      Records come on standard input, as p1parse writes them. The settings can also stand in the \
      environment, and passwords only there or in a file: see p1influx(1).
      """,
    version: toolsVersion)

  @Option(
    help: ArgumentHelp("The server (default: $INFLUXDB_HOST or localhost).", valueName: "name"))
  var host: String?

  @Option(help: ArgumentHelp("Its port (default: $INFLUXDB_PORT or 8086).", valueName: "number"))
  var port: String?

  @Option(
    name: .customLong("db"),
    help: ArgumentHelp("The database (default: $INFLUXDB_DB or dsmr).", valueName: "name"))
  var database: String?

  @Option(help: ArgumentHelp("The user (default: $INFLUXDB_USER).", valueName: "name"))
  var user: String?

  @Option(
    help: ArgumentHelp(
      "wide: a point a record, of measurement dsmr; metric: a point a metric.", valueName: "layout")
  )
  var layout = LineProtocol.Layout.wide

  @Option(help: ArgumentHelp("Send so many records at once.", valueName: "count"))
  var batchCount = 1000

  @Option(help: ArgumentHelp("Send a record after so long at the latest.", valueName: "seconds"))
  var batchAge = 0.5

  @Option(
    help: ArgumentHelp(
      "Keep so much of what waits for the server; beyond it the oldest goes.", valueName: "MiB"))
  var buffer = 16

  @Flag(help: "Print the points on standard output, and contact no server.")
  var dryRun = false

  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func validate() throws {
    guard (1...100_000).contains(batchCount) else {
      throw ValidationError("--batch-count takes a number from 1 to 100000")
    }
    guard (1...4096).contains(buffer) else {
      throw ValidationError("--buffer takes a number of MiB from 1 to 4096")
    }
    guard (0...3600).contains(batchAge) else {
      throw ValidationError("--batch-age takes a number of seconds from 0 to 3600")
    }
  }

  func run(_ messages: Messages) throws {
    let lines = LineProtocol(layout: layout)
    // Whatever the settings say of the server, which is none of its business.
    let settings = dryRun ? nil : try InfluxSettings(Environment().overridden(by: option(for:)))
    var input = try sink.input(messages)
    defer { input.report() }
    guard let settings else {
      var dryRun = DryRun(lines)
      return try dryRun.run(&input)
    }
    guard settings.isEnabled else { return try input.drain() }
    let post = try HTTPPost(url: settings.url, login: settings.login, timeout: .seconds(20))
    let limits = InfluxDelivery.Limits(
      batchCount: batchCount, batchAge: .seconds(batchAge), linger: .seconds(sink.linger))
    var delivery = InfluxDelivery(
      to: settings.name, by: post, lines, limits,
      outbox: MemoryOutbox(capacity: buffer << 20), messages: messages)
    try delivery.run(&input)
  }

  private func option(for setting: Setting) -> Environment.Option? {
    switch setting {
    case .influxHost: .init("--host", host)
    case .influxPort: .init("--port", port)
    case .influxDatabase: .init("--db", database)
    case .influxUser: .init("--user", user)
    default: nil
    }
  }
}

extension LineProtocol.Layout: ExpressibleByArgument {}
