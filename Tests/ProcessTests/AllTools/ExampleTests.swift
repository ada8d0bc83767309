import Foundation
import TestSupport
import Testing

/// The examples of the manual and of README.md run as printed.
///
/// An example is a block of literal text in EXAMPLES of a page, or one that begins with "```sh" in
/// README.md. It is run unless it names something that only a user has: see ``Example/outside``.
/// A block right behind it is what it prints, messages and all; without one it prints no message.
/// A page's examples are run in order, in one temporary directory, where the files are that the
/// page shows under a name (`.\" file NAME`).
@Suite struct ExampleTests {
  static let sources = ManualPage.names + ["README.md"]

  @Test(arguments: sources)
  func examplesRunAsPrinted(_ source: String) async throws {
    let (examples, files) = try Example.all(in: source)
    #expect(!examples.isEmpty)
    try await TemporaryDirectory.with { directory in
      for (name, text) in files { try directory.write(text, to: name) }
      let scripts = Repository.path("scripts")
      for example in examples {
        if let thing = example.needs {
          print("\(example): not run, it needs \(thing)")
          continue
        }
        print("\(example): run")
        let script = (example.output == nil ? "" : "exec 2>&1\n") + example.script
        let result = try await Program(
          "/bin/bash", ["-e", "-o", "pipefail", "-c", "PATH+=:$0\n\(script)", scripts],
          environment: ["P1_BIN": ToolPaths.directory], directory: directory.path
        ).run(within: .seconds(60))
        #expect(result.status == .success, "\(example): \(result.errorText)")
        #expect(result.errorText == "", "\(example)")
        if let output = example.output { #expect(result.text == output, "\(example)") }
      }
    }
  }

  @Test func everyToolIsInAnExampleThatRuns() throws {
    let scripts = try ExampleTests.sources.flatMap { try Example.all(in: $0).examples }
      .filter { $0.needs == nil }.map(\.script).joined()
    for tool in ManualTests.tools { #expect(scripts.contains(tool)) }
  }

  /// The options of each tool, as the shell completes them.
  private static let options = Shared {
    var options: [String: Set<String>] = [:]
    for tool in ManualTests.tools { options[tool] = try await HelpTests.completions(of: tool) }
    return options
  }

  /// Examples that are not run are at least valid scripts with valid options.
  @Test(arguments: sources)
  func examplesAreScripts(_ source: String) async throws {
    let options = try await ExampleTests.options.value
    for example in try Example.all(in: source).examples {
      let check = try await Program("/bin/bash", ["-n", "-c", example.script]).run()
      #expect(check.status == .success && check.errorText == "", "\(example): \(check.errorText)")
      // Where a command ends, and the next begins.
      let script = example.script.replacing("\\\n", with: " ")
      for command in script.split(whereSeparator: { "|()\n".contains($0) }) {
        let words = command.split(whereSeparator: \.isWhitespace)
        guard let tool = words.first(where: { options[String($0)] != nil }).map(String.init) else {
          continue
        }
        let used = words.filter { $0.wholeMatch(of: /--?[a-z][a-z-]*/) != nil }.map(String.init)
        #expect(options[tool]?.isSuperset(of: used) == true, "\(example): \(command)")
      }
    }
  }

  /// The tools accept the settings that the manual and README.md show.
  @Test(arguments: ["p1.7", "p1guide.7", "README.md"])
  func settingsFilesAreRead(_ source: String) async throws {
    let text = try #require(try Example.all(in: source).files["p1.conf"])
    try await TemporaryDirectory.with { directory in
      let file = try directory.write(text, to: "p1.conf")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      for tool in ["p1cat", "p1parse", "p1mqtt", "p1influx"] {
        let result = try await Program(tool, ["--check"], directory: directory.path).run()
        // p1.7 turns InfluxDB off.
        let isOff = tool == "p1influx" && source == "p1.7"
        #expect(result.status == (isOff ? .exited(1) : .success) && result.errorText == "")
        if tool == "p1cat" { #expect(result.text.hasPrefix("p1cat: /dev/ttyUSB0\n")) }
      }
    }
  }

  /// The example file of p1spec(5) must not change by a letter: users have it.
  @Test func specificationFileIsToTheLetter() throws {
    let candies = #"""
      { "1-0:99.99.98": ["Number of Cotton Candies per Second (output)", "cotton_candies_produced", "^.*\((.*)\*CCs\)"],
      "1-0:99.99.99": ["Number of Cotton Candies per Second (input)", "cotton_candies_consumed", "^.*\((.*)\*CCs\)"] }

      """#
    #expect(try Example.all(in: "p1spec.5").files["dsmr10.py"] == candies)
  }
}

struct Example: CustomStringConvertible {
  /// The page and the first line of the example.
  let place: String
  let script: String
  /// Its output; nil if the page does not show it.
  var output: String?

  var description: String { "\(place): \(script.prefix { $0 != "\n" })" }

  /// Things that a test does not have, by a part of the example that names them.
  static let outside: KeyValuePairs<String, String> = [
    "/dev/tty": "a meter", ".lan": "a server", "scripts/": "a machine to install on",
    "sudo ": "a machine to change",
    "https://": "the Internet", "duckdb ": "DuckDB", "pandas": "pandas", "psql ": "PostgreSQL",
  ]

  /// The thing that the example needs and a test does not have; nil if the example can be run.
  var needs: String? { Example.outside.first { script.contains($0.key) }?.value }

  /// The examples of a page, and the files that it shows by their names.
  static func all(in source: String) throws -> (examples: [Example], files: [String: String]) {
    source == "README.md" ? try ofReadMe() : try ofManual(source)
  }

  private static func ofManual(
    _ name: String
  ) throws -> (examples: [Example], files: [String: String]) {
    var examples: [Example] = []
    var files: [String: String] = [:]
    for block in try ManualPage(name).blocks() {
      if let file = block.file {
        files[file] = block.text
      } else if block.isInExamples, block.followsBlock {
        examples[examples.count - 1].output = block.text
      } else if block.isInExamples {
        examples.append(Example(place: "\(name):\(block.line)", script: block.text))
      }
    }
    return (examples, files)
  }

  /// A block "```sh" is an example, "```text" the output of the example before it, and the blocks "```ini" are p1.conf.
  private static func ofReadMe() throws -> (examples: [Example], files: [String: String]) {
    var examples: [Example] = []
    var files: [String: String] = [:]
    var kind: Substring?
    var text = ""
    var start = 0
    let lines = try Repository.text("README.md").split(
      separator: "\n", omittingEmptySubsequences: false)
    var indent = 0
    for (index, wholeLine) in lines.enumerated() {
      // A block in a list is indented.
      let line = wholeLine.dropFirst(indent)
      guard line.drop(while: { $0 == " " }).hasPrefix("```") else {
        text += line + "\n"
        continue
      }
      guard let begun = kind else {
        indent = line.prefix { $0 == " " }.count
        kind = line.dropFirst(indent + 3)
        text = ""
        start = index + 2
        continue
      }
      switch begun {
      case "sh": examples.append(Example(place: "README.md:\(start)", script: text))
      case "text": examples[examples.count - 1].output = text
      case "ini": files["p1.conf", default: ""] += text
      // One needs a directory, the other cron.
      case "conf", "crontab": break
      default: Issue.record("README.md:\(start): no test reads a block \(begun)")
      }
      kind = nil
      indent = 0
    }
    return (examples, files)
  }
}
