import Foundation

/// Debian's InfluxDB 1.6.
public struct InfluxDB: Server {
  public let process: ServerProcess
  public let client: HTTPClient
  /// The database that was created at the first start.
  public let database: String

  public var port: Int { client.port }
  /// The administrator; nil if authentication is off.
  public var login: Login? { client.login }

  /// The server for all tests that do not stop it, with the standard login; each creates its own database.
  public static var shared: InfluxDB { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch(login: .standard, database: "test") }

  /// Calls `body` with a new server.
  /// - Parameter login: the administrator; nil to turn authentication off.
  public static func running<Result>(
    login: Login? = nil, database: String = "test",
    _ body: (InfluxDB) async throws -> Result
  ) async throws -> Result {
    try await launch(login: login, database: database).whileRunning(body)
  }

  private static func launch(login: Login?, database: String) async throws -> InfluxDB {
    let server = try await launch { directory in
      let ports = Loopback.freePorts(2)
      let file = try directory.write(
        """
        reporting-enabled = false
        reporting-disabled = true
        bind-address = "127.0.0.1:\(ports[1])"
        [meta]
          dir = "\(directory.path("meta"))"
        [data]
          dir = "\(directory.path("data"))"
          wal-dir = "\(directory.path("wal"))"
          query-log-enabled = false
        [monitor]
          store-enabled = false
        [subscriber]
          enabled = false
        [continuous_queries]
          enabled = false
        [http]
          bind-address = "127.0.0.1:\(ports[0])"
          auth-enabled = \(login != nil)
          log-enabled = false

        """, to: "influxdb.conf")
      let client = HTTPClient(port: ports[0], login: login)
      let program = Program("influxd", ["-config", file])
      let process = ServerProcess(program, in: directory) {
        try await client.request("/ping").status == 204
      }
      return InfluxDB(process: process, client: client, database: database)
    }
    do {
      if let login {
        try await server.execute(
          "CREATE USER \"\(login.user)\" WITH PASSWORD '\(login.password)' WITH ALL PRIVILEGES")
      }
      try await server.execute("CREATE DATABASE \"\(database)\"")
      return server
    } catch {
      await server.kill()
      server.process.directory.remove()
      throw error
    }
  }

  /// Executes statements that change something.
  /// - Throws: `HTTPFailure` if the server reports an error.
  public func execute(_ influxQL: String) async throws {
    _ = try await results(["q": influxQL], body: "")
  }

  /// The rows of all series that SELECT or SHOW statements return.
  /// - Parameter database: nil for the first database of the server.
  /// - Returns: the columns and tags of each row by name; `time` is in nanoseconds.
  /// - Throws: `HTTPFailure` if the server reports an error.
  public func query(
    _ influxQL: String, database: String? = nil
  ) async throws -> [[String: JSONValue]] {
    let results = try await results(
      ["q": influxQL, "db": database ?? self.database, "epoch": "ns"], body: nil)
    return results.flatMap { $0.series ?? [] }.flatMap { series in
      let tags = (series.tags ?? [:]).mapValues { JSONValue.string($0) }
      return (series.values ?? []).map { values in
        tags.merging(zip(series.columns, values)) { _, column in column }
      }
    }
  }

  private func results(_ query: [String: String], body: String?) async throws -> [Answer.Result] {
    let response = try await client.request("/query", query: query, body: body)
    guard response.status == 200 else { throw HTTPFailure(response) }
    let answer = try JSONDecoder().decode(Answer.self, from: Data(response.body.utf8))
    guard answer.results.allSatisfy({ $0.error == nil }) else { throw HTTPFailure(response) }
    return answer.results
  }

  /// The answer to `/query`.
  private struct Answer: Decodable {
    struct Result: Decodable {
      let series: [Series]?
      let error: String?
    }
    struct Series: Decodable {
      let columns: [String]
      let tags: [String: String]?
      let values: [[JSONValue]]?
    }
    let results: [Result]
  }
}

/// A scalar of JSON; integers stay exact.
public enum JSONValue: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  /// The value of either kind of number.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
