/// What is wrong with a text in Python's terms, and where; lines and columns count from 1.
public struct LiteralError: Error, Equatable, Sendable {
  public let line: Int
  public let column: Int
  public let reason: String
}
