import CommandLine
import Metrics
import TestSupport
import Testing
import enum CommandLine.ExitStatus

/// The exit statuses and metrics in the manual are those of the programs.
@Suite struct ManualTests {
  static let tools = ["p1cat", "p1parse", "p1mqtt", "p1influx"]

  // MARK: - Exit statuses

  /// A command for each exit status; nil if root cannot cause the status, or if it needs a server.
  static let causes: [String: [Int32: String?]] = [
    "p1cat": [
      0: "p1cat sim:count=1,rate=max", 64: "p1cat -n none",
      65: "echo noise | p1cat --strict", 66: "p1cat ./nothing",
      69: "p1cat --listen 192.0.2.1:2001 sim:count=1",
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
    // The metric of a reading depends on the kind of sub-meter; other lines have one metric each.
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
