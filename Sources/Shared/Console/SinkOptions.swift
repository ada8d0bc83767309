import ArgumentParser
import Delivery

/// The options of every sink about its input.
public struct SinkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Wait so long for the server after the end of the input.", valueName: "seconds"))
  public var linger = 30

  @Flag(help: "Refuse records without a timestamp.")
  public var requireTimestamp = false

  @Option(
    help: ArgumentHelp(
      "One record a period: means of power, voltage and current, the last of all else.",
      valueName: "seconds"))
  public var every: Int?

  @Flag(help: "With --every, the least and the greatest value beside each mean.")
  public var extremes = false

  @OptionGroup public var stats: StatsOption

  public init() {}

  /// What makes fewer records of many; nil where each one counts.
  public var summary: Summary? { every.map { Summary(every: $0, withExtremes: extremes) } }

  public func validate() throws {
    guard (0...86_400).contains(linger) else {
      throw ValidationError("--linger takes a number of seconds from 0 to 86400")
    }
    if let every, !(1...86_400).contains(every) {
      throw ValidationError("--every takes a number of seconds from 1 to 86400")
    }
    guard every != nil || !extremes else {
      throw ValidationError("--extremes needs --every")
    }
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
