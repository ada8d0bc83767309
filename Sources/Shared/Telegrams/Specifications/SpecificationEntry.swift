import Metrics
import Records

/// An entry of a specification file: how the lines with one code are read.
public struct SpecificationEntry {
  public let code: OBISCode
  /// Whether it is for sub-meters on any channel: `0-n:24.2.1`, with channel 0 in ``code``.
  public let isOfAnyChannel: Bool
  public let description: String
  /// The key of the value.
  public let metric: String
  /// Finds the value in the line.
  let pattern: LinePattern
  /// Nil if the value is taken as the meter prints it.
  let type: ValueType?

  /// The beginning of a code for any channel.
  static let anyChannel = "0-n"

  /// The code as in the file, with the usual separators between its numbers.
  public var header: String {
    isOfAnyChannel ? SpecificationEntry.anyChannel + code.description.dropFirst(3) : "\(code)"
  }

  /// The regular expression for the whole line, whose first capture group is the value.
  public var expression: String { pattern.text }

  /// Whether the value is the `timestamp` or `meter` of the record, and so has its form.
  var isRecordKey: Bool {
    metric == RecordKey.timestamp.rawValue || metric == RecordKey.meter.rawValue
  }
}
