import ArgumentParser
import Console

@main
struct P1MQTT: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker.",
    discussion: """
      Records come on standard input, as p1parse writes them; each of their values goes to the \
      topic prefix/metric. The settings can also stand in the environment, and passwords only \
      there or in a file: see p1mqtt(1).
      """,
    version: toolsVersion)

  @Option(help: ArgumentHelp("The broker (default: $MQTT_BROKER or localhost).", valueName: "name"))
  var broker: String?

  @Option(help: ArgumentHelp("Its port (default: $MQTT_PORT or 1883).", valueName: "number"))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "The client id (default: $MQTT_CLIENT_UNIQ or one of its own).", valueName: "id"))
  var id: String?

  @Option(
    help: ArgumentHelp(
      "What topics begin with (default: $MQTT_TOPIC_PREFIX or dsmr).", valueName: "topic"))
  var prefix: String?

  @Option(help: ArgumentHelp("The user (default: $MQTT_USER).", valueName: "name"))
  var user: String?

  @Option(
    help: ArgumentHelp("Quality of service: 0, 1 or 2 (default: $MQTT_QOS or 0).", valueName: "qos")
  )
  var qos: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Let the broker keep the last value of each topic (default: $MQTT_RETAIN or no).")
  var retain: Bool?

  @OptionGroup var sink: SinkOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    let request = try NoticeSignal(.report)
    let environment = Environment().overridden(by: option(for:))
    guard try environment.flag(.mqttEnabled) ?? true else { return try sink.drain(messages) }
    let settings = try MQTTSettings(environment)
    var input = try sink.input(messages)
    defer { input.report() }
    let connection = try MQTTConnection(settings)
    messages.stopWaiting()
    let health = Health<String>(
      of: settings.name, "publishing", at: request, every: sink.stats.every,
      messages: messages)
    var delivery = MQTTDelivery(
      settings, connection, sink.summary, health, linger: .seconds(sink.linger),
      messages: messages)
    try delivery.run(&input)
  }

  private func option(for setting: Setting) -> Environment.Option? {
    switch setting {
    case .mqttBroker: .init("--broker", broker)
    case .mqttPort: .init("--port", port)
    case .mqttClientID: .init("--id", id)
    case .mqttTopicPrefix: .init("--prefix", prefix)
    case .mqttUser: .init("--user", user)
    case .mqttQoS: .init("--qos", qos)
    case .mqttRetain: .init("--retain", retain.map { $0 ? "True" : "False" })
    default: nil
    }
  }
}
