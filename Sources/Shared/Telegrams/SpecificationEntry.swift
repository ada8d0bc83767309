import Metrics
import Records

/// What a specification file says of one code.
public struct SpecificationEntry {
  public let code: OBISCode
  public let description: String
  /// The key that the value gets.
  public let metric: String
  /// Finds the value in the line.
  let pattern: LinePattern

  /// The regular expression for the whole line, whose first capture group is the value.
  public var expression: String { pattern.text }

  /// Whether the value is the record's instant or its meter, and so has their form.
  var isRecordKey: Bool {
    metric == RecordKey.timestamp.rawValue || metric == RecordKey.meter.rawValue
  }
}
