import TestSupport
import Testing

/// Options that every tool has.
@Suite struct HelpTests {
  static let tools = ["p1cat", "p1parse", "p1mqtt", "p1influx"]

  @Test(arguments: tools)
  func versionGoesToStandardOutput(_ tool: String) async throws {
    let version = try await Program(tool, ["--version"]).run()
    #expect(version.status == .success && version.text == "0.9.0\n" && version.errorText == "")
  }

  /// Every user could see a password on the command line in `ps`.
  @Test(arguments: ["p1mqtt", "p1influx"])
  func noOptionTakesAPassword(_ tool: String) async throws {
    let result = try await Program(tool, ["--password", "secret"]).run()
    #expect(result.status == .exited(64))
    #expect(!result.errorText.contains("secret"))
  }
}
