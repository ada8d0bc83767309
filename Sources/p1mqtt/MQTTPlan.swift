import CommandLine
import Delivery
import Sinks

/// What p1mqtt does, with all settings checked.
struct MQTTPlan: ConnectingPlan {
  private enum Work {
    /// The sink is off: the input is discarded.
    case drain
    /// Records are kept for the next run.
    case spool(SinkSettings)
    case publish(PublishSettings, SinkSettings, to: BrokerSettings)
    case receive(ReceiveSettings, from: BrokerSettings)
  }

  private let work: Work
  private let settings: Settings
  let subject: String
  let offReason: String?

  /// - Parameters:
  ///   - filters: the arguments of the command line.
  ///   - groups: the settings of p1mqtt.
  /// - Throws: `Failure` for a setting that cannot be used. If the sink is off, the others do not matter.
  init(_ settings: Settings, filters: [String], of groups: [any SettingGroup]) throws {
    let group = BrokerGroup()
    self.settings = settings
    let isEnabled = try settings[group.enabled]
    if try settings[ReceivingGroup().receive] {
      try ReceiveSettings.rejectPublishing(groups, settings)
      guard isEnabled else {
        throw settings.failure(group.enabled, "it is False: nothing to receive; set it to True")
      }
      let receiving = try ReceiveSettings(filters, settings)
      let broker = try BrokerSettings(settings, for: receiving)
      work = .receive(receiving, from: broker)
      // p1receive names the directory of its sink by this, and the session has the records.
      (subject, offReason) = ("\(broker.name), session \(broker.clientID)", nil)
      return
    }
    guard try !settings[BufferingGroup<MQTTSink>().spoolOnly] else {
      work = .spool(try SinkSettings(settings, of: MQTTSink.self))
      (subject, offReason) = ("spool", nil)
      return
    }
    if let filter = filters.first {
      throw Failure(filter, "topic filters need --receive", .usage)
    }
    guard isEnabled else {
      (work, subject, offReason) = (.drain, "", "MQTT_ENABLED is False")
      return
    }
    let broker = try BrokerSettings(settings)
    let publishing = try PublishSettings(settings)
    let spool = BufferingGroup<MQTTSink>().spool
    guard publishing.payload.isTimed || !settings.isSet(spool) else {
      throw settings.failure(spool, "a spool keeps records; it needs --payload json or record")
    }
    subject = broker.name
    let isSet = settings.isSet(group.enabled) || settings.isSet(group.broker)
    offReason = isSet ? nil : "no broker is set (\(group.broker.text))"
    work = .publish(publishing, try SinkSettings(settings, of: MQTTSink.self), to: broker)
  }

  func connect(_ messages: Messages) throws -> String {
    switch work {
    case .publish(_, _, to: let broker), .receive(_, from: let broker):
      try BrokerCheck.run(broker, messages)
    case .drain, .spool: "not tested: it connects to no broker"
    }
  }

  func run(_ messages: Messages) throws {
    switch work {
    case .drain: try SinkSettings.drain(messages)
    case .spool(let sink): try sink.spoolAll(messages)
    case .publish(let publishing, let sink, let broker):
      try publish(publishing, sink, to: broker, messages)
    case .receive(let receiving, let broker): try receive(receiving, from: broker, messages)
    }
  }

  private func publish(
    _ publishing: PublishSettings, _ sink: SinkSettings, to broker: BrokerSettings,
    _ messages: Messages
  ) throws {
    let request = try NoticeSignal(.report)
    let memory = MemoryLimits(buffer: sink.limits.memory)
    let announcements = StatusAndDiscovery(publishing, memory, period: sink.period)
    let isTimed = publishing.payload.isTimed
    let preprocessor = RecordPreprocessor(sink.summary, stamps: isTimed)
    // Values do not say when they were measured, so only the newest of each topic are kept.
    let backpressure = Backpressure(
      pausesInput: sink.holds && isTimed, pausesFiles: isTimed)
    let connection = try MQTTConnection(
      broker, will: announcements.offline, expiry: publishing.expiry,
      statusExpiry: publishing.meterTimeout.map(MeterStatuses.expiry(timeout:)))
    let storage = try SinkStorage(sink, usesSpool: isTimed, messages)
    messages.stopWaiting()
    let delivery = MQTTDelivery(
      to: connection, reloadSettings: { [settings] in try .again(settings) },
      SendingSettings(qos: publishing.qos, leastQoS: publishing.payload.leastQoS),
      publications(publishing, memory, storage.outbox), announcements, messages: messages)
    let statusReport = StatusReport(
      of: broker.name, "publishing to", at: request, sink.monitoring,
      messages: messages)
    var run = try SinkRun(
      delivery, preprocessor, backpressure, ExitDeadline(linger: sink.linger), storage,
      statusReport, messages)
    try sink.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }

  private func publications(
    _ publishing: PublishSettings, _ memory: MemoryLimits, _ outbox: any Outbox
  ) -> any Publications {
    let topics = Topics(publishing.template, capacity: memory.cache) { publishing.isStatus($0) }
    // Home Assistant needs the last values when it starts.
    let remembers = publishing.repeatInterval != nil || publishing.discoveryPrefix != nil
    let changes =
      remembers
      ? ChangeFilter(repeatInterval: publishing.repeatInterval ?? 0, capacity: memory.cache) : nil
    guard publishing.payload.isTimed else {
      return ValuePublications(topics, retains: publishing.retains, changes, memory: memory)
    }
    return RecordPublications(
      topics, publishing.payload, retains: publishing.retains, changes, in: outbox)
  }

  private func receive(
    _ receiving: ReceiveSettings, from broker: BrokerSettings, _ messages: Messages
  ) throws {
    let request = try NoticeSignal(.report)
    let connection = try MQTTConnection(broker, receives: true)
    let statusReport = StatusReport(
      of: broker.name, "receiving from", startup: "connecting to", at: request,
      try MonitoringSettings(settings, of: MQTTSink.tool), messages: messages)
    var receiver = try MQTTReceiver(
      connection, receiving.filters, reload: NoticeSignal(.reload),
      reloadSettings: { [settings] in try .again(settings, for: receiving) },
      statusReport, messages: messages)
    messages.stopWaiting()
    try receiver.run()
  }
}
