import TestSupport
import Testing

/// The Dutch README and p1(7) follow the English ones: the same headings, commands, settings and references.
@Suite struct TranslationTests {
  @Test func readMe() throws {
    let english = try ReadMe("README.md")
    let dutch = try ReadMe("README.nl.md")
    #expect(english.headings == dutch.headings && english.headings.count > 8)
    #expect(english.commands == dutch.commands && english.commands.count > 8)
    // Each names the other language, and p1(7) in its own.
    let own = [
      "README.md", "README.nl.md", "man/p1.7", "man/nl/p1.7", "./man/p1.7", "./man/nl/p1.7",
    ]
    #expect(english.links.filter { !own.contains($0) } == dutch.links.filter { !own.contains($0) })
    #expect(english.links.contains("README.nl.md") && dutch.links.contains("man/nl/p1.7"))
  }

  @Test func overview() throws {
    let english = try ManualPage("p1.7")
    let dutch = try ManualPage("nl/p1.7")
    #expect(english.headings == dutch.headings && english.headings.count > 10)
    #expect(try english.blocks().map(\.text) == dutch.blocks().map(\.text))
    #expect(english.references == dutch.references)
    #expect(english.itemCounts == dutch.itemCounts)
  }
}

/// What a README has in each language.
private struct ReadMe {
  /// The levels of the headings, in order.
  var headings: [Int] = []
  /// The blocks of code without their comments, and the code in lines, in order.
  var commands: [String] = []
  var links: [String] = []

  init(_ path: String) throws {
    let text = try Repository.text(path)
    var block: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.contains("```") {
        if let code = block { commands.append(code) }
        block = block == nil ? "" : nil
      } else if block != nil {
        let code = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        block? += code.replacing(#/ +$/#, with: "") + "\n"
      } else if line.hasPrefix("#") {
        headings.append(line.prefix { $0 == "#" }.count)
      }
    }
    commands += text.matches(of: /`(sudo [^`]+|[A-Z_]+ = [^`]+)`/).map { String($0.1) }
    links = text.matches(of: /(?:\]\(|src="|man )([^)"` ]+)/).map { String($0.1) }
  }
}

extension ManualPage {
  /// The macro of each heading, in order.
  fileprivate var headings: [Substring] {
    source.filter { $0.hasPrefix(".Sh ") || $0.hasPrefix(".Ss ") }.map { $0.prefix(3) }
  }

  /// The pages and options that the page names, in order of the alphabet: sentences may differ.
  fileprivate var references: [Substring] {
    source.filter { $0.hasPrefix(".Xr ") || $0.hasPrefix(".Fl ") || $0.hasPrefix(".Ev ") }
      .map { $0.split(separator: " ").prefix(3).joined(separator: " ")[...] }.sorted()
  }

  /// The number of items in each list.
  fileprivate var itemCounts: [Int] {
    source.split { $0.hasPrefix(".El") }.map { $0.count { $0.hasPrefix(".It") } }
  }
}
