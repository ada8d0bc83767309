import ArgumentParser
import Console
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
      "What the metrics are called: canonical, or obis for the codes of the telegram's lines.",
      valueName: "names"))
  var names = NameSet.canonical

  @Option(
    help: ArgumentHelp(
      "Where the specification files dsmrNN.py of meter versions are.", valueName: "directory"))
  var specDir = "."

  @Flag(help: "Make records of the log of power failures too, which each telegram repeats.")
  var history = false

  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func run(_ messages: Messages) throws {
    let stop = try StopSignal()
    let specifications = SpecificationDirectory(path: specDir)
    let parser = TelegramParser(
      names: names, includesHistory: history, lookup: specifications.entries(of:))
    var translator = Translator(parser, messages: messages)
    defer { translator.report() }
    do {
      try translate(with: &translator, until: stop)
    } catch let unknown as TelegramParser.UnknownVersion {
      throw specifications.failure(unknown)
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
        return try translator.finish()
      }
    }
  }
}

extension NameSet: ExpressibleByArgument {}
