import CommandLine
import Sinks

/// What p1influx does, with all settings checked.
struct InfluxPlan: ToolPlan {
  private enum Work {
    /// The sink is off: the input is discarded.
    case drain
    case print
    case write(InfluxSettings, InfluxLimits)
  }

  private let work: Work
  private let style: PointStyle
  private let sink: SinkSettings
  private let settings: Settings
  let subject: String
  let offReason: String?

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings) throws {
    let group = DatabaseServerGroup()
    self.settings = settings
    style = try PointStyle(settings)
    sink = try SinkSettings(settings, of: InfluxSink.self)
    let isEnabled = try settings[group.enabled]
    let isSet =
      settings.isSet(group.enabled) || settings.isSet(group.url) || settings.isSet(group.host)
    guard try !settings[PointGroup().dryRun] else {
      (work, subject, offReason) = (.print, "standard output", nil)
      return
    }
    let server = try InfluxSettings(settings)
    subject = server.name
    offReason =
      isEnabled
      ? isSet ? nil : "no server is set (\(group.host.text), \(group.url.text))"
      : "INFLUXDB_ENABLED is False"
    work = isEnabled ? .write(server, try InfluxLimits(settings)) : .drain
  }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let lines = LineProtocol(style)
    let preprocessor = RecordPreprocessor(sink.summary)
    guard case .write(let influxSettings, let limits) = work else {
      guard case .print = work else { return try sink.drain(messages) }
      var dryRun = DryRun(lines, preprocessor)
      return try sink.read(messages) { try dryRun.run(&$0) }
    }
    let backpressure = Backpressure(
      linger: sink.linger, confirmationDelay: limits.confirmationDelay, pausesInput: sink.holds)
    let client = try HTTPClient()
    let server = { (settings: InfluxSettings) in
      try InfluxServer(settings, style.precision, limits, by: client)
    }
    let storage = try SinkStorage(sink, messages)
    messages.stopWaiting()
    let delivery = InfluxDelivery(
      to: try server(influxSettings),
      reloadServer: { [settings] in try server(.again(settings.readAgain())) }, lines, limits,
      outbox: storage.outbox, messages: messages)
    let statusReport = StatusReport<String>(
      of: delivery.serverName, "writing", at: request, every: sink.statisticsPeriod,
      messages: messages)
    var run = try SinkRun(delivery, preprocessor, backpressure, storage, statusReport, messages)
    try sink.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }
}
