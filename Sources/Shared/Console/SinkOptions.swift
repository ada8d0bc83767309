import ArgumentParser

/// The options of every sink about its input.
public struct SinkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Wait so long for the server after the end of the input.", valueName: "seconds"))
  public var linger = 30

  @Flag(help: "Refuse records without a timestamp.")
  public var requireTimestamp = false

  public init() {}

  public func validate() throws {
    guard (0...86_400).contains(linger) else {
      throw ValidationError("--linger takes a number of seconds from 0 to 86400")
    }
  }

  /// The input of the sink.
  public func input(_ messages: Messages) throws -> RecordInput {
    RecordInput(messages: messages, stop: try StopSignal(), needsTimestamp: requireTimestamp)
  }
}
