import Foundation

/// Debian's VictoriaMetrics, with a retention of 100 years.
public struct VictoriaMetrics: Server {
  public let process: ServerProcess
  public let client: HTTPClient

  public var port: Int { client.port }

  /// The server for all tests that do not stop it.
  public static var shared: VictoriaMetrics { get async throws { try await sharedServer.value } }
  private static let sharedServer = Shared { try await launch() }

  /// Calls `body` with a new server.
  public static func running<Result>(
    _ body: (VictoriaMetrics) async throws -> Result
  ) async throws -> Result {
    try await launch().whileRunning(body)
  }

  private static func launch() async throws -> VictoriaMetrics {
    try await launch { directory in
      let client = HTTPClient(port: Loopback.freePorts(1)[0])
      let program = Program(
        "victoria-metrics",
        [
          "-httpListenAddr=127.0.0.1:\(client.port)",
          "-storageDataPath=\(directory.path("data"))",
          // The default of one month drops older points.
          "-retentionPeriod=100y", "-influx.databaseNames=test",
        ])
      let process = ServerProcess(program, in: directory) {
        try await client.request("/ping").status == 204
      }
      return VictoriaMetrics(process: process, client: client)
    }
  }

  /// A time series with all its points.
  public struct Series: Sendable, Decodable, Equatable {
    /// The labels; the name is in `__name__`.
    public let metric: [String: String]
    /// The values, in the order of the times.
    public let values: [Double]
    /// The times, in milliseconds.
    public let timestamps: [Int]
  }

  /// The series that match a selector such as `{meter="1"}`, with all points received so far.
  /// - Throws: `HTTPFailure` if the server reports an error.
  public func export(_ match: String) async throws -> [Series] {
    let flush = try await client.request("/internal/force_flush")
    guard flush.status == 200 else { throw HTTPFailure(flush) }
    let response = try await client.request("/api/v1/export", query: ["match[]": match])
    guard response.status == 200 else { throw HTTPFailure(response) }
    return try response.body.split(separator: "\n").map {
      try JSONDecoder().decode(Series.self, from: Data($0.utf8))
    }
  }
}
