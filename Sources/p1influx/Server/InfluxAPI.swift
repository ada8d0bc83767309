import CommandLine

/// The APIs of servers that take line protocol by HTTP.
enum InfluxAPI: String, CaseIterable {
  /// InfluxDB 1.x, VictoriaMetrics and many others: `/write`.
  case version1 = "1"
  /// InfluxDB 2.x: `/api/v2/write`.
  case version2 = "2"
  /// InfluxDB 3.x: `/api/v3/write_lp`.
  case version3 = "3"

  /// The path and the query of the request that writes points.
  func path(of place: InfluxPlace, _ precision: Precision) -> String {
    switch self {
    case .version1:
      "/write"
        + InfluxAPI.query(
          ("db", place.database), ("rp", place.retentionPolicy),
          // Nanoseconds are the default.
          ("precision", precision == .nanoseconds ? nil : precision.version1))
    case .version2:
      "/api/v2/write"
        + InfluxAPI.query(
          ("org", place.organization), ("bucket", place.database),
          ("precision", precision.rawValue))
    case .version3:
      "/api/v3/write_lp"
        + InfluxAPI.query(
          ("db", place.database), ("precision", precision.version3))
    }
  }

  /// The request that creates a database; nil for version 2, where it needs the id of the organization.
  func creation(of place: InfluxPlace) -> (path: String, type: String, body: String)? {
    switch self {
    case .version1:
      let name = place.database.reduce(into: "") {
        if $1 == "\"" || $1 == "\\" { $0.append("\\") }
        $0.append($1)
      }
      let statement = HTTPTarget.escaped("CREATE DATABASE \"\(name)\"")
      return ("/query", "application/x-www-form-urlencoded", "q=\(statement)")
    case .version2: return nil
    case .version3:
      let name = place.database.unicodeScalars.reduce(into: "") {
        if $1 == "\"" || $1 == "\\" { $0.append("\\") }
        $0.unicodeScalars.append($1)
      }
      return ("/api/v3/configure/database", "application/json", "{\"db\":\"\(name)\"}")
    }
  }

  /// The word before the token in the header `Authorization`.
  var tokenScheme: String { self == .version3 ? "Bearer" : "Token" }

  private static func query(_ items: (String, String?)...) -> String {
    let present = items.compactMap { name, value in
      value.map { "\(name)=\(HTTPTarget.escaped($0))" }
    }
    return present.isEmpty ? "" : "?" + present.joined(separator: "&")
  }
}

/// The database that points are written to.
struct InfluxPlace {
  /// The name of the database, or of the bucket.
  var database: String
  var retentionPolicy: String?
  var organization: String?
}
