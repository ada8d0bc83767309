import Foundation
import TestSupport
import Testing

/// The dashboards of `scripts/grafana`, with real databases filled by p1influx in the place of Grafana.
@Suite struct GrafanaTests {
  private static let house = DashboardHouse()

  // MARK: - The files

  @Test func dashboardsAreThoseOfTheScript() async throws {
    try await TemporaryDirectory.with { directory in
      let script = try Repository.text("scripts/grafana/make")
      let file = try directory.write(script, to: "make")
      let result = try await Program("python3", [file]).run()
      #expect(result.status == .success && result.errorText == "")
      for dashboard in ["p1-influxdb.json", "p1-victoriametrics.json"] {
        #expect(
          try directory.text(of: dashboard) == Repository.text("scripts/grafana/\(dashboard)"),
          "\(dashboard): run scripts/grafana/make")
      }
    }
  }

  /// Panels fill the 24 columns from left to right, and none covers another one.
  @Test(arguments: ["influxdb", "victoriametrics"])
  func panelsFillTheGrid(_ database: String) throws {
    let dashboard = try Dashboard(of: database)
    var isCovered: [Int: Set<Int>] = [:]
    for panel in dashboard.panels + dashboard.panels.flatMap({ $0.panels ?? [] }) {
      let place = panel.gridPos
      for y in place.y..<place.y + place.h {
        for x in place.x..<place.x + place.w {
          #expect(isCovered[y, default: []].insert(x).inserted, "\(panel.title): \(x), \(y)")
        }
      }
    }
    #expect(isCovered.values.allSatisfy { $0 == Set(0..<24) })
  }

  // MARK: - The queries

  @Test func influxDBAnswersEveryQuery() async throws {
    try await InfluxDB.running { database in
      try await fill(["--port", "\(database.port)", "--db", "test"])
      try await check(try Dashboard(of: "influxdb"), database)
    }
  }

  @Test func victoriaMetricsAnswersEveryQuery() async throws {
    try await VictoriaMetrics.running { database in
      try await fill(["--port", "\(database.port)"])
      let imported = try await database.client.request(
        "/api/v1/import/prometheus", body: try await GrafanaTests.metricsOfTools())
      #expect(imported.status == 204)
      let flushed = try await database.client.request("/internal/force_flush")
      #expect(flushed.status == 200)
      try await check(try Dashboard(of: "victoriametrics"), database)
    }
  }

  /// Fills the measurement dsmr with the house, and total with an hour of a meter that prints totals and tariffs
  /// and of one that prints tariffs.
  private func fill(_ options: [String]) async throws {
    let now = Int(Date.now.timeIntervalSince1970) - 40
    let records = GrafanaTests.house.records + DashboardHouse.records(before: now)
    for (measurement, input) in [("dsmr", records), ("total", DashboardHouse.totals)] {
      let program = Program(
        "p1influx", ["--host", "127.0.0.1", "--hold", "--measurement", measurement] + options)
      let result = try await program.run(input: input, within: .seconds(120))
      #expect(result.status == .success && result.errorText == "")
    }
  }

  /// What all tools write with --metrics-file, as if read three minutes ago and one minute ago.
  private static func metricsOfTools() async throws -> String {
    try await TemporaryDirectory.with { directory in
      let script = """
        p1cat sim:count=2,rate=max | p1parse > records
        p1influx -q --linger 0 --port 9 < records
        p1mqtt -q --linger 0 --port 9 < records
        """
      let files = ["P1_METRICS_FILE": directory.path("house-{tool}.prom")]
      try await Program.bash(script, environment: files, directory: directory.path).run()
      let names = try directory.names().filter { $0.hasSuffix(".prom") }
      let lines = try names.flatMap { try directory.text(of: $0).split(separator: "\n") }
      let now = Int(Date.now.timeIntervalSince1970)
      return lines.filter { !$0.hasPrefix("#") }.flatMap { line in
        [180, 60].map { "\(line) \(now - $0)000\n" }
      }.joined()
    }
  }

  private func check(_ dashboard: Dashboard, _ database: some DashboardDatabase) async throws {
    let values = try await database.values(of: dashboard)
    for panel in dashboard.queryPanels {
      let isOfTools = panel.targets?.contains {
        $0.text.contains("p1cat_") || $0.text.contains("p1mqtt_")
      }
      let now = Int(Date.now.timeIntervalSince1970)
      let range = isOfTools == true ? now - 600...now : DashboardHouse.autumn
      for target in panel.targets ?? [] {
        let points = try await database.points(target, of: panel, values, in: range)
        #expect(!points.isEmpty, "\(panel.title): \(target.text)")
      }
    }
    try await checkSums(dashboard, database, values)
    try await checkTotals(dashboard, database)
    try await checkPeak(dashboard, database, values)
    for (index, value) in [0.5, 0.25].enumerated() {
      let panel = try #require(dashboard.panel("Power now"))
      let target = try #require(panel.targets?[index])
      let points = try await database.points(target, of: panel, values, in: DashboardHouse.autumn)
      #expect(points.map(\.value) == [value])
    }
  }

  /// The days are those of p1sum, and the consumption in a gap of up to a day counts on the day of its end.
  private func checkSums(
    _ dashboard: Dashboard, _ database: some DashboardDatabase, _ values: [String: String]
  ) async throws {
    let (rows, anomalies) = try await (GrafanaTests.days.value, GrafanaTests.anomalies.value)
    for (title, counter) in [
      ("Import", "energy_import_kwh"), ("Export", "energy_export_kwh"), ("Gas", "gas_m3"),
      ("Water", "water_m3"),
    ] {
      let panel = try #require(dashboard.panel("\(title) by day"))
      let target = try #require(panel.targets?.first)
      #expect(dashboard.panel("\(title) by month")?.targets?.first?.text == target.text)
      var days: [String: Double] = [:]
      for range in [DashboardHouse.spring, DashboardHouse.autumn] {
        for point in try await database.points(target, of: panel, values, in: range) {
          days[try Self.day(of: point.time), default: 0] += point.value
        }
      }
      let sums = try Self.expectedDays(counter, rows: rows, anomalies: anomalies)
      #expect(sums.count > 15)
      let thousandths = days.mapValues { Int(($0 * 1000).rounded()) }
      #expect(thousandths.filter { $0.value != 0 } == sums.filter { $0.value != 0 }, "\(title)")
    }
  }

  /// The sums of p1sum and the consumption in gaps in thousandths, by the day.
  private static func expectedDays(
    _ counter: String, rows: [[String: String]], anomalies: [[String: String]]
  ) throws -> [String: Int] {
    var days: [String: Int] = [:]
    for row in rows {
      days[String((row["start"] ?? "").prefix(10)), default: 0] += thousandths(row[counter])
    }
    for row in anomalies where row["reason"] == "gap" {
      let times = try ["start", "end"].map { try Date(row[$0] ?? "", strategy: .iso8601) }
      guard times[1].timeIntervalSince(times[0]) <= 86400 else { continue }
      days[String((row["end"] ?? "").prefix(10)), default: 0] += thousandths(row[counter])
    }
    return days
  }

  /// Where a meter prints a total, its tariffs are not added.
  private func checkTotals(_ dashboard: Dashboard, _ database: some DashboardDatabase) async throws
  {
    let values = try await database.values(of: dashboard, measurement: "total")
    let panel = try #require(dashboard.panel("Import by day"))
    let target = try #require(panel.targets?.first)
    let points = try await database.points(target, of: panel, values, in: DashboardHouse.autumn)
    #expect(points.map(\.value).reduce(0, +) == 1.5)
  }

  private func checkPeak(
    _ dashboard: Dashboard, _ database: some DashboardDatabase, _ values: [String: String]
  ) async throws {
    let peaks = try await GrafanaTests.peaks.value.map { Self.thousandths($0["peak_kw"]) }
    let panel = try #require(dashboard.panel("Import by quarter-hour, this month"))
    let target = try #require(panel.targets?.first)
    let points = try await database.points(target, of: panel, values, in: DashboardHouse.autumn)
    let highest = try #require(points.map(\.value).max())
    #expect(Int((highest * 1000).rounded()) == peaks.max())
  }

  /// What p1sum says of the house; both databases are compared with it.
  private static let days = Task { try await p1sum(["--by", "day"]) }
  private static let anomalies = Task { try await p1sum(["--by", "day", "--anomalies"]) }
  private static let peaks = Task { try await p1sum(["--peaks", "--from", "2025-10"]) }

  private static func p1sum(_ options: [String]) async throws -> [[String: String]] {
    let program = Program(
      Repository.path("scripts/p1sum"),
      ["--format", "csv", "--timezone", DashboardHouse.zone] + options,
      environment: ["P1_BIN": ToolPaths.directory])
    let result = try await program.run(input: GrafanaTests.house.records, within: .seconds(120))
    #expect(result.status == .success && result.errorText == "")
    let lines = result.text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let heading = try #require(lines.first)
    return lines.dropFirst().map { Dictionary(zip(heading, $0)) { first, _ in first } }
  }

  private static func thousandths(_ text: String?) -> Int {
    Int((text ?? "").replacing(".", with: "")) ?? 0
  }

  private static func day(of time: Int) throws -> String {
    let zone = try #require(TimeZone(identifier: DashboardHouse.zone))
    let style = Date.ISO8601FormatStyle(timeZone: zone).year().month().day()
    return Date(timeIntervalSince1970: Double(time)).formatted(style)
  }
}
