import ArgumentParser
import CommandLine
import Metrics
import Records
import SystemPackage
import Telegrams

@main
struct P1Parse: UnplannedTool {
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
  var format = ParseOptions().format

  @Option(
    help: ArgumentHelp(
      "What the metrics are called: canonical, the default; obis for the codes of the telegram's lines; or as another tool has them: classic, esphome, dsmr-reader, dsmr_parser.",
      valueName: "names"))
  var names: NameSet?

  @Flag(help: "Make metrics of unknown codes too, called by their code.")
  var all = false

  @Flag(help: "Add the power taken from the grid less that given to it.")
  var net = false

  @Flag(help: "Make records of the logs of the past too, which each telegram repeats.")
  var history = false

  @Option(
    help: ArgumentHelp(
      "The timestamp of the meter's record: meter for the time of its clock, receipt for the stamp before the telegram (default: meter).",
      valueName: "source"))
  var time: TelegramParser.TimeSource?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far the meter's clock is ahead of UTC in winter: 2 or +02:00 (default: +01:00).",
      valueName: "offset"))
  var utcOffset: UTCOffset?

  @Flag(
    inversion: .prefixedNo,
    help: "Read times without a letter as civil time, or as normal time all year (default: civil).")
  var summerTime: Bool?

  @Option(
    help: ArgumentHelp(
      "A specification file for every telegram, whatever its version.", valueName: "file"))
  var spec: String?

  @Option(
    help: ArgumentHelp(
      "Where the specification files dsmrNN.py of meter versions are, besides the working directory and /etc/p1.",
      valueName: "directory"))
  var specDir: String?

  @Flag(help: "Read telegrams even where their checksum is wrong or their end is missing.")
  var noCheck = false

  @Flag(help: "End with status 65 at the first thing that cannot be read.")
  var strict = false

  @Flag(help: "Show all metrics, with unit, OBIS code and description, and do nothing else.")
  var list = false

  @Flag(help: "Show all versions, where each is specified and whose it is, and do nothing else.")
  var listSpecs = false

  @Option(
    help: ArgumentHelp(
      "Show what is built in for a version as a specification file, and do nothing else.",
      valueName: "version"))
  var printSpec: String?

  @OptionGroup var verbosity: Verbosity

  func validate() throws {
    for (option, value) in [("--spec", spec), ("--spec-dir", specDir)] where value == "" {
      throw ValidationError("\(option): must not be empty")
    }
  }

  static func main() { start() }

  func run(_ messages: Messages) throws {
    if let text = try textToShow(messages) {
      try FileDescriptor.standardOutput.write(all: text.utf8Bytes.span)
    } else {
      try parseOptions.run(messages)
    }
  }

  /// The text that an option asks to show instead of records; nil to translate telegrams.
  private func textToShow(_ messages: Messages) throws -> String? {
    if list { return Listing.metrics }
    if listSpecs {
      let path = parseOptions.specifications.completed(by: Environment())
      return Listing.versions(try path.load(messages))
    }
    guard let name = printSpec else { return nil }
    guard let version = KnownVersion(named: name) else {
      throw Failure(
        "--print-spec",
        "unknown version \"\(name)\"; use \(KnownVersion.all.map(\.name).joined(separator: ", "))",
        .usage)
    }
    return version.specification
  }

  private var parseOptions: ParseOptions {
    var options = ParseOptions()
    options.format = format
    options.names = names
    options.includesUnknown = all ? true : nil
    options.addsNetPower = net ? true : nil
    options.includesHistory = history ? true : nil
    options.timeSource = time
    options.utcOffset = utcOffset
    options.changesInSummer = summerTime
    options.isStrict = strict ? true : nil
    options.specifications = SpecificationSearchPath(
      file: spec, directories: specDir.map { [$0] } ?? [])
    options.checksums = noCheck ? .ignored : .verified
    return options
  }
}

extension NameSet: ExpressibleByArgument {}
extension RecordFormat: ExpressibleByArgument {}
extension TelegramParser.TimeSource: ExpressibleByArgument {}
