import Records
import Testing

extension Record {
  /// The record with these fields: `meter=E1 power_import_kw=0.5`.
  static func fields(_ text: String) throws -> Record {
    let lines = text.split(separator: " ").map { "\($0)\n" }.joined()
    return try #require(Record([UInt8](lines.utf8)))
  }
}
