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
  var format = RecordFormat.lines

  @Option(
    help: ArgumentHelp(
      "What the metrics are called: canonical, or obis for the codes of the telegram's lines.",
      valueName: "names"))
  var names = NameSet.canonical

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
  var specDir = "."

  @Flag(help: "Read telegrams even where their checksum is wrong or their end is missing.")
  var noCheck = false

  @Flag(help: "End with status 65 at the first thing that cannot be read.")
  var strict = false

  @Flag(help: "Show all metrics, with unit, OBIS code and description, and do nothing else.")
  var list = false

  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    if list {
      return try FileDescriptor.standardOutput.write(all: [UInt8](MetricList.text.utf8).span)
    }
    let stop = try StopSignal()
    let specifications = SpecificationDirectory(path: specDir)
    let parser = TelegramParser(try options, lookup: specifications.entries(of:))
    var translator = Translator(
      Framer(checksums: noCheck ? .ignored : .verified), parser, RecordWriter(format),
      isStrict: strict,
      messages: messages)
    defer { translator.report() }
    do {
      try translate(with: &translator, until: stop)
    } catch let unknown as TelegramParser.UnknownVersion {
      throw specifications.failure(unknown)
    }
  }

  private var options: TelegramParser.Options {
    get throws {
      var options = TelegramParser.Options()
      options.names = names
      options.includesHistory = history
      options.includesUnknown = all
      options.addsNetPower = net
      if let offset = try utcOffset ?? UTCOffset(Environment()) { options.clock = offset.clock }
      return options
    }
  }

  private func translate(with translator: inout Translator, until stop: StopSignal) throws {
    // Asked to stop, it takes what the pipe still holds, and no more.
    var readable: Int?
    while true {
      let ready = try wait(
        for: [.reading(.standardInput), .reading(stop.descriptor)],
        until: readable == nil ? nil : .now)
      if readable == nil, ready.contains(.reading(stop.descriptor)) {
        readable = StopSignal.pipeSize
      }
      if ready.contains(.reading(.standardInput)), readable ?? 1 > 0 {
        guard let count = try translator.translateNext() else { continue }
        if count == 0 { return }
        readable = readable.map { $0 - count }
      } else if readable != nil {
        return
      }
    }
  }
}

extension NameSet: ExpressibleByArgument {}
extension RecordFormat: ExpressibleByArgument {}
