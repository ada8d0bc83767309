import Foundation
import Telegrams
import TestValues
import Testing

/// Telegrams of public bug reports and their expected records, in the folder `field` beside that of
/// ``FieldTelegramsTests``: `NAME.p1` and `NAME.expected`.
///
/// In `NAME.expected`, a plain line must be in the records, a line `!text` must not, and the lines
/// `a` and `b` of `@a;b` must be in one record.
@Suite struct FieldRecordsTests {
  private static let directory =
    FieldTelegramsTests.directory.deletingLastPathComponent().appending(path: "field")

  private static let names: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
    guard let files else {
      print("no telegrams of bug reports at \(directory.path): not compared")
      return []
    }
    return files.filter { $0.hasSuffix(".p1") }.map { String($0.dropLast(3)) }.sorted()
  }()

  /// The times of receipt of telegrams without a letter after their time, from the remarks in the files.
  private static let receipts = [
    "34-se-iskra-summer": "2022-09-10T19:38:04Z", "38-be-ie5-date-and-time": "2024-05-01T19:13:10Z",
  ]

  @Test(arguments: names)
  func telegramHasItsExpectedRecords(_ name: String) throws {
    let stamp = Self.receipts[name].map { "#\($0)\n".bytes } ?? []
    let file = Self.directory.appending(path: name)
    let telegram = [UInt8](try Data(contentsOf: file.appendingPathExtension("p1")))
    let expected = try String(contentsOf: file.appendingPathExtension("expected"), encoding: .utf8)
    let records = try Parsed(stamp + telegram).records.split(separator: "\n\n").map {
      $0.split(separator: "\n")
    }
    for line in expected.split(separator: "\n") {
      switch line.first {
      case "#": continue
      case "!":
        let text = line.dropFirst()
        #expect(!records.contains { $0.contains { $0.hasPrefix(text) } }, "\(text) in \(records)")
      case "@":
        let parts = line.dropFirst().split(separator: ";")
        #expect(
          records.contains { record in parts.allSatisfy(record.contains) },
          "\(parts) not in \(records)")
      default: #expect(records.contains { $0.contains(line) }, "\(line) not in \(records)")
      }
    }
  }

  @Test func everyReceiptIsThatOfATelegram() {
    #expect(Self.names.isEmpty || Set(Self.receipts.keys).isSubset(of: Self.names))
  }
}
