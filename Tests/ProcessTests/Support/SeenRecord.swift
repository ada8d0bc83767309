import TestSupport

/// A record as a test sees it in the output of p1parse.
struct SeenRecord {
  let fields: [(key: String, value: String)]

  /// The records of a stream, in order.
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

  /// The thousandths of a number with three decimals, or those of a whole number.
  func thousandths(_ key: String) -> Int? {
    guard let value = self[key] else { return nil }
    let parts = value.split(separator: ".")
    guard parts.count == 2, parts[1].count == 3 else { return Int(value).map { $0 * 1000 } }
    return Int(parts[0] + parts[1])
  }
}

extension ProgramResult {
  /// Its standard output as records.
  var records: [SeenRecord] { SeenRecord.all(in: text) }

  /// What it said, line by line.
  var messages: [Substring] { errorText.split(separator: "\n", omittingEmptySubsequences: true) }
}
