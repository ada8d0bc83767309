import ArgumentParser
import CommandLine
import Sinks

@main
struct P1MQTT: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1mqtt",
    abstract: "Publish records to an MQTT broker, or receive them from it.",
    discussion: """
      p1mqtt reads records from standard input, as p1parse writes them, and publishes each value \
      to the topic PREFIX/METRIC, or each record to a topic of its meter. Settings can also be in \
      the environment or in p1.conf; a password can be only there or in a file. See p1mqtt(1).
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

  static func main() { start() }

  func plan(_ settings: Settings) throws -> MQTTPlan {
    try MQTTPlan(settings, filters: filters, of: optionGroups.map(\.group))
  }
}
