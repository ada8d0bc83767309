import ArgumentParser
import CommandLine

@main
struct P1Cat: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1cat",
    abstract: "Read telegrams from a smart meter's P1 port.",
    usage: "p1cat [<options>] [<source>]",
    discussion: """
      p1cat writes complete, unchanged telegrams to standard output. Line noise, incomplete \
      telegrams and telegrams with a wrong checksum are dropped and logged. Of a meter that pushes lists of values \
      (DLMS), it makes telegrams. Settings can also be in \
      the environment or in p1.conf. See p1cat(1).
      """,
    version: toolsVersion)

  @Argument(
    help: ArgumentHelp(
      "Read a serial line, a file, tcp://host:port, standard input (-) or a simulated meter: sim: "
        + "or sim:seed=1,start=2026-01-01T00:00:00Z,step=1,count=60,rate=max. "
        + "(default: $SER_PORT, else -)",
      valueName: "source"),
    completion: .file())
  var source: String?

  @OptionGroup(title: SourceGroup.title) var input: GroupOptions<SourceGroup>
  @OptionGroup(title: SerialLineGroup.title) var line: GroupOptions<SerialLineGroup>
  @OptionGroup(title: EncryptionGroup.title) var encryption: GroupOptions<EncryptionGroup>
  @OptionGroup(title: DLMSGroup.title) var lists: GroupOptions<DLMSGroup>
  @OptionGroup(title: OutputGroup.title) var output: GroupOptions<OutputGroup>
  @OptionGroup(title: DamageGroup.title) var damage: GroupOptions<DamageGroup>
  @OptionGroup(title: MonitoringGroup.title) var monitoring: GroupOptions<MonitoringGroup>
  @OptionGroup(title: MetricsGroup.title) var metrics: GroupOptions<MetricsGroup>
  @OptionGroup var general: GroupOptions<GeneralSettings>

  var optionGroups: [any AnyGroupOptions] {
    [input, line, encryption, lists, output, damage, monitoring, metrics, general]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> CatPlan { try CatPlan(source, settings) }
}
