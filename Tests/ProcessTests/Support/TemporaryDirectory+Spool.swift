import Foundation
import TestSupport

extension TemporaryDirectory {
  /// What is in the part of the spool `spool` that nothing is delivered from.
  var badRecords: String {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: path("spool/bad")).sorted()
      return try names.map { try String(contentsOfFile: path("spool/bad/\($0)"), encoding: .utf8) }
        .joined()
    }
  }
}
