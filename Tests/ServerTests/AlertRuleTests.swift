import Foundation
import TestSupport
import Testing

/// The rules for vmalert and Prometheus, and what they find.
@Suite struct AlertRuleTests {
  private let rules = Repository.path("scripts/alerts.yml")

  private let toolRules = Repository.path("scripts/alerts-tools.yml")

  @Test func vmalertReadsTheRules() async throws {
    for rules in [rules, toolRules] {
      let result = try await Program("vmalert", ["-dryRun", "-rule=\(rules)"]).run()
      #expect(result.status == .success, "\(result.errorText)")
    }
  }

  /// The series of pipes with a trouble each, and of one without, for `promtool test rules`.
  private static let troubles = """
          - {series: 'p1cat_start_time_seconds{pipe="house"}', values: '0x60'}
          - {series: 'p1cat_start_time_seconds{pipe="silent"}', values: '0x60'}
          - {series: 'p1cat_last_telegram_timestamp_seconds{pipe="house"}', values: '0+60x60'}
          - {series: 'p1cat_telegrams_total{pipe="house"}', values: '0+60x60'}
          - {series: 'p1cat_checksum_failures_total{pipe="house"}', values: '0x60'}
          - {series: 'p1cat_resyncs_total{pipe="house"}', values: '0+0.1x60'}
          - {series: 'p1cat_telegrams_total{pipe="noisy"}', values: '0+60x60'}
          - {series: 'p1cat_checksum_failures_total{pipe="noisy"}', values: '0+1x60'}
          - {series: 'p1cat_resyncs_total{pipe="noisy"}', values: '0+1x60'}
          - {series: 'p1cat_dropped_total{pipe="house"}', values: '5x60'}
          - {series: 'p1cat_dropped_total{pipe="slow"}', values: '0x50 7x10'}
          - {series: 'p1influx_oldest_timestamp_seconds{pipe="house"}', values: '0+60x60'}
          - {series: 'p1influx_oldest_timestamp_seconds{pipe="late"}', values: '2400x60'}
          - {series: 'p1mqtt_waiting{pipe="house"}', values: '0x54 40 40 40 40 40 40'}
          - {series: 'p1mqtt_waiting{pipe="late"}', values: '0x48 40x12'}
          - {series: 'p1influx_dropped_total{pipe="house"}', values: '5x60'}
          - {series: 'p1influx_dropped_total{pipe="full"}', values: '0x50 7x10'}
          - {series: 'node_textfile_mtime_seconds{file="/run/p1/house-p1mqtt.prom"}', values: '0+60x60'}
          - {series: 'node_textfile_mtime_seconds{file="/run/p1/dead-p1mqtt.prom"}', values: '0x60'}
          - {series: 'node_textfile_mtime_seconds{file="/run/p1/p1cat_dead.prom"}', values: '0x60'}
          - {series: 'node_textfile_mtime_seconds{file="/run/other.prom"}', values: '0x60'}
    """

  /// Each rule on the tools fires, and only for the pipe that has the trouble.
  @Test func troublesOfThePipeAreFound() async throws {
    let pipes = """
      rule_files: [\(toolRules)]
      evaluation_interval: 1m
      tests:
        - interval: 1m
          input_series:
      \(Self.troubles)
          promql_expr_test:
            - expr: count by (alertname, pipe, file) (ALERTS{alertstate="firing"})
              eval_time: 59m
              exp_samples:
                - {labels: '{alertname="MeterSilent", pipe="silent"}', value: 1}
                - {labels: '{alertname="TelegramsDamaged", pipe="noisy"}', value: 1}
                - {labels: '{alertname="TelegramsDropped", pipe="slow"}', value: 1}
                - {labels: '{alertname="DatabaseBacklog", pipe="late"}', value: 1}
                - {labels: '{alertname="BrokerBacklog", pipe="late"}', value: 1}
                - {labels: '{alertname="RecordsDropped", pipe="full"}', value: 1}
                - {labels: '{alertname="ToolStopped", file="/run/p1/dead-p1mqtt.prom"}', value: 1}
                - {labels: '{alertname="ToolStopped", file="/run/p1/p1cat_dead.prom"}', value: 1}

      """
    try await TemporaryDirectory.with { directory in
      let file = try directory.write(pipes, to: "pipes.yml")
      let result = try await Program("promtool", ["test", "rules", file]).run()
      #expect(result.status == .success, "\(result.text)\(result.errorText)")
    }
  }

  @Test func aSilentMeterIsFound() async throws {
    let text = try String(contentsOfFile: rules, encoding: .utf8)
    let rule = try #require(text.firstMatch(of: /expr: (.*)/)?.1)
    try await VictoriaMetrics.running { database in
      let input = [("E1", 0.0), ("E2", 200), ("E3", 400)].map { meter, age in
        "timestamp=\(Date.now.addingTimeInterval(-age).ISO8601Format())\nmeter=\(meter)\npower_import_kw=1\n\n"
      }.joined()
      let program = Program("p1influx", ["--host", "127.0.0.1", "--port", "\(database.port)"])
      #expect(try await program.run(input: input).status == .success)
      _ = try await database.export("{meter=~\".+\"}")
      let response = try await database.client.request(
        "/api/v1/query", query: ["query": String(rule)])
      #expect(response.status == 200)
      #expect(response.body.matches(of: /"meter":"(E.)"/).map(\.1) == ["E3"])
    }
  }
}
