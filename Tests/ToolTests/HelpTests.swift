import TestSupport
import Testing

@Suite struct HelpTests {
  @Test(arguments: ["p1cat", "p1parse", "p1mqtt", "p1influx"])
  func versionAndHelpGoToStandardOutput(_ tool: String) async throws {
    let version = try await Program(tool, ["--version"]).run()
    #expect(version.status == .success && version.text == "0.1.0\n" && version.errorText == "")
    let help = try await Program(tool, ["--help"]).run()
    #expect(help.status == .success && help.text.contains("USAGE: \(tool)"))
  }
}
