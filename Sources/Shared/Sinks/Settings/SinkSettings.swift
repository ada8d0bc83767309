import CommandLine
import Delivery
import Records

/// The settings that both sinks have, checked.
public struct SinkSettings {
  public let summary: Summary?
  /// The period whose records are combined, in seconds; 0 for none.
  public let period: Int
  public let requiresTimestamp: Bool
  /// How long to wait for an answer of the server at the end of the input.
  public let linger: Duration
  /// Whether the input pauses while the buffer is full, rather than that the oldest records are dropped.
  public let holds: Bool
  /// The bounds of the buffer in memory and of the spool.
  public let limits: SpoolLimits
  /// The directory of `--spool`, and that of the sink in `--state`.
  let spoolPath: String?
  let statePath: String?
  public let monitoring: MonitoringSettings

  /// - Throws: ``Failure`` for a setting that cannot be used.
  public init<Sink: SinkName>(_ settings: Settings, of sink: Sink.Type) throws {
    let (input, buffering, both) = (InputGroup<Sink>(), BufferingGroup<Sink>(), BothSinksGroup())
    (period, summary) = try settings.periods(input.every, input.extremes, else: both)
    requiresTimestamp = try settings[input.requireTimestamp]
    linger = try settings[buffering.linger]
    holds = try settings[buffering.hold]
    limits = SpoolLimits(
      capacity: try settings[buffering.spoolSize] << 20,
      memory: try settings[buffering.buffer] << 20, sync: try settings[buffering.sync])
    spoolPath = try settings[buffering.spool]
    statePath = try settings[both.state].map { "\($0)/\(Sink.directory)" }
    monitoring = try MonitoringSettings(settings, of: Sink.tool)
  }

  /// Reads the input to its end and discards it, for a sink that is turned off.
  public static func drain(_ messages: Messages) throws {
    var input = RecordInput(messages: messages, stop: try StopSignal(), needsTimestamp: false)
    defer { input.report() }
    try input.drain()
    if let failure = input.failure { throw failure }
  }

  /// Opens standard input, and reports at the end how much of it was rejected.
  ///
  /// - Parameters:
  ///   - isCareful: whether records stay in the pipe until they are released.
  ///   - body: reads the input to its end.
  /// - Throws: what `body` throws, or ``Failure`` where the input cannot be read.
  public func read(
    _ messages: Messages, isCareful: Bool = false, _ body: (inout RecordInput) throws -> Void
  ) throws {
    var input = RecordInput(
      messages: messages, stop: try StopSignal(), needsTimestamp: requiresTimestamp,
      isCareful: isCareful)
    defer { input.report() }
    do {
      try body(&input)
    } catch {
      if let failure = input.failure { messages.say(failure) }
      throw error
    }
    if let failure = input.failure { throw failure }
  }
}
