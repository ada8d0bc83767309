import ArgumentParser
import Delivery
import Foundation
import Sinks
import TestSupport
import Testing

@testable import CommandLine
@testable import Encryption
@testable import p1cat
@testable import p1influx
@testable import p1mqtt
@testable import p1parse

/// The generated parts of the manual are what the declarations of the settings say.
///
/// `RECORD=1 scripts/test --filter ReferenceTests` writes them anew.
@Suite struct ReferenceTests {
  /// A group that is declared, but not in the list, would have no effect.
  @Test func eachGroupOfOptionsIsListed() throws {
    func check<Some: Tool>(_ type: Some.Type) throws {
      let tool = try #require(try type.parseAsRoot([]) as? Some)
      let declared = Mirror(reflecting: tool).children.filter {
        "\(Swift.type(of: $0.value))".contains("GroupOptions<")
      }
      #expect(declared.count == tool.optionGroups.count && declared.count > 3)
    }
    try check(P1Cat.self)
    try check(P1Parse.self)
    try check(P1MQTT.self)
    try check(P1Influx.self)
  }

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

  private static func reference<T: Tool>(of tool: T.Type) throws -> Reference {
    Reference(
      tool: tool.configuration.commandName ?? "",
      groups: try tool.parse([]).optionGroups.map(\.group))
  }

  /// Of all tools, in the order of the pipe.
  private static func references() throws -> [Reference] {
    [
      try reference(of: P1Cat.self), try reference(of: P1Parse.self),
      try reference(of: P1MQTT.self),
      try reference(of: P1Influx.self),
    ]
  }

  /// Compares the part of a file between two lines, or writes it.
  private func expect(_ lines: [String], in file: String, between begin: String, and end: String)
    throws
  {
    var text = try Repository.text(file).components(separatedBy: "\n")
    let first = try #require(text.firstIndex(of: begin), "\(file) has no line \(begin)") + 1
    let last = try #require(text[first...].firstIndex(of: end), "\(file) has no line \(end)")
    if Self.isRecording {
      text.replaceSubrange(first..<last, with: lines)
      try text.joined(separator: "\n").write(
        toFile: Repository.path(file), atomically: true, encoding: .utf8)
    } else {
      #expect(Array(text[first..<last]) == lines, "RECORD=1 writes \(file) anew")
    }
  }

  private func expect(_ lines: [String], inPage page: String, part: String) throws {
    try expect(
      lines, in: "man/\(page)", between: ".\\\" BEGIN \(part)", and: ".\\\" END \(part)")
  }

  @Test func thePackageHasTheVersionOfTheTools() throws {
    #expect(try Repository.text("debian/changelog").hasPrefix("p1-tools (\(toolsVersion)) "))
    let changes = try Repository.text("CHANGELOG.md")
    let heading = try #require(changes.firstMatch(of: /(?m)^## (.*)$/)).1
    #expect(
      heading == "Unreleased"
        || heading.wholeMatch(of: /(\S+) - \d{4}-\d\d-\d\d/)?.1 == Substring(toolsVersion))
  }

  @Test func pagesOfTheToolsAreUpToDate() throws {
    for reference in try Self.references() {
      let page = "\(reference.tool).1"
      try expect(reference.options, inPage: page, part: "options")
    }
  }

  /// The counters of `--stats`, in the pages of the tools.
  @Test func countersOfThePagesAreUpToDate() throws {
    var reading = ReadStatistics()
    (reading.captureFailures, reading.decryption) = (0, DecryptionStatistics())
    reading.clients = (0, 0)
    let records = DeliveryStatistics(MemoryOutbox(capacity: 1), arrived: 0)
    let values = DeliveryStatistics(ofValues: OutboxCounts(), waiting: 0)
    for (counters, page, part) in [
      (reading.counters, "p1cat.1", "counters"),
      (TelegramTranslator.Statistics().counters, "p1parse.1", "counters"),
      (records.counters, "p1influx.1", "counters"),
      (values.counters, "p1mqtt.1", "counters of values"),
      (records.counters, "p1mqtt.1", "counters of records"),
      (MQTTReceiver.Counts().counters, "p1mqtt.1", "counters of messages"),
    ] {
      try expect(Reference.list(of: counters), inPage: page, part: part)
    }
  }

  @Test func pageOfTheFileIsUpToDate() throws {
    try expect(
      Reference.settings(of: Self.references()), inPage: "p1.conf.5", part: "settings")
  }

  /// Misspelt names are found among the settings of all tools.
  @Test func everySettingOfAToolIsInTheListOfAll() throws {
    let names = allSettingGroups.flatMap(\.settings).compactMap(\.name)
    let declared = try Self.references().flatMap(\.groups).flatMap(\.settings).compactMap(\.name)
    #expect(Set(names) == Set(declared))
    #expect(Set(names).count == names.count, "a name is declared twice")
  }

  /// A help line is one sentence that fits, and a manual paragraph repeats no default.
  @Test func textsHaveTheirForm() throws {
    for setting in try Self.references().flatMap(\.groups).flatMap(\.settings) {
      let text = setting.summary
      #expect(text.hasSuffix(".") && text.first?.isUppercase == true, "\(setting.key): \(text)")
      #expect(text.count <= 100 && !text.contains("default"), "\(setting.key): \(text)")
      #expect(!setting.manual.contains("The default"), "\(setting.key)")
    }
  }

  @Test func completionKnowsEveryOption() throws {
    for reference in try Self.references() {
      let script: String
      switch reference.tool {
      case "p1cat": script = P1Cat.completionScript(for: .bash)
      case "p1parse": script = P1Parse.completionScript(for: .bash)
      case "p1mqtt": script = P1MQTT.completionScript(for: .bash)
      default: script = P1Influx.completionScript(for: .bash)
      }
      for option in reference.groups.flatMap(\.settings).compactMap(\.option) {
        #expect(script.contains("--\(option)"), "\(reference.tool) \(option)")
      }
    }
  }
}
