import ArgumentParser
import CommandLine
import Delivery
import Sinks

@main
struct P1MQTT: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker.",
    discussion: """
      Records come on standard input, as p1parse writes them; each of their values goes to the \
      topic prefix/metric, or each record as a whole to one of its meter. The settings can also \
      stand in the environment, and passwords only there or in a file: see p1mqtt(1).
      """,
    version: toolsVersion)

  @OptionGroup(title: "Broker") var broker: BrokerOptions
  @OptionGroup(title: "Messages") var message: MessageOptions
  @OptionGroup(title: "What waits") var waiting: OutboxOptions
  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let reload = try NoticeSignal(.reload)
    let environment = Environment().overridden(by: option(for:))
    guard try environment.flag(.mqttEnabled) ?? true else { return try sink.drain(messages) }
    let broker = try BrokerSettings(environment)
    let settings = try PublishSettings(environment)
    let limits = try waiting.limits(environment, of: .mqtt)
    let announcements = Announcements(settings, MemoryRoom(buffer: limits.memory))
    let intake = Intake(
      try sink.summary(environment, of: .mqtt), stamps: settings.payload.isTimed)
    // Of values, which do not say when they were measured, only the newest count in the end.
    let flow = Flow(
      linger: try sink.linger(environment, of: .mqtt),
      holds: waiting.hold && settings.payload.isTimed, leavesFiles: settings.payload.isTimed)
    let connection = try MQTTConnection(
      broker, will: announcements.offline, expiry: settings.expiry)
    // Last, as everything else may be mistyped.
    let (publications, outboxName) = try publications(settings, limits, environment)
    messages.stopWaiting()
    let statusReport = StatusReport<String>(
      of: broker.name, "publishing", at: request, every: sink.stats.every, messages: messages)
    let answers = MQTTLimits(
      qos: settings.qos, leastQoS: settings.payload.leastQoS,
      silence: broker.timeout)
    var delivery = MQTTDelivery(
      to: connection, renewed: (reload, { try .again(environment) }), answers, flow,
      publications, outboxName: outboxName, announcements, intake, statusReport, messages: messages)
    try sink.read(messages, isCareful: publications.isLasting) { try delivery.run(&$0) }
  }

  private func publications(
    _ settings: PublishSettings, _ limits: SpoolLimits, _ environment: Environment
  ) throws -> (any Publications, outboxName: String) {
    let room = MemoryRoom(buffer: limits.memory)
    let topics = Topics(settings.template, own: settings.statusTopic, capacity: room.share)
    let changes = settings.silence.map { Changes(silence: $0, capacity: room.share) }
    guard settings.payload.isTimed else {
      guard environment.string(.mqttSpool) == nil else {
        throw environment.refused(
          .mqttSpool, "a spool keeps records: it takes --payload json or record")
      }
      return (ValuePublications(topics, retains: settings.retains, changes, room: room), "buffer")
    }
    let (outbox, name) = try waiting.outbox(environment, of: .mqtt, limits)
    let publications = RecordPublications(
      topics, settings.payload, retains: settings.retains, changes, in: outbox)
    return (publications, name)
  }

  private func option(for setting: Setting) -> Environment.Option? {
    broker.option(for: setting) ?? message.option(for: setting)
      ?? waiting.option(for: setting, of: .mqtt) ?? sink.option(for: setting, of: .mqtt)
  }
}
