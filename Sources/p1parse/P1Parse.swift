import ArgumentParser
import CommandLine

@main
struct P1Parse: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1parse",
    abstract: "Turn a smart meter's telegrams into records.",
    discussion: """
      p1parse reads telegrams from standard input, and writes records to standard output: lines \
      metric=value, with an empty line after each record. \
      Settings can also be in the environment or in p1.conf. See p1parse(1) and p1record(5).
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

  static func main() { start() }

  func plan(_ settings: Settings) throws -> ParsePlan { try ParsePlan(settings) }
}
