import ArgumentParser
import CommandLine
import Delivery
import Records

/// The options of both sinks about their input.
public struct SinkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Wait for the server at the end of the input (default: 30).",
      valueName: "seconds"))
  public var linger: String?

  @Flag(help: "Refuse records without a timestamp.")
  public var requireTimestamp = false

  @Option(
    help: ArgumentHelp(
      "Send one record a period: means of power, voltage and current, else the last (default: "
        + "$P1_EVERY or 0, each record).", valueName: "seconds"))
  public var every: String?

  @Flag(
    help: "With --every, add the minimum and maximum to each mean (default: $P1_EXTREMES)."
  )
  public var extremes = false

  @OptionGroup public var stats: StatsOption

  public init() {}

  public func option(for setting: SettingName, of sink: SinkSettingNames) -> Environment.Option? {
    switch setting {
    case sink.linger: .init("--linger", linger)
    case sink.every: .init("--every", every)
    case sink.extremes: extremes ? .init("--extremes", "True") : nil
    default: nil
    }
  }

  /// Makes one record of those of a period; nil to keep each record. A setting of the sink comes before
  /// the one of both sinks.
  ///
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func summary(_ environment: Environment, of sink: SinkSettingNames) throws -> Summary? {
    let periods = 0...86_400
    let period = try environment.number(.every, in: periods)
    let extremes = try environment.flag(.extremes)
    let seconds = try environment.number(sink.every, in: periods) ?? period ?? 0
    let withExtremes = try environment.flag(sink.extremes)
    guard seconds > 0 else {
      guard withExtremes != true else {
        throw environment.refused(
          sink.extremes, "needs a period: --every, or \(sink.every.rawValue)")
      }
      return nil
    }
    return Summary(every: seconds, withExtremes: withExtremes ?? extremes ?? false)
  }

  /// How long to wait for the server at the end of the input.
  ///
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func linger(_ environment: Environment, of sink: SinkSettingNames) throws -> Duration {
    .seconds(try environment.number(sink.linger, in: 0...86_400) ?? 30)
  }
}

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

  public func option(for setting: SettingName, of sink: SinkSettingNames) -> Environment.Option? {
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
  public func limits(_ environment: Environment, of sink: SinkSettingNames) throws -> SpoolLimits {
    let usual = SpoolLimits()
    return SpoolLimits(
      capacity: try environment.number(sink.spoolSize, in: 1...1_048_576).map { $0 << 20 }
        ?? usual.capacity,
      memory: try environment.number(sink.buffer, in: 1...4096).map { $0 << 20 } ?? usual.memory,
      sync: try environment.seconds(sink.sync, in: 0...3600) ?? usual.sync)
  }
}

/// The settings that both sinks have, by their names for one of them.
public struct SinkSettingNames: Sendable {
  /// The directory of its spool within `--state`.
  let directory: String
  let every: SettingName
  let extremes: SettingName
  let linger: SettingName
  let spool: SettingName
  let spoolSize: SettingName
  let sync: SettingName
  let buffer: SettingName

  public static let mqtt = SinkSettingNames(
    directory: "mqtt", every: .mqttEvery, extremes: .mqttExtremes, linger: .mqttLinger,
    spool: .mqttSpool, spoolSize: .mqttSpoolSize, sync: .mqttSync, buffer: .mqttBuffer)
}

extension SinkOptions {
  /// The settings as the options, the environment and p1.conf have them.
  public func settings(
    _ environment: Environment, of sink: SinkSettingNames, _ outbox: OutboxOptions
  ) throws -> SinkSettings {
    SinkSettings(
      summary: try summary(environment, of: sink), requiresTimestamp: requireTimestamp,
      linger: try linger(environment, of: sink), holds: outbox.hold,
      limits: try outbox.limits(environment, of: sink), spoolPath: environment.string(sink.spool),
      statePath: environment.string(.state).map { "\($0)/\(sink.directory)" },
      statisticsPeriod: stats.every)
  }
}
