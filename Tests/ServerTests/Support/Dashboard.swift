import Foundation
import TestSupport

/// A dashboard of Grafana, as far as its queries are concerned.
struct Dashboard: Decodable {
  struct Panel: Decodable {
    struct Position: Decodable { let x, y, w, h: Int }

    let title: String
    let type: String
    let gridPos: Position
    /// The shortest interval of a point, such as `15m`.
    let interval: String?
    let targets: [Target]?
    /// The panels of a collapsed row.
    let panels: [Panel]?
  }

  struct Target: Decodable {
    /// InfluxQL.
    let query: String?
    /// PromQL.
    let expr: String?
    let instant: Bool?

    var text: String { query ?? expr ?? "" }
  }

  struct Variable: Decodable {
    let name: String
    let type: String
    let query: String
    let regex: String?
    let allValue: String?
  }

  struct Variables: Decodable { let list: [Variable] }

  let panels: [Panel]
  let templating: Variables

  init(of database: String) throws {
    let text = try Repository.text("scripts/grafana/p1-\(database).json")
    self = try JSONDecoder().decode(Dashboard.self, from: Data(text.utf8))
  }

  /// All panels with queries, also those of collapsed rows.
  var queryPanels: [Panel] {
    (panels + panels.flatMap { $0.panels ?? [] }).filter { $0.targets != nil }
  }

  func panel(_ title: String) -> Panel? { queryPanels.first { $0.title == title } }
}

/// A database behind a dashboard.
protocol DashboardDatabase: Sendable {
  /// The options of a variable with this query.
  func options(_ query: String) async throws -> [String]

  /// The points of a query, all of whose variables are replaced.
  func points(
    _ target: Dashboard.Target, _ query: String, in range: ClosedRange<Int>, every step: String
  ) async throws -> [DashboardPoint]
}

struct DashboardPoint {
  /// Seconds since 1970.
  let time: Int
  let value: Double
}

extension DashboardDatabase {
  /// The first choice of each variable: all meters, and the first of the options otherwise.
  func values(of dashboard: Dashboard, measurement: String = "dsmr") async throws -> [String:
    String]
  {
    var values: [String: String] = [:]
    for variable in dashboard.templating.list where variable.type != "datasource" {
      guard variable.type == "query" else {
        values[variable.name] = measurement
        continue
      }
      var options = try await options(interpolated(variable.query, values))
      if let regex = variable.regex {
        let pattern = try Regex(String(regex.dropFirst().dropLast()))
        options = options.compactMap {
          $0.firstMatch(of: pattern)?.output[1].substring.map(String.init)
        }
      }
      values[variable.name] = variable.allValue ?? options.sorted().first
    }
    return values
  }

  /// The points of a query of a dashboard, with its variables replaced as Grafana does.
  func points(
    _ target: Dashboard.Target, of panel: Dashboard.Panel, _ values: [String: String],
    in range: ClosedRange<Int>
  ) async throws -> [DashboardPoint] {
    let step = panel.interval ?? "1h"
    let filter = "time >= \(range.lowerBound)000ms and time <= \(range.upperBound)000ms"
    let all = values.merging(["__interval": step, "timeFilter": filter]) { $1 }
    return try await points(target, interpolated(target.text, all), in: range, every: step)
  }

  private func interpolated(_ text: String, _ values: [String: String]) -> String {
    values.reduce(text) { text, variable in
      ["${\(variable.key)}", "${\(variable.key):regex}", "$\(variable.key)"].reduce(text) {
        $0.replacing($1, with: variable.value)
      }
    }
  }
}

extension InfluxDB: DashboardDatabase {
  func options(_ query: String) async throws -> [String] {
    try await self.query(query).compactMap {
      if case .string(let option) = $0["value"] ?? $0["fieldKey"] { option } else { nil }
    }
  }

  func points(
    _ target: Dashboard.Target, _ query: String, in range: ClosedRange<Int>, every step: String
  ) async throws -> [DashboardPoint] {
    try await self.query(query).compactMap { row in
      let value = row.first { $0.key != "time" }?.value.double
      guard case .integer(let time) = row["time"], let value else { return nil }
      return DashboardPoint(time: time / 1_000_000_000, value: value)
    }
  }
}

extension VictoriaMetrics: DashboardDatabase {
  private struct Answer<Content: Decodable>: Decodable { let data: Content }

  private struct Results: Decodable {
    struct Result: Decodable {
      let value: [JSONValue]?
      let values: [[JSONValue]]?
    }
    let result: [Result]
  }

  /// Of `label_values(SELECTOR, LABEL)`.
  func options(_ query: String) async throws -> [String] {
    guard let match = query.wholeMatch(of: /label_values\((.*), (\w+)\)/) else { return [] }
    return try await answer(
      "/api/v1/label/\(match.2)/values",
      ["match[]": String(match.1), "start": "2000-01-01T00:00:00Z"])
  }

  func points(
    _ target: Dashboard.Target, _ query: String, in range: ClosedRange<Int>, every step: String
  ) async throws -> [DashboardPoint] {
    let isInstant = target.instant ?? false
    let times = ["start": "\(range.lowerBound)", "end": "\(range.upperBound)", "step": step]
    let results: Results = try await answer(
      isInstant ? "/api/v1/query" : "/api/v1/query_range",
      ["query": query].merging(isInstant ? [:] : times) { $1 })
    return results.result.flatMap { $0.values ?? $0.value.map { [$0] } ?? [] }.compactMap { pair in
      guard let time = pair[0].double, case .string(let text) = pair[1], let value = Double(text)
      else { return nil }
      return DashboardPoint(time: Int(time), value: value)
    }
  }

  private func answer<Content: Decodable>(
    _ path: String, _ query: [String: String]
  ) async throws -> Content {
    let response = try await client.request(path, query: query)
    guard response.status == 200 else { throw HTTPFailure(response) }
    return try JSONDecoder().decode(Answer<Content>.self, from: Data(response.body.utf8)).data
  }
}
