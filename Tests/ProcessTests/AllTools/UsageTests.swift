import TestSupport
import Testing

/// Invalid command lines: exit status 64 and one line, without Swift terms.
@Suite struct UsageTests {
  @Test(arguments: HelpTests.tools)
  func unknownOption(_ tool: String) async throws {
    try await expectUsageError(tool, ["--no-such-option"], naming: "--no-such-option")
  }

  @Test(
    arguments: zip(
      [
        "p1cat", "p1cat", "p1cat", "p1cat", "p1cat", "p1parse", "p1mqtt", "p1mqtt", "p1mqtt",
        "p1mqtt", "p1influx", "p1influx",
      ],
      [
        ["-n", "0"], ["-n", "many"], ["-t", "0"], ["-t", "86401"], ["-n", "99999999999999999999"],
        ["--names", "latin"], ["--linger", "soon"], ["--payload", "xml"], ["--topic", "{meters}"],
        ["--on-change", "often"], ["--buffer", "0"], ["--layout", "round"],
      ]))
  func badValue(_ tool: String, _ arguments: [String]) async throws {
    try await expectUsageError(tool, arguments, naming: arguments[0])
  }

  @Test(arguments: ["p1cat", "p1parse", "p1mqtt", "p1influx"])
  func extraArgument(_ tool: String) async throws {
    let arguments = tool == "p1cat" ? ["-", "surplus"] : ["surplus"]
    try await expectUsageError(tool, arguments, naming: "surplus")
  }

  @Test(arguments: ["p1cat", "p1parse"])
  func missingValue(_ tool: String) async throws {
    let option = tool == "p1cat" ? "-n" : "--names"
    try await expectUsageError(tool, [option], naming: option)
  }

  @Test func lineEndsAndEscapesInArgumentsDoNotBreakTheLine() async throws {
    try await expectUsageError("p1cat", ["-n", "1\n\u{1B}[31m2"], naming: "-n")
  }

  private func expectUsageError(
    _ tool: String, _ arguments: [String], naming part: String
  ) async throws {
    let result = try await Program(tool, arguments).run()
    #expect(result.status == .exited(64))
    #expect(result.output.isEmpty)
    #expect(result.messages.count == 1 && result.errorText.hasSuffix("\n"))
    #expect(result.errorText.hasPrefix("\(tool): ") && result.errorText.contains(part))
    #expect(!result.errorText.unicodeScalars.contains("\u{1B}"))
    for word in ["Error", "Optional", "Failure(", "Errno", "FilePath", "Swift"] {
      #expect(!result.errorText.contains(word), "\(result.errorText)")
    }
  }
}
