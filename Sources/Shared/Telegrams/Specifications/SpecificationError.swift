/// What is wrong with a specification file, and where; lines and columns count from 1.
public struct SpecificationError: Error, Equatable, Sendable {
  public let line: Int
  public let column: Int
  public let reason: String
}
