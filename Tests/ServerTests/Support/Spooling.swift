import Foundation
import TestSupport

/// A sink with a spool: p1influx, and a database to write to, or p1mqtt, and a broker.
struct Spooling: Sendable {
  /// Where the spool is.
  let directory: TemporaryDirectory
  /// The directory of the spool.
  let spool: String
  /// The command line.
  let program: Program

  /// - Parameters:
  ///   - server: the address of the database.
  init(to server: String, in directory: TemporaryDirectory, _ options: [String] = []) {
    self.directory = directory
    spool = directory.path("spool")
    program = Program(
      "p1influx",
      ["--url", server, "--db", "test", "--spool", spool, "--batch-age", "0.1"] + options)
  }

  /// Describes p1mqtt, which publishes below `fault/`.
  /// - Parameters:
  ///   - broker: where it publishes.
  ///   - payload: what a message is, `json` or `record`.
  init(
    to broker: some MQTTBroker, _ payload: String, in directory: TemporaryDirectory,
    _ options: [String] = []
  ) {
    self.directory = directory
    spool = directory.path("spool")
    var environment = ["MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)"]
    if let login = broker.login {
      environment["MQTT_USER"] = login.user
      environment["MQTT_PASS"] = login.password
    }
    program = Program(
      "p1mqtt", ["--payload", payload, "--prefix", "fault", "--spool", spool] + options,
      environment: environment)
  }

  /// Runs it to its end on records, within a minute.
  func run(on records: RecordFlow) async throws -> ProgramResult {
    try await program.whileRunning(input: records.input) { sink in
      try await sink.waitForExit(within: .seconds(60))
    }
  }

  /// Runs it until up to so many records more were written, and kills it then.
  func runAndKill(on records: RecordFlow, within count: Int) async throws {
    try await program.whileRunning(input: records.input) { sink in
      let end = records.sent + .random(in: 1...count)
      try await sink.wait(for: "room for records", within: .seconds(60)) { _ in
        records.sent >= end
      }
    }
  }

  /// Runs it until it has said that its server is away, and asks it to stop then.
  func runAndStopInAnOutage(on records: RecordFlow) async throws -> ProgramResult {
    try await program.whileRunning(input: records.input) { sink in
      try await records.pass(100)
      try await sink.waitForError("; trying again", within: .seconds(20))
      sink.send(signal: SIGTERM)
      return try await sink.waitForExit(within: .seconds(30))
    }
  }

  /// Runs it without records until the spool is empty: a sink may leave what it had no time for.
  func drain() async throws {
    for _ in 0..<5 where try !segments.isEmpty { try await program.run(within: .seconds(60)) }
  }

  /// The segments of the spool that are left, in order.
  var segments: [String] {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: spool)
      return names.filter { $0 != "lock" && $0 != "bad" }.sorted()
    }
  }

  /// tee(1) before it, and beside it who reads the standard output.
  /// - Parameters:
  ///   - others: more readers, as bash has them: `>(sleep 10)`.
  ///   - script: what comes before.
  /// - Returns: both, which end as the sink does.
  func beside(_ others: String = "", before script: String = "") -> Program {
    .bash(
      script + "tee -p \(others) >(exec \"$@\" >&2); wait $!",
      [program.executable] + program.arguments, environment: program.environment)
  }

  /// Calls `body` with a broker that has no login and passes all on, a sink for it, and a subscriber
  /// whose session stays while that is away.
  static func withMosquitto(
    _ payload: String = "record", _ options: [String] = [], settings: [String] = [],
    _ body: (Mosquitto, Spooling, MQTTSubscriber) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await Mosquitto.running(login: nil, settings: settings) { broker in
        let sink = Spooling(to: broker, payload, in: directory, options)
        try await broker.client.subscribed(to: "fault/#", identifier: "stays") { subscriber in
          try await body(broker, sink, subscriber)
        }
      }
    }
  }

  /// Calls `body` with a database that has no login, and a sink for it.
  static func withInfluxDB(
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
