import Foundation
import Telegrams
import TestValues
import Testing

/// Telegrams and the records that they become: `NAME.p1`, and beside it `NAME.records` with
/// canonical names and `NAME.obis.records` with codes. `RECORD=1 swift test --filter GoldenTests`
/// writes the records anew; what changed is then to be read before it is committed.
@Suite struct GoldenTests {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden")

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path)
      .filter { $0.hasSuffix(".p1") }.map { String($0.dropLast(3)) }.sorted()
  }

  @Test func thereAreTelegramsOfEveryVersion() throws {
    let names = try GoldenTests.names()
    for version in ["dsmr22", "dsmr30", "dsmr40", "dsmr42", "dsmr50"] {
      #expect(names.contains { $0.hasPrefix(version) })
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: GoldenTests.directory.path)
    let expected = names.flatMap { ["\($0).p1", "\($0).records", "\($0).obis.records"] }
    if !GoldenTests.isRecording { #expect(Set(files) == Set(expected)) }
  }

  @Test(arguments: [NameSet.canonical, .obis])
  func telegramsBecomeTheirRecords(_ names: NameSet) throws {
    for name in try GoldenTests.names() {
      let telegrams = try Data(contentsOf: GoldenTests.directory.appending(path: "\(name).p1"))
      let parsed = try Parsed([UInt8](telegrams), .names(names))
      #expect(parsed.dropped == [], "\(name)")
      let file = GoldenTests.directory.appending(
        path: names == .canonical ? "\(name).records" : "\(name).\(names.rawValue).records")
      if GoldenTests.isRecording {
        try parsed.records.write(to: file, atomically: true, encoding: .utf8)
      } else {
        #expect(parsed.records == (try String(contentsOf: file, encoding: .utf8)), "\(name)")
      }
    }
  }
}
