import TestSupport
import Testing

/// What every tool says of itself.
@Suite struct HelpTests {
  static let tools = ["p1cat", "p1parse", "p1mqtt", "p1influx"]

  static let options = [
    "p1cat": [
      "-n", "-t", "--once", "--stamp", "--no-check", "--strict", "--buffer", "--capture", "--stats",
      "--baudrate",
      "--bytesize", "--parity", "--stopbits",
      "--xonxoff", "--rtscts", "--silence",
    ],
    "p1parse": [
      "--format", "--names", "--all", "--net", "--history", "--time", "--utc-offset",
      "--summer-time", "--spec", "--spec-dir", "--no-check", "--strict", "--list", "--list-specs",
      "--print-spec",
    ],
    "p1mqtt": [
      "--broker", "--port", "--id", "--user", "--protocol", "--session", "--keepalive",
      "--timeout", "--tls", "--ca-file", "--cert-file", "--key-file", "--alpn",
      "--payload", "--topic", "--prefix", "--qos", "--retain", "--expiry", "--status",
      "--no-status", "--receive",
      "--on-change", "--homeassistant", "--every", "--extremes", "--spool", "--spool-size",
      "--sync", "--buffer", "--hold", "--stats", "--linger", "--require-timestamp",
    ],
    "p1influx": [
      "--url", "--host", "--port", "--api", "--db", "--retention-policy", "--org", "--bucket",
      "--user", "--create-db", "--ca-file", "--cert-file", "--key-file", "--pinned-key",
      "--layout", "--measurement", "--tag", "--precision", "--every", "--extremes",
      "--batch-count", "--batch-size", "--batch-age", "--parallel", "--gzip", "--timeout",
      "--settle",
      "--hold", "--spool", "--spool-size", "--sync", "--buffer", "--stats", "--dry-run",
      "--linger", "--require-timestamp", "--state", "--config", "--check",
    ],
  ]

  @Test(arguments: tools)
  func versionGoesToStandardOutput(_ tool: String) async throws {
    let version = try await Program(tool, ["--version"]).run()
    #expect(version.status == .success && version.text == "0.1.0\n" && version.errorText == "")
  }

  @Test(arguments: tools)
  func helpNamesEveryOption(_ tool: String) async throws {
    let help = try await Program(tool, ["--help"]).run()
    #expect(help.status == .success && help.errorText == "")
    #expect(help.text.contains("USAGE: \(tool)"))
    let named = Set(help.lines.compactMap { line in Self.option(line) })
    let common = ["-v", "-q", "--version", "-h"]
    #expect(named == Set(try #require(Self.options[tool]) + common))
  }

  /// A password as an option would stand in `ps` for all to see.
  @Test(arguments: ["p1mqtt", "p1influx"])
  func noOptionTakesAPassword(_ tool: String) async throws {
    let result = try await Program(tool, ["--password", "secret"]).run()
    #expect(result.status == .exited(64))
    #expect(!result.errorText.contains("secret"))
  }

  /// The first option of a line of the help, which stands at its very beginning.
  private static func option(_ line: Substring) -> String? {
    guard line.hasPrefix("  -") else { return nil }
    return String(line.dropFirst(2).prefix { !" ,/".contains($0) })
  }
}
