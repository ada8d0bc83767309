import CommandLine
import Sinks

/// What p1influx does, with all settings checked.
struct InfluxPlan: ConnectingPlan {
  private enum Work {
    /// The sink is off: the input is discarded.
    case drain
    /// Records are kept for the next run.
    case spool(SinkSettings)
    case print(PointStyle, SinkSettings)
    case write(PointStyle, SinkSettings, InfluxSettings, InfluxLimits)
  }

  private let work: Work
  private let settings: Settings
  let subject: String
  let offReason: String?

  /// - Throws: `Failure` for a setting that cannot be used. If the sink is off, the others do not matter.
  init(_ settings: Settings) throws {
    self.settings = settings
    let group = DatabaseServerGroup()
    guard try !settings[BufferingGroup<InfluxSink>().spoolOnly] else {
      work = .spool(try SinkSettings(settings, of: InfluxSink.self))
      (subject, offReason) = ("spool", nil)
      return
    }
    guard try !settings[PointGroup().dryRun] else {
      work = .print(try PointStyle(settings), try SinkSettings(settings, of: InfluxSink.self))
      (subject, offReason) = ("standard output", nil)
      return
    }
    guard try settings[group.enabled] else {
      (work, subject, offReason) = (.drain, "", "INFLUXDB_ENABLED is False")
      return
    }
    let server = try InfluxSettings(settings)
    work = .write(
      try PointStyle(settings), try SinkSettings(settings, of: InfluxSink.self), server,
      try InfluxLimits(settings))
    subject = server.name
    let isSet =
      settings.isSet(group.enabled) || settings.isSet(group.url) || settings.isSet(group.host)
    offReason = isSet ? nil : "no server is set (\(group.host.text), \(group.url.text))"
  }

  func connect(_ messages: Messages) throws -> String {
    guard case .write(let style, _, let settings, let limits) = work else {
      return "not tested: it connects to no server"
    }
    let server = try InfluxServer(settings, style.precision, limits, by: try HTTPClient())
    return try server.check(settings)
  }

  func run(_ messages: Messages) throws {
    switch work {
    case .drain: try SinkSettings.drain(messages)
    case .spool(let sink): try sink.spoolAll(messages)
    case .print(let style, let sink):
      var dryRun = DryRun(LineProtocol(style), RecordPreprocessor(sink.summary))
      try sink.read(messages) { try dryRun.run(&$0) }
    case .write(let style, let sink, let server, let limits):
      try write(style, sink, server, limits, messages)
    }
  }

  private func write(
    _ style: PointStyle, _ sink: SinkSettings, _ first: InfluxSettings, _ limits: InfluxLimits,
    _ messages: Messages
  ) throws {
    let request = try NoticeSignal(.report)
    let exitDeadline = ExitDeadline(
      linger: sink.linger, confirmationDelay: limits.confirmationDelay)
    let client = try HTTPClient()
    let server = { (settings: InfluxSettings) in
      try InfluxServer(settings, style.precision, limits, by: client)
    }
    let storage = try SinkStorage(sink, messages)
    messages.stopWaiting()
    let delivery = InfluxDelivery(
      to: try server(first),
      reloadServer: { [settings] in try server(.again(settings.readAgain())) }, LineProtocol(style),
      limits,
      outbox: storage.outbox, messages: messages)
    let statusReport = StatusReport(
      of: delivery.serverName, "writing to", at: request, sink.monitoring,
      messages: messages)
    var run = try SinkRun(
      delivery, RecordPreprocessor(sink.summary), Backpressure(pausesInput: sink.holds),
      exitDeadline, storage, statusReport, messages)
    try sink.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }
}
