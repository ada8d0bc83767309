import CommandLine
import Delivery
import Sinks

/// What p1mqtt does, with all settings checked.
struct MQTTPlan: ToolPlan {
  private enum Work {
    /// The sink is off: the input is discarded.
    case drain(SinkSettings)
    case publish(BrokerSettings, PublishSettings, SinkSettings)
    case receive(BrokerSettings, ReceiveSettings)
  }

  private let work: Work
  private let settings: Settings
  let subject: String
  let offReason: String?

  private static let group = BrokerGroup()

  /// - Throws: `Failure` for a setting that cannot be used.
  init(publishing filters: [String], _ settings: Settings) throws {
    let group = MQTTPlan.group
    self.settings = settings
    if let filter = filters.first {
      throw Failure(filter, "topic filters need --receive", .usage)
    }
    let broker = try BrokerSettings(settings)
    let publish = try PublishSettings(settings)
    let sink = try SinkSettings(settings, of: MQTTSink.self)
    let spool = BufferingGroup<MQTTSink>().spool
    guard publish.payload.isTimed || !settings.isSet(spool) else {
      throw settings.failure(spool, "a spool needs --payload json or record")
    }
    let isEnabled = try settings[group.enabled]
    let isSet = settings.isSet(group.enabled) || settings.isSet(group.broker)
    subject = broker.name
    offReason =
      isEnabled
      ? isSet ? nil : "no broker is set (\(group.broker.text))" : "MQTT_ENABLED is False"
    work = isEnabled ? .publish(broker, publish, sink) : .drain(sink)
  }

  /// - Parameters:
  ///   - filters: the filters of the command line.
  ///   - groups: the settings of the tool.
  /// - Throws: `Failure` for a setting that cannot be used.
  init(receiving filters: [String], _ settings: Settings, _ groups: [any SettingGroup]) throws {
    let group = MQTTPlan.group
    self.settings = settings
    try ReceiveSettings.refusePublishing(groups, settings)
    guard try settings[group.enabled] else {
      throw settings.failure(group.enabled, "it is False: nothing to receive; set it to True")
    }
    let receive = try ReceiveSettings(filters, settings)
    let broker = try BrokerSettings(settings, receivingBelow: receive.prefix)
    subject = broker.clientID
    offReason = nil
    work = .receive(broker, receive)
  }

  func run(_ messages: Messages) throws {
    switch work {
    case .drain(let sink): try sink.drain(messages)
    case .publish(let broker, let publish, let sink): try run(broker, publish, sink, messages)
    case .receive(let broker, let receive): try run(broker, receive, messages)
    }
  }

  private func run(
    _ broker: BrokerSettings, _ publish: PublishSettings, _ sink: SinkSettings,
    _ messages: Messages
  ) throws {
    let request = try NoticeSignal(.report)
    let memory = MemoryLimits(buffer: sink.limits.memory)
    let announcements = StatusAndDiscovery(publish, memory)
    let preprocessor = RecordPreprocessor(sink.summary, stamps: publish.payload.isTimed)
    // Values carry no time, so only the newest are kept, and reading need not pause.
    let backpressure = Backpressure(
      linger: sink.linger, pausesInput: sink.holds && publish.payload.isTimed,
      pausesFiles: publish.payload.isTimed)
    let connection = try MQTTConnection(
      broker, will: announcements.offline, expiry: publish.expiry)
    let storage = try SinkStorage(sink, usesSpool: publish.payload.isTimed, messages)
    messages.stopWaiting()
    let statusReport = StatusReport<String>(
      of: broker.name, "publishing", at: request, every: sink.statisticsPeriod,
      messages: messages)
    let sending = SendingSettings(
      qos: publish.qos, leastQoS: publish.payload.leastQoS, responseTimeout: broker.timeout)
    let delivery = MQTTDelivery(
      to: connection, reloadSettings: { [settings] in try .again(settings) }, sending,
      publications(publish, memory, storage.outbox), announcements, messages: messages)
    var run = try SinkRun(delivery, preprocessor, backpressure, storage, statusReport, messages)
    try sink.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }

  private func publications(
    _ publish: PublishSettings, _ memory: MemoryLimits, _ outbox: any Outbox
  ) -> any Publications {
    let topics = Topics(publish.template, own: publish.statusTopic, capacity: memory.cache)
    let changes = publish.repeatInterval.map {
      ChangeFilter(repeatInterval: $0, capacity: memory.cache)
    }
    return publish.payload.isTimed
      ? RecordPublications(
        topics, publish.payload, retains: publish.retains, changes, in: outbox)
      : ValuePublications(topics, retains: publish.retains, changes, memory: memory)
  }

  private func run(
    _ broker: BrokerSettings, _ receive: ReceiveSettings, _ messages: Messages
  ) throws {
    let request = try NoticeSignal(.report)
    let connection = try MQTTConnection(broker, receives: true)
    let statusReport = StatusReport<String>(
      of: broker.name, "receiving", at: request, every: try settings[MonitoringGroup().stats],
      messages: messages)
    var receiver = try MQTTReceiver(
      connection, receive.filters,
      reload: NoticeSignal(.reload),
      reloadSettings: { [settings] in try .again(settings, receivingBelow: receive.prefix) },
      statusReport, messages: messages)
    messages.stopWaiting()
    try receiver.run()
  }
}
