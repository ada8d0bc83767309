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
    var isAsked = false
    while true {
      // Asked to stop, it takes what the pipe still holds, and no more.
      let ready = try wait(
        for: [.reading(.standardInput), .reading(stop.descriptor)], until: isAsked ? .now : nil)
      isAsked = isAsked || ready.contains(.reading(stop.descriptor))
      guard ready.contains(.reading(.standardInput)) else {
        if isAsked { return try translator.finish() }
        continue
      }
      if try !translator.translateNext() { return }
    }
  }
}

extension NameSet: ExpressibleByArgument {}
