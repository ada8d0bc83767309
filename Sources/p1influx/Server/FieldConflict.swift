/// The error of InfluxDB 1 and 2 for a field that has values of another type:
/// `field type conflict: input field "value" on measurement "power_import_kw" is type float, already
/// exists as type string dropped=1`.
struct FieldConflict: Equatable {
  let field: String
  let measurement: String
  /// `string`, `integer` or `boolean`.
  let type: String

  /// - Parameter answer: the body of the answer, JSON or text. The result is nil for any other error.
  init?(_ answer: String) {
    let text = answer.replacing("\\\"", with: "\"")
    guard let start = text.firstRange(of: "field type conflict: input field ")?.upperBound else {
      return nil
    }
    let parts = text[start...].split(separator: "\"", omittingEmptySubsequences: false)
    let words = "already exists as type "
    guard parts.count > 4, parts[2] == " on measurement ",
      let typeStart = parts[4].firstRange(of: words)?.upperBound
    else {
      return nil
    }
    field = String(parts[1])
    measurement = String(parts[3])
    type = String(parts[4][typeStart...].prefix { $0.isLetter })
  }
}
