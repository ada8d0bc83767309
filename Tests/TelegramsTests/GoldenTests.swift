import Foundation
import Telegrams
import TestValues
import Testing

/// Telegrams and their records: `NAME.p1`, `NAME.records` with canonical names, `NAME.obis.records`
/// with codes, and `NAME.history.records` with history, if there is any. Dropped telegrams are listed
/// at the end, as comments.
///
/// `RECORD=1 swift test --filter GoldenTests` writes the records again. Read the difference before
/// you commit it.
@Suite struct GoldenTests {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden")

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path)
      .filter { $0.hasSuffix(".p1") }.map { String($0.dropLast(3)) }.sorted()
  }

  /// A file of records.
  enum Output: CaseIterable {
    case canonical, obis, history

    func file(of name: String) -> String {
      switch self {
      case .canonical: "\(name).records"
      case .obis: "\(name).obis.records"
      case .history: "\(name).history.records"
      }
    }

    /// The text of the file; nil for history if the telegrams have none.
    func text(of name: String) throws -> String? {
      let telegrams = [UInt8](
        try Data(contentsOf: GoldenTests.directory.appending(path: "\(name).p1")))
      let parsed = try Parsed(
        telegrams,
        .with {
          $0.names = self == .obis ? .obis : .canonical
          $0.includesHistory = self == .history
        })
      if self == .history, try parsed.records == Parsed(telegrams).records { return nil }
      return parsed.records + parsed.dropped.map { "# dropped: \($0)\n" }.joined()
    }
  }

  @Test(arguments: [
    "dsmr22", "dsmr30", "dsmr40", "dsmr42", "dsmr50", "be-50213", "be-50217", "be-50221", "be-mie5",
    "lu", "se-h1", "se-transformer", "se-iskra", "hu", "hu-wasion", "hu-holley", "at", "lt", "ch",
    "gr", "il", "q3d", "ace4000",
  ])
  func thereAreTelegramsOf(_ version: String) throws {
    #expect(
      try GoldenTests.names().contains { $0 == version || $0.hasPrefix("\(version)-") })
  }

  @Test func everyTelegramIsRecorded() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: GoldenTests.directory.path)
    var expected: Set<String> = []
    for name in try GoldenTests.names() {
      expected.insert("\(name).p1")
      for output in Output.allCases where try output.text(of: name) != nil {
        expected.insert(output.file(of: name))
      }
    }
    if !GoldenTests.isRecording { #expect(Set(files) == expected) }
  }

  @Test(arguments: Output.allCases, try GoldenTests.names())
  func telegramsBecomeTheirRecords(_ output: Output, _ name: String) throws {
    let file = GoldenTests.directory.appending(path: output.file(of: name))
    let text = try output.text(of: name)
    if GoldenTests.isRecording {
      if let text {
        try text.write(to: file, atomically: true, encoding: .utf8)
      } else {
        try? FileManager.default.removeItem(at: file)
      }
    } else if let text {
      #expect(text == (try String(contentsOf: file, encoding: .utf8)))
    }
  }
}

/// The golden telegrams, a file each.
enum GoldenFile {
  static let all: [[UInt8]] = {
    let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { $0.hasSuffix(".p1") }.sorted().compactMap {
      (try? Data(contentsOf: directory.appending(path: $0))).map { [UInt8]($0) }
    }
  }()
}
