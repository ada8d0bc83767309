import Foundation
import TestSupport

/// A sink with a spool: p1influx for a database, or p1mqtt for a broker.
struct SpoolingSink: Sendable {
  let directory: TemporaryDirectory
  let spool: String
  let program: Program

  /// p1influx, which writes to the database `test` of the server at this address.
  init(to server: String, in directory: TemporaryDirectory, _ options: [String] = []) {
    self.directory = directory
    spool = directory.path("spool")
    program = Program(
      "p1influx",
      ["--url", server, "--db", "test", "--spool", spool, "--batch-age", "0.1"] + options)
  }

  /// p1mqtt, which publishes below `fault/`.
  /// - Parameter payload: `json` or `record`.
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

  /// Runs it until at most `count` more records were written, then kills it.
  func runAndKill(on records: RecordFlow, within count: Int) async throws {
    try await program.whileRunning(input: records.input) { sink in
      let end = records.sent + .random(in: 1...count)
      try await sink.wait(for: "room for records", within: .seconds(60)) { _ in
        records.sent >= end
      }
    }
  }

  /// Runs it until it reports that its server is unreachable, then asks it to stop.
  func runAndStopInAnOutage(on records: RecordFlow) async throws -> ProgramResult {
    try await program.whileRunning(input: records.input) { sink in
      try await records.pass(100)
      try await sink.waitForError("; trying again", within: .seconds(20))
      sink.send(signal: SIGTERM)
      return try await sink.waitForExit(within: .seconds(30))
    }
  }

  /// Runs it without records until the spool is empty: a sink may end before it has delivered all.
  func drain() async throws {
    for _ in 0..<5 where try !segments.isEmpty { try await program.run(within: .seconds(60)) }
  }

  /// The segments left in the spool, in order.
  var segments: [String] {
    get throws {
      try directory.names(in: "spool").filter { $0 != "lock" && $0 != "bad" }
    }
  }

  /// tee(1), which writes to the sink and to standard output, as a neighbour reads it.
  /// - Parameters:
  ///   - others: more readers, as bash has them: `>(sleep 10)`.
  ///   - script: commands to run before tee.
  /// - Returns: a program that ends with the status of the sink.
  func beside(_ others: String = "", before script: String = "") -> Program {
    .bash(
      script + "tee -p \(others) >(exec \"$@\" >&2); wait $!",
      [program.executable] + program.arguments, environment: program.environment)
  }

  /// Calls `body` with a broker that has no login, a sink for it, and a subscriber with a persistent
  /// session.
  static func withMosquitto(
    _ payload: String = "record", _ options: [String] = [], settings: [String] = [],
    _ body: (Mosquitto, SpoolingSink, MQTTSubscriber) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await Mosquitto.running(login: nil, settings: settings) { broker in
        let sink = SpoolingSink(to: broker, payload, in: directory, options)
        try await broker.client.subscribed(to: "fault/#", identifier: "stays") { subscriber in
          try await body(broker, sink, subscriber)
        }
      }
    }
  }

  /// Calls `body` with a database that has no login, and a sink for it.
  static func withInfluxDB(
    _ options: [String] = [], _ body: (InfluxDB, SpoolingSink) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await InfluxDB.running { database in
        let server = "http://127.0.0.1:\(database.port)"
        try await body(database, SpoolingSink(to: server, in: directory, options))
      }
    }
  }
}
