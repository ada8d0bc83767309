import ArgumentParser
import CommandLine
import Sinks

@main
struct P1MQTT: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker, or receive them from it.",
    usage: """
      p1mqtt [options] < records
             p1mqtt --receive [options] [filter ...]

        filter: a topic. (default: MQTT_RECEIVE_FILTER, else {prefix}/+/record)
      """,
    discussion: """
        p1cat --stamp /dev/ttyUSB0 | p1parse | p1mqtt --broker broker.lan
        p1cat sim: | p1parse | p1mqtt --homeassistant --retain
        p1mqtt --broker broker.lan --receive | p1influx
      """,
    version: toolsVersion)

  @Argument(
    help: ArgumentHelp(
      "With --receive, subscribe to these topics. (default: $MQTT_RECEIVE_FILTER, else {prefix}/+/record)",
      valueName: "filter"))
  var filters: [String] = []

  @OptionGroup(title: BrokerGroup.title) var broker: GroupOptions<BrokerGroup>
  @OptionGroup(title: MessageGroup.title) var message: GroupOptions<MessageGroup>
  @OptionGroup(title: ReceivingGroup.title) var receiving: GroupOptions<ReceivingGroup>
  @OptionGroup(title: InputGroup<MQTTSink>.title) var input: GroupOptions<InputGroup<MQTTSink>>
  @OptionGroup(title: BufferingGroup<MQTTSink>.title)
  var buffering: GroupOptions<BufferingGroup<MQTTSink>>
  @OptionGroup(title: BothSinksGroup.title) var bothSinks: GroupOptions<BothSinksGroup>
  @OptionGroup(title: MonitoringGroup.title) var monitoring: GroupOptions<MonitoringGroup>
  @OptionGroup(title: MetricsGroup.title) var metrics: GroupOptions<MetricsGroup>
  @OptionGroup var general: GroupOptions<GeneralSettings>

  var optionGroups: [any AnyGroupOptions] {
    [broker, message, receiving, input, buffering, bothSinks, monitoring, metrics, general]
  }

  var commonOptions: [any AnySetting] {
    let (broker, message) = (BrokerGroup(), MessageGroup())
    return [
      broker.broker, broker.user, broker.tls, message.homeAssistant, message.payload,
      message.prefix, message.qos, message.retain, GeneralSettings().config,
      GeneralSettings().check,
    ]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> MQTTPlan {
    try MQTTPlan(settings, filters: filters, of: optionGroups.map(\.group))
  }
}
