import ArgumentParser
import CommandLine
import Sinks

@main
struct P1Influx: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1influx",
    abstract: "Write records to InfluxDB, VictoriaMetrics and other databases.",
    discussion: """
      p1influx reads records from standard input, as p1parse writes them. Settings can also be in \
      the environment or in p1.conf; a password can be only there or in a file. See p1influx(1).
      """,
    version: toolsVersion)

  @OptionGroup(title: DatabaseServerGroup.title) var server: GroupOptions<DatabaseServerGroup>
  @OptionGroup(title: PointGroup.title) var points: GroupOptions<PointGroup>
  @OptionGroup(title: BatchGroup.title) var batches: GroupOptions<BatchGroup>
  @OptionGroup(title: InputGroup<InfluxSink>.title) var input: GroupOptions<InputGroup<InfluxSink>>
  @OptionGroup(title: BufferingGroup<InfluxSink>.title)
  var buffering: GroupOptions<BufferingGroup<InfluxSink>>
  @OptionGroup(title: BothSinksGroup.title) var bothSinks: GroupOptions<BothSinksGroup>
  @OptionGroup(title: MonitoringGroup.title) var monitoring: GroupOptions<MonitoringGroup>
  @OptionGroup(title: MetricsGroup.title) var metrics: GroupOptions<MetricsGroup>
  @OptionGroup var general: GroupOptions<GeneralSettings>

  var optionGroups: [any AnyGroupOptions] {
    [server, points, batches, input, buffering, bothSinks, monitoring, metrics, general]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> InfluxPlan { try InfluxPlan(settings) }
}
