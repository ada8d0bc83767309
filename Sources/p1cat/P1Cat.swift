import ArgumentParser
import Console
import Records
import SystemPackage

@main
struct P1Cat: Tool {
  static let configuration = CommandConfiguration(
    commandName: "p1cat",
    abstract: "Read telegrams from a smart meter's P1 port.",
    usage: "p1cat [<options>] [<source>]",
    discussion: """
      The telegrams of the source go to standard output, whole and unchanged; \
      noise, halves and those with a wrong checksum are dropped and reported. \
      The settings of the serial line can also stand in the environment: see p1cat(1).
      """,
    version: toolsVersion)

  @Argument(
    help: ArgumentHelp(
      "A serial line, a file, - for standard input, or sim: for a simulated meter: "
        + "sim:seed=1,start=2026-01-01T00:00:00Z,count=60,rate=max (default: $SER_PORT or -)",
      valueName: "source"))
  var source: String?

  @Option(name: .short, help: ArgumentHelp("End after so many telegrams.", valueName: "count"))
  var number: Int?

  @Option(
    name: .short,
    help: ArgumentHelp("Give up when no telegram came for so long.", valueName: "seconds"))
  var timeout: Int?

  @Flag(help: "Write the time of receipt before each telegram.")
  var stamp = false

  @Flag(help: "Take telegrams with a wrong checksum too, and those without an end.")
  var noCheck = false

  @OptionGroup var line: SerialLineOptions
  @OptionGroup var verbosity: Verbosity

  static func main() { start() }

  func validate() throws {
    if let number, !(1...1_000_000_000).contains(number) {
      throw ValidationError("-n takes a number from 1 to 1000000000")
    }
    if let timeout, !(1...86_400).contains(timeout) {
      throw ValidationError("-t takes a number of seconds from 1 to 86400")
    }
  }

  func run(_ messages: Messages) throws {
    let stop = try StopSignal()
    let environment = Environment()
    let name = source ?? environment.string(.serialPort) ?? "-"
    let output = TelegramOutput(stamps: stamp, limit: number)
    if let simulation = try Simulation(name) {
      try simulation.run(into: output, until: stop)
      return
    }
    let settings = try SerialLine.Settings(options: line, environment)
    let opened = try Source(name, settings)
    var reader = TelegramReader(
      opened, checksums: noCheck ? .ignored : .verified, messages: messages, stop: stop,
      patience: timeout.map { .seconds($0) })
    try reader.copyTelegrams(to: output)
  }
}
