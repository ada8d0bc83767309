/// What a program left behind: how it ended, and all that it wrote.
public struct ProgramResult: Sendable {
  /// How it ended.
  public let status: ProgramStatus
  /// All bytes of its standard output.
  public let output: [UInt8]
  /// All bytes of its standard error, as text.
  public let errorText: String

  /// Its standard output as text; what is not UTF-8 is shown as U+FFFD.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The lines of its standard output, without the empty ones.
  public var lines: [Substring] { text.split(whereSeparator: \.isNewline) }
}
