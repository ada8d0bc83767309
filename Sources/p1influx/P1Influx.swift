import ArgumentParser
import CommandLine
import Sinks

@main
struct P1Influx: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1influx",
    abstract: "Write records to InfluxDB, VictoriaMetrics and other databases.",
    usage: "p1influx [options] < records",
    discussion: """
        p1cat --stamp /dev/ttyUSB0 | p1parse | p1influx --host influx.lan --create-db
        p1cat -n 1 sim: | p1parse | p1influx --dry-run
        zcat house.p1.gz | p1parse | p1influx --host influx.lan --hold
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

  var commonOptions: [any AnySetting] {
    let (server, input) = (DatabaseServerGroup(), InputGroup<InfluxSink>())
    return [
      server.host, server.port, server.database, server.createDatabase, server.user, input.every,
      BufferingGroup<InfluxSink>().spool, PointGroup().dryRun, GeneralSettings().config,
      GeneralSettings().check,
    ]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> InfluxPlan { try InfluxPlan(settings) }
}
