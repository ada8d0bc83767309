import ArgumentParser
import CommandLine

@main
struct P1Parse: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1parse",
    abstract: "Turn a smart meter's telegrams into records.",
    usage: "p1parse [options] < telegrams",
    discussion: """
        p1cat /dev/ttyUSB0 | p1parse              the records of a meter
        p1cat -n 1 sim: | p1parse --format json   a record as JSON
        zcat house.p1.gz | p1parse --every 300    a record for each five minutes
      """,
    version: toolsVersion)

  @OptionGroup(title: RecordGroup.title) var records: GroupOptions<RecordGroup>
  @OptionGroup(title: PeriodGroup.title) var periods: GroupOptions<PeriodGroup>
  @OptionGroup(title: TimeGroup.title) var times: GroupOptions<TimeGroup>
  @OptionGroup(title: SpecificationGroup.title)
  var specifications: GroupOptions<SpecificationGroup>
  @OptionGroup(title: DamageGroup.title) var damage: GroupOptions<DamageGroup>
  @OptionGroup(title: ListingGroup.title) var lists: GroupOptions<ListingGroup>
  @OptionGroup(title: MetricsGroup.title) var metrics: GroupOptions<MetricsGroup>
  @OptionGroup(title: ReadingsGroup.title) var readings: GroupOptions<ReadingsGroup>
  @OptionGroup var general: GroupOptions<GeneralSettings>

  var optionGroups: [any AnyGroupOptions] {
    [records, periods, times, specifications, damage, lists, metrics, readings, general]
  }

  var commonOptions: [any AnySetting] {
    let records = RecordGroup()
    return [
      records.format, records.columns, PeriodGroup().every, records.net, records.names,
      records.history, TimeGroup().utcOffset, ListingGroup().metrics, GeneralSettings().config,
      GeneralSettings().check,
    ]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> ParsePlan { try ParsePlan(settings) }
}
