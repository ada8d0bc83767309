import TestSupport

/// A record in the output of p1parse.
struct SeenRecord {
  let fields: [(key: String, value: String)]

  static func all(in text: String) -> [SeenRecord] {
    text.split(separator: "\n\n").map { record in
      SeenRecord(
        fields: record.split(separator: "\n").map { line in
          let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        })
    }
  }

  /// The value of a key; nil where the record lacks it.
  subscript(_ key: String) -> String? { fields.first { $0.key == key }?.value }

  /// The value in thousandths; nil unless it has three decimals or none.
  func thousandths(_ key: String) -> Int? {
    guard let value = self[key] else { return nil }
    let parts = value.split(separator: ".")
    guard parts.count == 2, parts[1].count == 3 else { return Int(value).map { $0 * 1000 } }
    return Int(parts[0] + parts[1])
  }
}

extension ProgramResult {
  /// The records on standard output.
  var records: [SeenRecord] { SeenRecord.all(in: text) }

  /// The lines on standard error.
  var messages: [Substring] { errorText.split(separator: "\n", omittingEmptySubsequences: true) }
}
