import ArgumentParser
import Console
import Records
import SystemPackage
import Telegrams

@main
struct P1Parse: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1parse",
    abstract: "Turn a smart meter's telegrams into records.",
    discussion: """
      Telegrams come on standard input, as p1cat writes them or a meter prints them; records go to \
      standard output: lines of metric=value, an empty line after each record. See p1record(5).
      """,
    version: toolsVersion)

  @Option(
    help: ArgumentHelp(
      "How records are written: lines, or json for an object a line.", valueName: "format"))
  var format = Translation().format

  @Option(
    help: ArgumentHelp(
      "What the metrics are called: canonical, or obis for the codes of the telegram's lines.",
      valueName: "names"))
  var names = Translation().options.names

  @Flag(help: "Make metrics of unknown codes too, called by their code.")
  var all = false

  @Flag(help: "Add the power taken from the grid less that given to it.")
  var net = false

  @Flag(help: "Make records of the logs of the past too, which each telegram repeats.")
  var history = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far the meter's clock is ahead of UTC in winter: 2 or +02:00 (default: +01:00).",
      valueName: "offset"))
  var utcOffset: UTCOffset?

  @Option(
    help: ArgumentHelp(
      "Where the specification files dsmrNN.py of meter versions are.", valueName: "directory"))
  var specDir = Translation().specifications.path

  @Flag(help: "Read telegrams even where their checksum is wrong or their end is missing.")
  var noCheck = false

  @Flag(help: "End with status 65 at the first thing that cannot be read.")
  var strict = false

  @Flag(help: "Show all metrics, with unit, OBIS code and description, and do nothing else.")
  var list = false

  @OptionGroup var verbosity: Verbosity

  static func main() { start(withoutArguments: Translation().run) }

  func run(_ messages: Messages) throws {
    if list {
      return try FileDescriptor.standardOutput.write(all: [UInt8](MetricList.text.utf8).span)
    }
    try translation.run(messages)
  }

  private var translation: Translation {
    var translation = Translation()
    translation.format = format
    translation.options.names = names
    translation.options.includesHistory = history
    translation.options.includesUnknown = all
    translation.options.addsNetPower = net
    translation.utcOffset = utcOffset
    translation.specifications = SpecificationDirectory(path: specDir)
    translation.checksums = noCheck ? .ignored : .verified
    translation.isStrict = strict
    return translation
  }
}

extension NameSet: ExpressibleByArgument {}
extension RecordFormat: ExpressibleByArgument {}
