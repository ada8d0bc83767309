import ArgumentParser

/// The options of every tool about what it says.
public struct Verbosity: ParsableArguments {
  @Flag(name: [.short, .long], help: "Say more on standard error.")
  public var verbose = false

  @Flag(name: [.short, .long], help: "Say only errors on standard error.")
  public var quiet = false

  public init() {}

  /// The messages of a tool, as the options ask.
  public func messages(of tool: String) -> Messages {
    Messages(tool: tool, highest: quiet ? .error : verbose ? .info : .notice)
  }
}
