import Foundation
import TestSupport
import Testing

/// scripts/p1receive: `p1mqtt --receive | p1influx`. MQTTReceiveTests test the receiver alone.
@Suite struct ReceiveTests {
  private let settings = ["MQTT_BROKER": "b.lan", "INFLUXDB_HOST": "i.lan", "HOME": "."]

  private func p1receive(
    _ directory: TemporaryDirectory, _ arguments: [String], _ settings: [String: String]
  ) -> Program {
    Program(
      Repository.path("scripts/p1receive"), arguments,
      environment: settings.merging(["P1_BIN": directory.path]) { $1 }, directory: directory.path)
  }

  @Test func recordsGoFromTheReceiverToTheSink() async throws {
    let receiving = """
      echo "${arguments[*]}" > arguments
      printf 'timestamp=2026-01-15T12:00:00Z\\nn=1\\n\\n'
      """
    try await MadeUpTools.with(p1mqtt: receiving, p1influx: "cat > influx; echo \"$state\" > state")
    {
      directory in
      let result = try await p1receive(directory, ["north/+/record", "south/#"], settings).run()
      #expect(result.status == .success && result.errorText == "")
      let influx = try directory.text(of: "influx")
      #expect(influx == "timestamp=2026-01-15T12:00:00Z\nn=1\n\n")
      let arguments = try directory.text(of: "arguments")
      #expect(arguments == "--receive -- north/+/record south/#\n")
      // The spool is named after the session with the broker.
      let state = try directory.text(of: "state")
      #expect(
        state.contains(/^\.\/\.local\/state\/p1\/.*p1receive-.*-dsmr-[0-9a-f]+\n$/), "\(state)")
    }
  }

  @Test func oneSignalEndsBoth() async throws {
    try await TemporaryDirectory.with { directory in
      let port = try ClosedPort()
      let program = Program(
        Repository.path("scripts/p1receive"),
        environment: [
          "P1_BIN": ToolPaths.directory, "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(port.number)",
          "INFLUXDB_HOST": "127.0.0.1", "HOME": ".",
        ], directory: directory.path)
      try await program.whileRunning { composition in
        try await composition.waitForError("Connection refused")
        composition.send(signal: SIGTERM)
        #expect(try await composition.waitForExit().status == .success)
        #expect(composition.processes.isEmpty)
      }
    }
  }

  @Test(
    arguments: [
      (["-o", "x"], [:], 64, "p1receive: -o: unknown option; see p1receive --help"),
      (["a/#/b"], [:], 64, "p1mqtt: "),
      ([], ["INFLUXDB_ENABLED": "no"], 78, "p1receive: no sink is enabled"),
      ([], ["MQTT_ENABLED": "no"], 78, "p1mqtt: MQTT_ENABLED: "),
      ([], ["MQTT_BROKER": "unix:socket"], 78, "p1mqtt: MQTT_BROKER: "),
    ] as [([String], [String: String], Int32, String)])
  func errorsAreReported(
    _ arguments: [String], _ changed: [String: String], _ status: Int32, _ message: String
  ) async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let settings = settings.merging(changed) { $1 }
      let result = try await p1receive(directory, arguments, settings).run()
      #expect(result.status == .exited(status))
      #expect(result.errorText.hasPrefix(message) && result.messages.count == 1)
    }
  }
}
