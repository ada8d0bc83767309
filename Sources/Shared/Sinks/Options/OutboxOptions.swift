import ArgumentParser
import CommandLine
import Delivery

/// The options of a sink about buffering.
public struct OutboxOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Spool records in this directory instead of in memory alone.", valueName: "directory"))
  public var spool: String?

  @Option(
    help: ArgumentHelp(
      "Keep the spool in a directory below this one, if no --spool is set (default: $P1_STATE).",
      valueName: "directory"))
  public var state: String?

  @Option(
    help: ArgumentHelp(
      "Limit the spool; beyond it the oldest records are dropped (default: 64).",
      valueName: "MiB"))
  public var spoolSize: String?

  @Option(
    help: ArgumentHelp(
      "Fsync spooled records at the latest after this time (default: 5).", valueName: "seconds"))
  public var sync: String?

  @Option(
    help: ArgumentHelp(
      "Limit the buffer in memory; beyond it the oldest is dropped (default: 16).",
      valueName: "MiB"))
  public var buffer: String?

  @Flag(help: "When the buffer is full, stop reading instead of dropping the oldest.")
  public var hold = false

  public init() {}

  public func validate() throws {
    guard spool != "" else { throw ValidationError("--spool takes the name of a directory") }
    guard state != "" else { throw ValidationError("--state takes the name of a directory") }
  }

  public func option(for setting: SettingName, of sink: SinkSettings) -> Environment.Option? {
    switch setting {
    case sink.spool: .init("--spool", spool)
    case .state: .init("--state", state)
    case sink.spoolSize: .init("--spool-size", spoolSize)
    case sink.sync: .init("--sync", sync)
    case sink.buffer: .init("--buffer", buffer)
    default: nil
    }
  }

  /// The bounds of the buffer in memory and of the spool.
  ///
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func limits(_ environment: Environment, of sink: SinkSettings) throws -> SpoolLimits {
    let usual = SpoolLimits()
    return SpoolLimits(
      capacity: try environment.number(sink.spoolSize, in: 1...1_048_576).map { $0 << 20 }
        ?? usual.capacity,
      memory: try environment.number(sink.buffer, in: 1...4096).map { $0 << 20 } ?? usual.memory,
      sync: try environment.seconds(sink.sync, in: 0...3600) ?? usual.sync)
  }
}
