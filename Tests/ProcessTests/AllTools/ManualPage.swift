import TestSupport
import Foundation

/// The mdoc source of a page of the manual.
struct ManualPage {
  /// `p1cat.1`.
  let name: String
  let source: [Substring]

  static let names = [
    "p1cat.1", "p1parse.1", "p1mqtt.1", "p1influx.1", "p1run.1", "p1capture.1", "p1replay.1",
    "p1sum.1",
    "p1plot.1", "p1top.1", "p1.conf.5", "p1record.5", "p1spec.5", "p1.7", "p1fleet.7", "p1guide.7",
    "p1trouble.7",
  ]

  /// - Throws: where there is no such page.
  init(_ name: String) throws {
    self.name = name
    source = try Repository.text("man/\(name)").split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  /// The source lines of a section without its heading; empty if the page has no such section.
  func section(_ title: String) -> [Substring] {
    let heading = ".Sh \(title)"
    guard let start = source.firstIndex(where: { $0 == heading }) else { return [] }
    return Array(source[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") })
  }

  /// The settings that OPTIONS describes.
  var settings: [String] {
    section("OPTIONS").compactMap { line in
      line.firstMatch(of: /^\.It .*\bEv (\S+)$/).map { String($0.1) }
    }
  }

  /// The numbers that EXIT STATUS describes.
  var exitStatuses: [Int32] {
    section("EXIT STATUS").filter { $0.hasPrefix(".It ") }.compactMap { Int32($0.dropFirst(4)) }
  }

  // MARK: - Literal text

  struct Block {
    let text: String
    /// The first line of the block in the page, counted from 1.
    let line: Int
    /// The name that a comment `.\" file NAME` right before the block gives it.
    let file: String?
    let isInExamples: Bool
    /// Whether it directly follows another block.
    let followsBlock: Bool
  }

  /// All blocks, in order.
  ///
  /// - Throws: where a block has something in it that is more than text.
  func blocks() throws -> [Block] {
    var blocks: [Block] = []
    // A page of tasks has no EXAMPLES: all its blocks are examples.
    let isOfTasks = section("EXAMPLES").isEmpty
    var isInExamples = false
    var index = 0
    while index < source.count {
      let line = source[index]
      if line.hasPrefix(".Sh ") { isInExamples = isOfTasks || line == ".Sh EXAMPLES" }
      guard line.hasPrefix(".Bd -literal") else {
        index += 1
        continue
      }
      let before = index > 0 ? source[index - 1] : ""
      let text = source[(index + 1)...].prefix { $0 != ".Ed" }
      let comment = ".\\\" file "
      blocks.append(
        Block(
          text: try text.map { try ManualPage.plain($0) + "\n" }.joined(), line: index + 2,
          file: before.hasPrefix(comment) ? String(before.dropFirst(comment.count)) : nil,
          isInExamples: isInExamples, followsBlock: before == ".Ed"))
      index = text.endIndex + 1
    }
    return blocks
  }

  /// The text of a source line with its escapes replaced.
  private static func plain(_ line: Substring) throws -> String {
    guard !line.hasPrefix(".") else { throw Unreadable(line: String(line)) }
    let escapes = [
      "\\e": "\\", "\\(aq": "'", "\\(ha": "^", "\\(ti": "~", "\\(ga": "`", "\\&": "", "\\(S3": "³",
    ]
    var plain = ""
    var rest = line
    while let backslash = rest.firstIndex(of: "\\") {
      plain += rest[..<backslash]
      rest = rest[backslash...]
      guard let escape = escapes.first(where: { rest.hasPrefix($0.key) }) else {
        throw Unreadable(line: String(line))
      }
      plain += escape.value
      rest = rest.dropFirst(escape.key.count)
    }
    return plain + rest
  }

  /// A line of literal text with a macro or an unknown escape.
  struct Unreadable: Error {
    let line: String
  }

  // MARK: - The list of metrics

  /// `.It Cm power_import_kw No 1-0:1.7.0, kW` and the next line, its description.
  struct MetricEntry: Hashable, Comparable, CustomStringConvertible {
    let name: String
    let codes: [String]
    /// The unit, nil where there is none.
    let symbol: String?
    let text: String

    var description: String { "\(name) \(codes) \(symbol ?? "-") \(text)" }

    static func < (left: Self, right: Self) -> Bool { left.description < right.description }
  }

  func metrics() throws -> [MetricEntry] {
    let lines = section("METRICS")
    return try zip(lines, lines.dropFirst()).compactMap { line, text in
      guard let match = line.wholeMatch(of: /\.It Cm (\S+) No (.*)/) else { return nil }
      let parts = try ManualPage.plain(match.2).components(separatedBy: ", ")
      let isCode: (String) -> Bool = { $0.contains(":") }
      return MetricEntry(
        name: String(match.1), codes: parts.filter(isCode),
        symbol: parts.first { !isCode($0) }, text: String(text))
    }
  }
}
