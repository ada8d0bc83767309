import CommandLine
import TestSupport
import Testing

/// Options that every tool has.
@Suite struct HelpTests {
  static let tools = ["p1cat", "p1parse", "p1mqtt", "p1influx"]

  @Test(arguments: tools)
  func versionGoesToStandardOutput(_ tool: String) async throws {
    let version = try await Program(tool, ["--version"]).run()
    #expect(
      version.status == .success && version.text == "\(toolsVersion)\n" && version.errorText == "")
  }

  /// Two screens of 24 lines.
  @Test(arguments: tools)
  func helpFitsTwoScreens(_ tool: String) async throws {
    let help = try await Program(tool, ["--help"]).run()
    let lines = help.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(help.status == .success && help.errorText == "")
    #expect(lines.count <= 48 && lines.allSatisfy { $0.count <= 80 }, "\(lines.count) lines")
    let short = try await Program(tool, ["-h"]).run()
    #expect(short.text == help.text)
    // Those of swift-argument-parser, without those that only turn off another one.
    let all = try await HelpTests.completions(of: tool).filter {
      !$0.hasPrefix("--no-") || $0 == "--no-check"
    }
    let text = help.text.split(separator: "Examples:")[0]
    let listed = Set(text.matches(of: /[\s,](--?[a-z][a-z-]*)/).map { String($0.1) })
    #expect(listed.subtracting(["--generate-completion-script"]) == Set(all), "\(listed)")
    let common = try #require(help.text.firstMatch(of: /need:\n([^\n]+\n)+/)).0
    #expect(common.matches(of: /(?m)^  -/).count == 10)
  }

  /// The options of a tool, as bash completes them.
  static func completions(of tool: String) async throws -> Set<String> {
    let script = try await Program(tool, ["--generate-completion-script", "bash"]).run().text
    let lists = script.matches(of: /repeating_(?:flags|options)=\((-[^)]*)\)/).map(\.1)
    return Set(lists.flatMap { $0.split(separator: " ") }.map(String.init))
  }

  /// Every user could see a password on the command line in `ps`.
  @Test(arguments: ["p1mqtt", "p1influx"])
  func noOptionTakesAPassword(_ tool: String) async throws {
    let result = try await Program(tool, ["--password", "secret"]).run()
    #expect(result.status == .exited(64))
    #expect(!result.errorText.contains("secret"))
  }
}
