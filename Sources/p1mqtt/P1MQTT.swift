import ArgumentParser
import CommandLine
import Delivery
import Sinks

@main
struct P1MQTT: UnplannedTool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker, or receive them from it.",
    discussion: """
      p1mqtt reads records from standard input, as p1parse writes them, and publishes each value \
      to the topic PREFIX/METRIC, or each record to a topic of its meter. Settings can also be \
      in the environment or in p1.conf, and passwords only there or in a file: see p1mqtt(1).
      """,
    version: toolsVersion)

  @Argument(
    help: ArgumentHelp(
      "With --receive, subscribe to these topics. (default: {prefix}/+/record)",
      valueName: "filter"))
  var filters: [String] = []

  @OptionGroup(title: BrokerGroup.title) var broker: GroupOptions<BrokerGroup>
  @OptionGroup(title: MessageGroup.title) var message: GroupOptions<MessageGroup>
  @OptionGroup(title: ReceivingGroup.title) var receiving: GroupOptions<ReceivingGroup>
  @OptionGroup(title: "Buffering") var waiting: OutboxOptions
  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let environment = Environment().overridden { option(for: $0) }
    let allSettings = Settings(
      options: [broker.typed, message.typed, receiving.typed].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
      })
    let isEnabled = try allSettings[BrokerGroup().enabled]
    if try allSettings[ReceivingGroup().receive] {
      return try receive(allSettings, isEnabled: isEnabled, request, NoticeSignal(.reload), messages)
    }
    if let filter = filters.first {
      throw Failure(filter, "topic filters need --receive", .usage)
    }
    guard isEnabled else { return try SinkSettings.drain(messages) }
    let sinkSettings = try sink.settings(environment, of: .mqtt, waiting)
    let broker = try BrokerSettings(allSettings)
    let settings = try PublishSettings(allSettings)
    let limits = sinkSettings.limits
    let announcements = Announcements(settings, MemoryRoom(buffer: limits.memory))
    let preprocessor = RecordPreprocessor(
      sinkSettings.summary, stamps: settings.payload.isTimed)
    // Of values, which do not say when they were measured, only the newest count in the end.
    let backpressure = Backpressure(
      linger: sinkSettings.linger,
      pausesInput: sinkSettings.holds && settings.payload.isTimed,
      pausesFiles: settings.payload.isTimed)
    let connection = try MQTTConnection(
      broker, will: announcements.offline, expiry: settings.expiry)
    guard settings.payload.isTimed || environment.string(.mqttSpool) == nil else {
      throw environment.refused(
        .mqttSpool, "a spool keeps records: it takes --payload json or record")
    }
    // Last, as everything else may be mistyped.
    let storage = try SinkStorage(
      sinkSettings, usesSpool: settings.payload.isTimed, messages)
    messages.stopWaiting()
    let statusReport = StatusReport<String>(
      of: broker.name, "publishing", at: request, every: sinkSettings.statisticsPeriod,
      messages: messages)
    let answers = MQTTLimits(
      qos: settings.qos, leastQoS: settings.payload.leastQoS,
      silence: broker.timeout)
    let delivery = MQTTDelivery(
      to: connection, reloadSettings: { try .again(allSettings) }, answers,
      publications(settings, limits, storage.outbox), announcements, messages: messages)
    var run = try SinkRun(delivery, preprocessor, backpressure, storage, statusReport, messages)
    try sinkSettings.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }

  private func receive(
    _ settings: Settings, isEnabled: Bool, _ request: NoticeSignal, _ reload: NoticeSignal,
    _ messages: Messages
  ) throws {
    let groups: [any SettingGroup] = [BrokerGroup(), MessageGroup()]
    try ReceiveSettings.refusePublishing(groups, settings)
    let typed = ["--hold": waiting.hold, "--require-timestamp": sink.requireTimestamp]
    let valued = [
      "--spool": waiting.spool, "--spool-size": waiting.spoolSize, "--sync": waiting.sync,
      "--buffer": waiting.buffer, "--linger": sink.linger, "--every": sink.every,
    ]
    if let option = typed.first(where: \.value)?.key
      ?? valued.first(where: { $0.value != nil })?.key
    {
      throw Failure(option, "cannot be used with --receive", .usage)
    }
    guard isEnabled else {
      throw settings.failure(
        BrokerGroup().enabled, "False: there is nothing to receive; set it to True")
    }
    let filters = try ReceiveSettings(filters, settings).filters
    let prefix = try PublishSettings.prefix(settings)
    let broker = try BrokerSettings(settings, receivingBelow: prefix)
    let connection = try MQTTConnection(broker, receives: true)
    let statusReport = StatusReport<String>(
      of: broker.name, "receiving", at: request, every: sink.stats.every, messages: messages)
    var receiver = try MQTTReceiver(
      connection, filters,
      renewed: (reload, { try .again(settings, receivingBelow: prefix) }), statusReport,
      messages: messages)
    messages.stopWaiting()
    try receiver.run()
  }

  private func publications(
    _ settings: PublishSettings, _ limits: SpoolLimits, _ outbox: any Outbox
  ) -> any Publications {
    let room = MemoryRoom(buffer: limits.memory)
    let topics = Topics(settings.template, own: settings.statusTopic, capacity: room.share)
    let changes = settings.repeatInterval.map { Changes(silence: $0, capacity: room.share) }
    guard settings.payload.isTimed else {
      return ValuePublications(topics, retains: settings.retains, changes, room: room)
    }
    return RecordPublications(
      topics, settings.payload, retains: settings.retains, changes, in: outbox)
  }

  private func option(for setting: SettingName) -> Environment.Option? {
    waiting.option(for: setting, of: .mqtt) ?? sink.option(for: setting, of: .mqtt)
  }
}
