import ArgumentParser
import CommandLine

@main
struct P1Cat: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1cat",
    abstract: "Read telegrams from a smart meter's P1 port.",
    usage: """
      p1cat [options] [source]

        source: a serial line, a file, tcp://host:port, - (standard input) or sim: (a
        simulated meter). (default: SER_PORT, else -)
      """,
    discussion: """
        p1cat /dev/ttyUSB0 | p1parse              a meter on a serial line
        p1cat tcp://gateway.lan:2001 | p1parse    a gateway on the network
        p1cat -n 1 sim: | p1parse                 a simulated meter
        p1cat < telegrams.p1 | p1parse            a file of telegrams
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
    [input, output, encryption, lists, line, damage, monitoring, metrics, general]
  }

  var commonOptions: [any AnySetting] {
    let (source, output) = (SourceGroup(), OutputGroup())
    return [
      source.count, source.telegramTimeout, output.stamp, SerialLineGroup().baudRate,
      EncryptionGroup().keyFile, output.capture, output.raw, output.listen,
      GeneralSettings().config, GeneralSettings().check,
    ]
  }

  static func main() { start() }

  func plan(_ settings: Settings) throws -> CatPlan { try CatPlan(source, settings) }
}
