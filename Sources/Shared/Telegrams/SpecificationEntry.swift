import Metrics
import Records

/// What a specification file says of one code.
public struct SpecificationEntry: Equatable, Sendable {
  public let code: OBISCode
  public let description: String
  /// The key that the value gets.
  public let metric: String
  /// A regular expression for the whole line, whose first capture group is the value.
  public let pattern: String

  /// Whether the value is the record's instant or its meter, and so has their form.
  var isRecordKey: Bool {
    metric == RecordKey.timestamp.rawValue || metric == RecordKey.meter.rawValue
  }
}

/// What is wrong with a specification file, and where; lines and columns count from 1.
public struct SpecificationError: Error, Equatable, Sendable {
  public let line: Int
  public let column: Int
  public let reason: String
}
