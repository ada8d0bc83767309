import Foundation
import TestSupport

extension TemporaryDirectory {
  /// The rejected records in the spool `spool`, with the reasons.
  var badRecords: String {
    get throws { try names(in: "spool/bad").map { try text(of: "spool/bad/\($0)") }.joined() }
  }
}
