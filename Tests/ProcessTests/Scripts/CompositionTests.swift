import Foundation
import TestSupport
import Testing

/// scripts/p1run with tools that a test made up: what joins, restarts and ends them.
@Suite struct CompositionTests {
  private let both = ["MQTT_ENABLED": "True", "INFLUXDB_ENABLED": "True"]

  @Test func bothSinksGetEveryRecord() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      let result = try await MadeUpTools.p1run("sim:count=200,rate=max", directory, both).run()
      #expect(result.status == .success && result.errorText == "")
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      #expect(mqtt.matches(of: /timestamp=/).count == 400)
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      #expect(influx == mqtt)
    }
  }

  /// What the dead sink had not read yet waits for the next one; the other notices nothing.
  @Test func aSinkThatDiesIsStartedAgain() async throws {
    let dying =
      "head -c 0; read -r line; echo \"$line\" >> mqtt; [ -e again ] || { : > again; kill -9 $$; }; cat >> mqtt"
    try await MadeUpTools.with(p1mqtt: dying, p1influx: "cat > influx") { directory in
      let result = try await MadeUpTools.p1run("sim:count=3,rate=max", directory, both).run()
      #expect(result.status == .success)
      #expect(result.errorText.contains("p1run: p1mqtt: killed by SIGKILL; started again in 1 s"))
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      #expect(influx.matches(of: /timestamp=/).count == 6)
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      #expect(mqtt == influx)
    }
  }

  @Test func aSinkThatNoRestartWouldMendEndsAll() async throws {
    try await MadeUpTools.with(p1mqtt: "exit 78", p1influx: "cat > influx") { directory in
      let result = try await MadeUpTools.p1run("sim:", directory, both).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText.contains("p1mqtt: ended with status 78"))
    }
  }

  @Test func oneSignalEndsAllInOrder() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt; echo done >> mqtt", p1influx: "cat > influx") {
      directory in
      try await MadeUpTools.p1run("sim:rate=50", directory, both).whileRunning { composition in
        let isRunning = try await Deadline(in: .seconds(20)).poll {
          (try? String(contentsOfFile: directory.path("influx"), encoding: .utf8))?.isEmpty == false
        }
        #expect(isRunning)
        composition.send(signal: SIGTERM)
        let result = try await composition.waitForExit()
        #expect(result.status == .success && result.errorText == "")
        #expect(composition.processes.isEmpty)
      }
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      #expect(mqtt == influx + "done\n")
      #expect(influx.hasSuffix("\n\n"))
    }
  }

  @Test func theFailureOfTheReaderIsTheStatus() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let result = try await MadeUpTools.p1run("./nothing", directory, both).run()
      #expect(result.status == .exited(66))
      #expect(result.errorText == "p1cat: ./nothing: No such file or directory\n")
    }
  }

  // MARK: - The spool

  /// Each source has a place of its own, in the home or where systemd says; a setting says another.
  @Test(arguments: [
    (["HOME": "home"], "home/.local/state/p1/sim_count_1_rate_max"),
    (["HOME": "home", "XDG_STATE_HOME": "state"], "state/p1/sim_count_1_rate_max"),
    (["STATE_DIRECTORY": "one:two", "HOME": "home"], "one/sim_count_1_rate_max"),
  ])
  func whatWaitsHasAPlace(_ environment: [String: String], _ place: String) async throws {
    for payload in ["json", "Record"] {
      let settings = environment.merging(["MQTT_PAYLOAD": payload]) { $1 }
      try await expectPlaces(settings, mqtt: place + "/mqtt", influx: place + "/influx")
    }
    // Values say no time, so that none of them is kept.
    try await expectPlaces(environment, mqtt: "", influx: place + "/influx")
  }

  @Test(arguments: ["mine", ""]) func aSettingSaysWhereWhatWaitsIs(_ place: String) async throws {
    let settings = [
      "MQTT_PAYLOAD": "json", "MQTT_SPOOL": place, "INFLUXDB_SPOOL": place, "HOME": "home",
    ]
    try await expectPlaces(settings, mqtt: place, influx: place, areMade: false)
  }

  private func expectPlaces(
    _ environment: [String: String], mqtt: String, influx: String, areMade: Bool = true
  ) async throws {
    try await MadeUpTools.with(
      p1mqtt: "echo \"$MQTT_SPOOL\" > place1; cat > mqtt",
      p1influx: "echo \"$INFLUXDB_SPOOL\" > place2; cat > influx"
    ) { directory in
      let settings = both.merging(environment) { $1 }
      let result = try await MadeUpTools.p1run("sim:count=1,rate=max", directory, settings).run()
      #expect(result.status == .success && result.errorText == "")
      for (file, place) in [("place1", mqtt), ("place2", influx)] {
        let seen = try String(contentsOfFile: directory.path(file), encoding: .utf8)
        #expect(seen == place + "\n")
        guard !place.isEmpty else { continue }
        #expect(FileManager.default.fileExists(atPath: directory.path(place)) == areMade)
      }
    }
  }

  @Test func aSpoolThatCannotBeIsDoneWithout() async throws {
    let refusing = { (setting: String, file: String) in
      "[ -z \"$\(setting)\" ] || exit 73; cat > \(file)"
    }
    try await MadeUpTools.with(
      p1mqtt: refusing("MQTT_SPOOL", "mqtt"), p1influx: refusing("INFLUXDB_SPOOL", "influx")
    ) { directory in
      let settings = both.merging(["MQTT_PAYLOAD": "record"]) { $1 }
      let result = try await MadeUpTools.p1run("sim:count=3,rate=max", directory, settings).run()
      #expect(result.status == .success)
      for server in ["broker", "database"] {
        #expect(
          result.errorText.contains(
            "it cannot be used; records for the \(server) wait in memory"))
      }
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      #expect(influx == mqtt && influx.matches(of: /timestamp=/).count == 6)
    }
  }

  @Test func withoutASinkThereIsNothingToDo() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let off = ["MQTT_ENABLED": "False", "INFLUXDB_ENABLED": "no"]
      let result = try await MadeUpTools.p1run("sim:", directory, off).run()
      #expect(result.status == .exited(78))
      #expect(
        result.errorText == "p1run: nothing to do: neither MQTT nor InfluxDB is on\n")
    }
  }

  /// What shows the records may end first, as a pager does.
  @Test func aReaderThatHasGoneIsAQuietEnd() async throws {
    try await TemporaryDirectory.with { directory in
      let result = try await Program.bash(
        "\"$1\" -o records sim:rate=50 | head -n 1; exit ${PIPESTATUS[0]}",
        [Repository.path("scripts/p1run")], environment: ["P1_BIN": ToolPaths.directory],
        directory: directory.path
      ).run()
      #expect(result.status == .success && result.errorText == "")
    }
  }
}
