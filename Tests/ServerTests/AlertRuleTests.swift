import Foundation
import TestSupport
import Testing

/// The rules for vmalert, and what they find in VictoriaMetrics.
@Suite struct AlertRuleTests {
  private let rules = Repository.path("scripts/alerts.yml")

  @Test func vmalertReadsTheRules() async throws {
    let result = try await Program("vmalert", ["-dryRun", "-rule=\(rules)"]).run()
    #expect(result.status == .success, "\(result.errorText)")
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
