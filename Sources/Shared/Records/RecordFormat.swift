/// How records are written.
public enum RecordFormat: String, CaseIterable, Sendable {
  /// Lines `key=value`, an empty line after each record: p1record(5).
  case lines
  /// A JSON object a line.
  case json
}
