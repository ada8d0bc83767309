import ArgumentParser
import CommandLine
import Records

/// The options of every sink about its input.
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

  public func option(for setting: Setting, of sink: SinkSettings) -> Environment.Option? {
    switch setting {
    case sink.linger: .init("--linger", linger)
    case sink.every: .init("--every", every)
    case sink.extremes: extremes ? .init("--extremes", "True") : nil
    default: nil
    }
  }

  /// What makes fewer records of many; nil where each one counts. What is set for the sink comes before
  /// what is set for both.
  ///
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func summary(_ environment: Environment, of sink: SinkSettings) throws -> Summary? {
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

  /// How long the server is waited for after the end of the input.
  ///
  /// - Throws: ``Failure`` for a setting that cannot be used.
  public func linger(_ environment: Environment, of sink: SinkSettings) throws -> Duration {
    .seconds(try environment.number(sink.linger, in: 0...86_400) ?? 30)
  }

  /// Reads the input to its end and keeps nothing: what a sink does that is not wanted.
  ///
  /// - Parameter messages: where what is refused is said.
  /// - Throws: ``Failure``.
  public func drain(_ messages: Messages) throws {
    try read(messages) { try $0.drain() }
  }

  /// Reads the input of the sink, and says what was refused of it.
  ///
  /// - Parameters:
  ///   - messages: where that is said.
  ///   - isCareful: whether records stay in the pipe until they are released.
  ///   - body: what reads it to its end.
  /// - Throws: what `body` throws, or ``Failure`` where the input cannot be read.
  public func read(
    _ messages: Messages, isCareful: Bool = false, _ body: (inout RecordInput) throws -> Void
  ) throws {
    var input = RecordInput(
      messages: messages, stop: try StopSignal(), needsTimestamp: requireTimestamp,
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
