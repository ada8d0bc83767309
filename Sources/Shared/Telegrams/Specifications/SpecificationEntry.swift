import Metrics
import Records

/// What a specification file says of one code.
public struct SpecificationEntry {
  public let code: OBISCode
  /// Whether it is of a sub-meter on whatever channel: `0-n:24.2.1`, with channel 0 in ``code``.
  public let isOfAnyChannel: Bool
  public let description: String
  /// The key that the value gets.
  public let metric: String
  /// Finds the value in the line.
  let pattern: LinePattern
  /// What the value is; nil for whatever the meter printed.
  let type: ValueType?

  /// What stands for the channel in a code of any.
  static let anyChannel = "0-n"

  /// The code as the file has it, but for what separates its numbers.
  public var header: String {
    isOfAnyChannel ? SpecificationEntry.anyChannel + code.description.dropFirst(3) : "\(code)"
  }

  /// The regular expression for the whole line, whose first capture group is the value.
  public var expression: String { pattern.text }

  /// Whether the value is the record's instant or its meter, and so has their form.
  var isRecordKey: Bool {
    metric == RecordKey.timestamp.rawValue || metric == RecordKey.meter.rawValue
  }
}
