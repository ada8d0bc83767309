import ArgumentParser
import CommandLine
import Delivery
import Sinks

@main
struct P1MQTT: UnplannedTool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker.",
    discussion: """
      Records come on standard input, as p1parse writes them; each of their values goes to the \
      topic prefix/metric, or each record as a whole to one of its meter. The settings can also \
      stand in the environment, and passwords only there or in a file: see p1mqtt(1).
      """,
    version: toolsVersion)

  @Flag(help: "Write the records that the broker has to standard output, instead of sending any.")
  var receive = false

  @Argument(
    help: ArgumentHelp(
      "With --receive, the topics of the records (default: {prefix}/+/record).",
      valueName: "filter"))
  var filters: [String] = []

  @OptionGroup(title: "Broker") var broker: BrokerOptions
  @OptionGroup(title: "Messages") var message: MessageOptions
  @OptionGroup(title: "What waits") var waiting: OutboxOptions
  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func validate() throws {
    if let filter = filters.first, !receive {
      throw ValidationError("\(filter): topic filters need --receive")
    }
    guard receive else { return }
    let flags = [("--hold", waiting.hold), ("--require-timestamp", sink.requireTimestamp)]
    if let flag = flags.first(where: \.1)?.0 {
      throw ValidationError("\(flag): cannot be used with --receive")
    }
  }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let environment = Environment().overridden(by: option(for:))
    let isEnabled = try environment.flag(.mqttEnabled) ?? true
    if receive {
      guard isEnabled else {
        throw environment.refused(.mqttEnabled, "False: nothing to receive; set it to True")
      }
      return try receive(environment, request, NoticeSignal(.reload), messages)
    }
    guard isEnabled else { return try SinkSettings.drain(messages) }
    let sinkSettings = try sink.settings(environment, of: .mqtt, waiting)
    let broker = try BrokerSettings(environment)
    let settings = try PublishSettings(environment)
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
      to: connection, reloadSettings: { try .again(environment) }, answers,
      publications(settings, limits, storage.outbox), announcements, messages: messages)
    var run = try SinkRun(delivery, preprocessor, backpressure, storage, statusReport, messages)
    try sinkSettings.read(messages, isCareful: storage.outbox.isLasting) { try run.run(&$0) }
  }

  private func receive(
    _ environment: Environment, _ request: NoticeSignal, _ reload: NoticeSignal,
    _ messages: Messages
  ) throws {
    let settings = try ReceiveSettings(filters, environment)
    let prefix = try PublishSettings.prefix(environment)
    let broker = try BrokerSettings(environment, receivingBelow: prefix)
    let connection = try MQTTConnection(broker, receives: true)
    let statusReport = StatusReport<String>(
      of: broker.name, "receiving", at: request, every: sink.stats.every, messages: messages)
    var receiver = try MQTTReceiver(
      connection, settings.filters,
      renewed: (reload, { try .again(environment, receivingBelow: prefix) }), statusReport,
      messages: messages)
    messages.stopWaiting()
    try receiver.run()
  }

  private func publications(
    _ settings: PublishSettings, _ limits: SpoolLimits, _ outbox: any Outbox
  ) -> any Publications {
    let room = MemoryRoom(buffer: limits.memory)
    let topics = Topics(settings.template, own: settings.statusTopic, capacity: room.share)
    let changes = settings.silence.map { Changes(silence: $0, capacity: room.share) }
    guard settings.payload.isTimed else {
      return ValuePublications(topics, retains: settings.retains, changes, room: room)
    }
    return RecordPublications(
      topics, settings.payload, retains: settings.retains, changes, in: outbox)
  }

  private func option(for setting: SettingName) -> Environment.Option? {
    broker.option(for: setting) ?? message.option(for: setting)
      ?? waiting.option(for: setting, of: .mqtt) ?? sink.option(for: setting, of: .mqtt)
  }
}
