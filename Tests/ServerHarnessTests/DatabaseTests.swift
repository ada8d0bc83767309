import Foundation
import TestSupport
import Testing

/// InfluxDB and VictoriaMetrics.
@Suite struct DatabaseTests {
  private let line = "power,meter=a\\ b import=1.25,state=\"on\",count=3i 1700000000123456789\n"

  @Test func pointIsWrittenToInfluxDBAndReadBack() async throws {
    let server = try await InfluxDB.shared
    let query = ["db": "test", "precision": "ns"]
    let written = try await server.client.request("/write", query: query, body: line)
    #expect(written.status == 204, "\(written.body)")
    let rows = try await server.query("SELECT * FROM power")
    #expect(
      rows == [
        [
          "time": .integer(1_700_000_000_123_456_789), "meter": .string("a b"),
          "import": .number(1.25), "state": .string("on"), "count": .integer(3),
        ]
      ])
    let grouped = try await server.query("SELECT import FROM power GROUP BY meter")
    #expect(grouped.first?["meter"] == .string("a b"))
    await #expect(throws: HTTPFailure.self) { try await server.query("SELECT nonsense") }
    for login in [Login(user: Login.standard.user, password: "wrong"), nil] {
      let stranger = HTTPClient(port: server.port, login: login)
      let rejected = try await stranger.request("/write", query: query, body: line)
      #expect(rejected.status == 401)
    }
  }

  @Test func influxDBWithoutLoginKeepsItsDataWhenKilled() async throws {
    var server: InfluxDB?
    try await InfluxDB.running(database: "other") { influx in
      server = influx
      let written = try await influx.client.request("/write", query: ["db": "other"], body: line)
      #expect(written.status == 204)
      await influx.kill()
      #expect(influx.process.processes.isEmpty)
      let answer = try await influx.client.request("/ping")
      #expect(answer.status == 0)
      try await influx.start()
      let rows = try await influx.query("SELECT count FROM power")
      #expect(rows.first?["count"] == .integer(3))
      influx.pause()
      let silence = try await influx.client.request("/ping", within: .seconds(1))
      #expect(silence.status == 0)
      influx.resume()
      try await influx.stop()
    }
    let ended = try #require(server)
    try await Leftovers.expectNone(of: ended)
  }

  @Test func pointIsWrittenToVictoriaMetricsAndExported() async throws {
    let server = try await VictoriaMetrics.shared
    let point = "energy,meter=1,db=x import=1.25,export=2 1000000000123000000\n"
    let written = try await server.client.request("/write", body: point)
    #expect(written.status == 204)
    let series = try await server.export("{meter=\"1\"}")
    #expect(Set(series.map { $0.metric["__name__"] }) == ["energy_import", "energy_export"])
    let imported = try #require(series.first { $0.metric["__name__"] == "energy_import" })
    #expect(imported.values == [1.25])
    #expect(imported.timestamps == [1_000_000_000_123])
  }

  @Test func victoriaMetricsKeepsItsData() async throws {
    var server: VictoriaMetrics?
    try await VictoriaMetrics.running { metrics in
      server = metrics
      let written = try await metrics.client.request("/write", body: line)
      #expect(written.status == 204)
      try await metrics.stop()
      #expect(metrics.process.processes.isEmpty)
      try await metrics.start()
      let series = try await metrics.export("power_import")
      #expect(series.map(\.values) == [[1.25]])
    }
    let ended = try #require(server)
    try await Leftovers.expectNone(of: ended)
  }
}
