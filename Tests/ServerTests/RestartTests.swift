import Foundation
import TestSupport
import Testing

/// scripts/p1run with a real broker and a real database, and sinks that are killed.
@Suite struct RestartTests {
  @Test func aKilledSinkComesBackAndTheOtherLosesNothing() async throws {
    let broker = try await Mosquitto.shared
    let database = try await InfluxDB.shared
    try await database.execute("CREATE DATABASE restart")
    let settings = [
      "P1_BIN": ToolPaths.directory, "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
      "MQTT_TOPIC_PREFIX": "restart", "INFLUXDB_HOST": "127.0.0.1",
      "INFLUXDB_PORT": "\(database.port)", "INFLUXDB_DB": "restart",
      "INFLUXDB_USER": Login.standard.user, "INFLUXDB_PASS": Login.standard.password,
    ]
    let start = "2026-03-01T12:00:00Z"
    let p1run = Program(
      Repository.path("scripts/p1run"), ["sim:start=\(start),count=100,rate=20"],
      environment: settings)
    try await broker.client.subscribed(to: "restart/timestamp") { subscriber in
      try await p1run.whileRunning { composition in
        try await subscriber.wait(within: .seconds(20)) { $0.count >= 10 }
        let sink = try #require(composition.processes(named: "p1mqtt").first)
        kill(sink, SIGKILL)
        try await composition.waitForError("p1mqtt: killed by SIGKILL; restarting in 1 s")
        // The new sink runs to the end.
        let result = try await composition.waitForExit(within: .seconds(40))
        #expect(result.status == .success)
        try await subscriber.wait { $0.last?.text == "2026-03-01T12:01:39Z" }
      }
    }
    let rows = try await database.query(
      "SELECT power_import_kw FROM dsmr WHERE channel = ''", database: "restart")
    let first = 1_772_366_400
    #expect(rows.map { $0["time"] } == (0..<100).map { .integer((first + $0) * 1_000_000_000) })
  }
}
