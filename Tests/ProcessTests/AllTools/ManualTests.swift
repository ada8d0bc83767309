import CommandLine
import Metrics
import TestSupport
import Testing
import enum CommandLine.ExitStatus

/// The manual says what the programs do: their options, settings, exit statuses and metrics.
@Suite struct ManualTests {
  static let tools = ["p1cat", "p1parse", "p1mqtt", "p1influx"]

  @Test(arguments: tools)
  func optionsAreInHelpAndManual(_ tool: String) async throws {
    let page = try ManualPage("\(tool).1")
    let help = try await ManualTests.optionsInHelp(of: tool)
    #expect(help.isSuperset(of: ["--version", "--help", "-h", "-v", "--verbose"]))
    #expect(page.options == help)
    // Long forms of short options need not be in the synopsis.
    #expect(page.synopsis == help.subtracting(["--verbose", "--quiet"]))
  }

  /// The options that `--help` describes.
  static func optionsInHelp(of tool: String) async throws -> Set<String> {
    let help = try await Program(tool, ["--help"]).run().text
    let options = help.split(separator: "\n").compactMap { line in
      line.prefixMatch(of: /\s\s(--?[a-z][a-z-]*)(?:(?:, |\/)(--[a-z-]+))?/)
    }
    return Set(options.flatMap { [$0.1, $0.2].compactMap { $0.map(String.init) } })
  }

  // MARK: - Settings

  /// Those of `P1_` are in the pages of the tools that have them.
  @Test(arguments: [
    ("SER_", ["p1cat"]), ("P1_", tools), ("MQTT_", ["p1mqtt"]), ("INFLUXDB_", ["p1influx"]),
  ])
  func settingsAreInTheManual(_ prefix: String, _ names: [String]) throws {
    let settings = SettingName.allCases.map(\.rawValue).filter { $0.hasPrefix(prefix) }
    let described = try names.flatMap { name in
      let variables = try ManualPage("\(name).1").variables.filter { $0.hasPrefix(prefix) }
      #expect(Set(variables).count == variables.count)
      return variables
    }
    #expect(!settings.isEmpty)
    #expect(Set(described) == Set(settings))
  }

  @Test func everySettingHasAPage() {
    #expect(
      SettingName.allCases.allSatisfy { setting in
        ["SER_", "P1_", "MQTT_", "INFLUXDB_"].contains { setting.rawValue.hasPrefix($0) }
      })
  }

  @Test func settingsAreInTheReadMe() throws {
    let text = try Repository.text("README.md")
    let named = Set(
      text.matches(of: /\b(?:SER|P1|MQTT|INFLUXDB)_[A-Z_]*[A-Z]/).map { "\($0.0)" })
    let ofScripts: Set = ["P1_BIN"]
    #expect(named.subtracting(ofScripts) == Set(SettingName.allCases.map(\.rawValue)))
  }

  // MARK: - Exit statuses

  /// What makes a tool end with a status; nil for one that root, who may do anything, cannot cause,
  /// and for one that takes a server.
  static let causes: [String: [Int32: String?]] = [
    "p1cat": [
      0: "p1cat sim:count=1,rate=max", 64: "p1cat -n none",
      65: "echo noise | p1cat --strict", 66: "p1cat ./nothing",
      73: "p1cat --capture ./nothing sim:count=1",
      74: "p1cat sim:count=1 > /dev/full", 75: "mkfifo fifo; p1cat -t 1 <> fifo",
      77: nil, 78: "SER_PARITY=mark p1cat /dev/null",
    ],
    "p1parse": [
      0: "p1cat sim:count=1 | p1parse", 64: "p1parse --names none",
      65: "echo noise | p1parse --strict",
      74: "p1cat sim:count=1 | p1parse > /dev/full", 77: nil,
      78: #"printf '/X\r\n\r\n1-3:0.2.8(10)\r\n1-0:1.7.0(1*kW)\r\n!\r\n' | p1parse"#,
    ],
    "p1mqtt": sinkCauses("p1mqtt", "MQTT", keeping: "--payload json"),
    "p1influx": sinkCauses("p1influx", "INFLUXDB"),
  ]

  private static func sinkCauses(
    _ tool: String, _ prefix: String, keeping options: String = ""
  ) -> [Int32: String?] {
    [
      0: "echo a=1 | \(prefix)_ENABLED=False \(tool)", 64: "\(tool) --linger none", 65: nil,
      69: "echo a=1 | \(tool) --port 1 --linger 0",
      73: "touch file; \(tool) \(options) --spool file/spool < /dev/null", 74: "\(tool) < .",
      75: "mkdir spool; exec 9> spool/lock; flock 9; \(tool) \(options) --spool spool < /dev/null",
      77: "echo open > file; chmod 644 file; \(prefix)_USER=me \(prefix)_PASS_FILE=file \(tool)",
      78: "\(prefix)_PORT=0 \(tool)",
    ]
  }

  @Test(arguments: tools)
  func exitStatusesAreThoseOfTheManual(_ tool: String) async throws {
    let listed = try ManualPage("\(tool).1").exitStatuses
    let causes = try #require(ManualTests.causes[tool])
    #expect(listed == causes.keys.sorted())
    for status in listed { #expect(ExitStatus(rawValue: status) != nil, "\(status)") }
    for (status, script) in causes {
      guard let script else { continue }
      try await TemporaryDirectory.with { directory in
        let result = try await Program.bash(script, directory: directory.path).run()
        #expect(result.status == .exited(status), "\(script): \(result.errorText)")
      }
    }
  }

  // MARK: - Metrics

  @Test func metricsAreThoseOfTheTable() throws {
    let listed = try ManualPage("p1record.5").metrics()
    // The reading of a sub-meter is called by what it is; the other lines have their own names.
    let submeter = MetricTable.submeter.filter { !$0.isSubmeterReading }.map(ManualTests.entry)
    let readings = SubmeterReading.allCases.map { reading in
      ManualPage.MetricEntry(
        name: reading.name,
        codes: MetricTable.submeter.filter { $0.canBe(reading) }.map(\.codeText),
        symbol: reading.unit.symbol, text: reading.description + ".")
    }
    let expected = MetricTable.main.map(ManualTests.entry) + readings + submeter
    for (entry, other) in zip(listed, expected) { #expect(entry == other) }
    #expect(listed.count == expected.count)
  }

  private static func entry(_ metric: Metric) -> ManualPage.MetricEntry {
    ManualPage.MetricEntry(
      name: metric.name, codes: [metric.codeText], symbol: metric.symbol,
      text: metric.description + ".")
  }
}
