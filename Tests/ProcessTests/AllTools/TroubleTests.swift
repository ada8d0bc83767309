import Foundation
import TestSupport
import Testing

/// p1trouble(7) explains every message of the tools.
///
/// The messages are the texts with a blank in the source. Of each, the longest part between two interpolations must be in
/// a literal block of the page. Sentences with a full stop are help, which `--help` shows.
@Suite struct TroubleTests {
  /// Files and directories below Sources that have other texts than messages.
  private static let otherFiles: KeyValuePairs<String, String> = [
    "Shared/CommandLine/Settings/Groups/": "help and manual",
    "Shared/CommandLine/Settings/GeneralSettings.swift": "help and manual",
    "Shared/CommandLine/HelpText.swift": "help",
    "Shared/Metrics/": "descriptions of metrics",
    "Shared/Telegrams/Versions/": "names of versions",
    "Shared/Telegrams/Specifications/KnownVersion+Specification.swift": "specification files",
    "Shared/DLMS/Lists/ListDefinitions+BuiltIn.swift": "definitions of lists",
    "p1mqtt/HomeAssistant/": "names of sensors",
    "p1cat/Simulation/TelegramBuilder.swift": "telegrams",
    "p1cat/P1Cat.swift": "help", "p1parse/P1Parse.swift": "help", "p1mqtt/P1MQTT.swift": "help",
    "p1influx/P1Influx.swift": "help",
  ]

  /// Texts that are no messages.
  private static let otherTexts: KeyValuePairs<String, String> = [
    "\" is unknown": "no user can cause it: the form of the setting rejects other words first",
    "the arrival of the oldest undelivered record": "help of a metric",
    "the last telegram": "help of a metric",
    "PRIVATE KEY-----": "contents of a file",
    "waiting for a telegram from": "a status; the page has it in a sentence",
    "receiving from": "a status",
    "connecting to": "a status",
    "unknown address": "an address that the system cannot show",
    "the address of the broker": "a part of a message; the page has the other one",
    "Connection Refused:": "a part of a message of libmosquitto that is left out",
    "text/plain; charset=utf-8": "HTTP",
    "Content-Encoding: gzip": "HTTP",
    "field type conflict: input field": "an answer of InfluxDB",
    "already exists as type": "an answer of InfluxDB",
    "on measurement": "an answer of InfluxDB",
    "CREATE DATABASE \"": "a query",
    "# p1influx --check\\n": "a request",
    "certificate required": "an error of OpenSSL", "bad certificate": "an error of OpenSSL",
    "certificate unknown": "an error of OpenSSL", "certificate expired": "an error of OpenSSL",
    "no application protocol": "an error of OpenSSL",
    "OpenSSL Error": "an error of OpenSSL",
    "host name verification failed": "an error of OpenSSL",
    "unexpected eof while reading": "an error of OpenSSL",
    "announcement rejected": "a kind of messages",
  ]

  /// Shorter texts are words, such as kinds and file names.
  private static let shortestMessage = 12

  @Test func everyMessageIsInThePage() throws {
    let page = try TroubleTests.literalText()
    let others = Set(TroubleTests.otherTexts.map(\.key))
    var count = 0
    for (file, text) in try TroubleTests.texts() where !others.contains(text) {
      count += 1
      let isInPage = page.contains(text)
      #expect(isInPage, "\(file): \(text)")
    }
    // The source is read as expected.
    #expect(count > 300)
  }

  /// Those that the shell scripts log or exit with.
  @Test(arguments: ["p1run", "p1check", "p1capture", "p1replay", "install", "uninstall", "package"])
  func messagesOfScriptsAreInThePage(_ name: String) throws {
    let page = try TroubleTests.literalText()
    let script = try Repository.text("scripts/\(name)")
    let literals = script.matches(
      of: #/\b(?:fail|reject|say) (?:\d+ )?(?:'([^'\n]*)'|"([^"\n]*)")/#)
    let texts = literals.compactMap { match -> String? in
      let text = match.1 ?? match.2 ?? ""
      let fixed = text.replacing(#/\$(?:\(\(.*?\)\)|\(.*?\)|\{.*?\}|\w+|[#@*])/#, with: "\u{1}")
      return TroubleTests.longestPart(of: String(fixed))
    }
    #expect(!texts.isEmpty)
    for text in texts {
      let isInPage = page.contains(text)
      #expect(isInPage, "\(text)")
    }
  }

  @Test func everyExceptionIsNeeded() throws {
    let page = try TroubleTests.literalText()
    let all = Set(try TroubleTests.texts().map(\.text))
    for (text, _) in TroubleTests.otherTexts {
      let isInPage = page.contains(text)
      #expect(all.contains(text) && !isInPage, "\(text)")
    }
    for (path, _) in TroubleTests.otherFiles {
      #expect(FileManager.default.fileExists(atPath: Repository.path("Sources/\(path)")), "\(path)")
    }
  }

  /// The literal blocks of the page in one line.
  private static func literalText() throws -> String {
    folded(try ManualPage("p1trouble.7").blocks().map(\.text).joined(separator: "\n"))
  }

  /// The longest fixed part of each text in the source, with its file.
  private static func texts() throws -> [(file: String, text: String)] {
    let files = try #require(
      FileManager.default.enumerator(atPath: Repository.path("Sources"))
    ).compactMap { $0 as? String }.sorted()
    return try files.flatMap { file -> [(file: String, text: String)] in
      guard file.hasSuffix(".swift"), !otherFiles.contains(where: { file.hasPrefix($0.key) }) else {
        return []
      }
      return texts(in: try Repository.text("Sources/\(file)")).map { (file, $0) }
    }
  }

  private static func texts(in source: String) -> [String] {
    let code = source.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.drop(while: { $0 == " " }).hasPrefix("//") }.joined(separator: "\n")
      // A line of a text may continue in the next one.
      .replacing("\\\n", with: "\n")
      // Escaped characters and interpolations get marks, so that a text ends at its next quote.
      .replacing("\\\\", with: "\u{3}").replacing("\\\"", with: "\u{2}")
      .replacing(
        /\\\((?:[^()\n]|\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\))*\)/, with: "\u{1}"
      )
      .replacing(/(?:repeating|kind): "[^"\n]*"/, with: "")
    // Of a text of several lines, too.
    let literals =
      code.matches(of: /"""\n((?s:.*?))"""/).map(\.1)
      + code.replacing(/"""(?s:.*?)"""/, with: "").matches(of: /"([^"\n]*)"/).map(\.1)
    return literals.compactMap { literal -> String? in
      let text = literal.replacing("\u{2}", with: "\"").replacing("\u{3}", with: "\\")
      guard !text.hasSuffix(".") else { return nil }
      return longestPart(of: String(text))
    }
  }

  /// The longest part of a text between the marks of its interpolations; nil for a word.
  private static func longestPart(of text: String) -> String? {
    let parts = text.split(separator: "\u{1}").map { folded(String($0)) }
    return parts.max { $0.count < $1.count }.flatMap {
      $0.count >= shortestMessage && $0.contains(" ") ? $0 : nil
    }
  }

  /// A text with each run of white space as one blank, and none at its ends.
  private static func folded(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
