import Foundation
import TestSupport
import Testing

/// `p1run --check` and `p1receive --check`: what would run, and what is missing.
@Suite struct CheckTests {
  private func check(
    _ script: String, _ arguments: [String], _ settings: [String: String]
  ) async throws -> (status: ProgramStatus, text: String, errors: [Substring]) {
    try await TemporaryDirectory.with { directory in
      let result = try await Program(
        Repository.path("scripts/\(script)"), ["--check"] + arguments,
        environment: settings.merging(["P1_BIN": ToolPaths.directory]) { _, new in new },
        directory: directory.path
      ).run()
      return (result.status, result.text, result.errorText.split(separator: "\n"))
    }
  }

  @Test func nothingIsSet() async throws {
    let result = try await check("p1run", [], [:])
    #expect(result.status == .exited(64))
    #expect(result.errors.first?.hasPrefix("p1run: no source; name one or set SER_PORT") == true)
    #expect(result.text.contains("p1mqtt: off: no broker is set"))
    let off = try await check("p1run", ["sim:"], [:])
    #expect(off.status == .exited(78))
    #expect(off.errors.map { $0.prefix(27) } == ["p1run: no sink is enabled; "])
  }

  @Test func everyMissingThingIsNamed() async throws {
    let result = try await check(
      "p1run", ["/dev/shm/p1-none"],
      ["MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "1", "INFLUXDB_URL": "http://127.0.0.1:1"])
    #expect(result.status == .exited(66))
    #expect(
      result.errors == [
        "p1cat: /dev/shm/p1-none: No such file or directory",
        "p1mqtt: 127.0.0.1:1: Connection refused",
        "p1influx: http://127.0.0.1:1: Couldn't connect to server",
        "p1run: not ready; correct the errors above and check again",
      ])
    #expect(result.text.contains("MQTT_BROKER = '127.0.0.1'  # environment"))
  }

  @Test func aWrongSettingEndsOnlyItsTool() async throws {
    let result = try await check(
      "p1run", ["sim:"], ["MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "x", "INFLUXDB_ENABLED": "no"])
    #expect(result.status == .exited(78))
    #expect(result.errors.first?.hasPrefix("p1mqtt: MQTT_PORT: ") == true)
    #expect(result.text.contains("p1influx: off: INFLUXDB_ENABLED is False"))
  }

  @Test func optionsThatMakeNoSense() async throws {
    let file = try await check("p1run", ["-o", "records", "sim:"], [:])
    #expect(file.status == .exited(64) && file.errors == ["p1run: -o: --check tests no file"])
    let alone = try await Program("p1cat", ["--connect", "sim:count=1"]).run()
    #expect(
      alone.status == .exited(64) && alone.errorText == "p1cat: --connect: it needs --check\n")
  }

  @Test func receiverIsChecked() async throws {
    let result = try await check(
      "p1receive", ["a/+/record"],
      ["MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "1", "INFLUXDB_ENABLED": "no"])
    #expect(result.status == .exited(69))
    #expect(result.text.contains("p1mqtt: 127.0.0.1:1, session p1receive-"))
    #expect(result.errors.last?.hasPrefix("p1receive: not ready; ") == true)
  }
}
