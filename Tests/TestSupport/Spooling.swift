import Foundation

/// p1influx with a spool, and a database to write to.
public struct Spooling: Sendable {
  /// Where the spool is.
  public let directory: TemporaryDirectory
  /// The directory of the spool.
  public let spool: String
  /// The command line.
  public let program: Program

  /// - Parameters:
  ///   - server: the address of the database.
  ///   - directory: where the spool is.
  ///   - options: more options.
  public init(to server: String, in directory: TemporaryDirectory, _ options: [String] = []) {
    self.directory = directory
    spool = directory.path("spool")
    program = Program(
      "p1influx",
      ["--url", server, "--db", "test", "--spool", spool, "--batch-age", "0.1"] + options)
  }

  /// Runs it to its end on records, within a minute.
  public func run(on records: RecordFlow) async throws -> ProgramResult {
    try await program.whileRunning(input: records.input) { sink in
      try await sink.waitForExit(within: .seconds(60))
    }
  }

  /// Runs it until up to so many records more were written, and kills it then.
  public func runAndKill(on records: RecordFlow, within count: Int) async throws {
    try await program.whileRunning(input: records.input) { sink in
      let end = records.sent + .random(in: 1...count)
      try await sink.wait(for: "room for records", within: .seconds(60)) { _ in
        records.sent >= end
      }
    }
  }

  /// Runs it without records until the spool is empty: a sink may leave what it had no time for.
  public func drain() async throws {
    for _ in 0..<5 where try !segments.isEmpty { try await program.run(within: .seconds(60)) }
  }

  /// The segments of the spool that are left, in order.
  public var segments: [String] {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: spool)
      return names.filter { $0 != "lock" && $0 != "bad" }.sorted()
    }
  }

  /// Calls `body` with a database that has no login, and a sink for it.
  public static func withInfluxDB(
    _ options: [String] = [], _ body: (InfluxDB, Spooling) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await InfluxDB.running(login: nil) { database in
        let server = "http://127.0.0.1:\(database.port)"
        try await body(database, Spooling(to: server, in: directory, options))
      }
    }
  }
}
