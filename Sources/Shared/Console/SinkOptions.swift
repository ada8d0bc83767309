import ArgumentParser

/// The options of every sink about its input and what waits.
public struct SinkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep so much of what waits for the server; beyond it the oldest goes.", valueName: "MiB"))
  public var buffer = 16

  @Option(
    help: ArgumentHelp(
      "Wait so long for the server after the end of the input.", valueName: "seconds"))
  public var linger = 30

  @Flag(help: "Refuse records without a timestamp, instead of taking them as of now.")
  public var requireTimestamp = false

  public init() {}

  public func validate() throws {
    guard (1...4096).contains(buffer) else {
      throw ValidationError("--buffer takes a number of MiB from 1 to 4096")
    }
    guard (0...86_400).contains(linger) else {
      throw ValidationError("--linger takes a number of seconds from 0 to 86400")
    }
  }

  /// The bytes that may wait.
  public var bufferSize: Int { buffer << 20 }

  /// The input of the sink.
  public func input(_ messages: Messages) throws -> RecordInput {
    RecordInput(messages: messages, stop: try StopSignal(), needsTimestamp: requireTimestamp)
  }
}
