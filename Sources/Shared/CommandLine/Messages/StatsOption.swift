import ArgumentParser

/// The option of every tool that counts for long.
public struct StatsOption: ParsableArguments {
  @Option(help: ArgumentHelp("Tell the counters every so often.", valueName: "seconds"))
  public var stats: Int?

  public init() {}

  /// How often the counters are told without being asked for; nil for never.
  public var every: Duration? { stats.map { .seconds($0) } }

  public func validate() throws {
    if let stats, !(1...86_400).contains(stats) {
      throw ValidationError("--stats takes a number of seconds from 1 to 86400")
    }
  }
}
