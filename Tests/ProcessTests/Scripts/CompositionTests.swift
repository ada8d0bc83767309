import Foundation
import TestSupport
import Testing

/// How scripts/p1run connects, restarts and ends the tools, with scripts in place of the sinks.
@Suite struct CompositionTests {
  private let both = ["MQTT_ENABLED": "True", "INFLUXDB_ENABLED": "True"]

  @Test func bothSinksGetEveryRecord() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      let result = try await MadeUpTools.p1run("sim:count=200,rate=max", directory, both).run()
      #expect(result.status == .success && result.errorText == "")
      let mqtt = try directory.text(of: "mqtt")
      #expect(mqtt.matches(of: /timestamp=/).count == 400)
      let influx = try directory.text(of: "influx")
      #expect(influx == mqtt)
    }
  }

  /// Records that the dead sink had not read stay in the pipe for the next one; the other sink is
  /// not affected.
  @Test func aSinkThatDiesIsStartedAgain() async throws {
    let dying = "[ -e again ] || { : > again; kill -9 $$; }; waiting >> mqtt; cat >> mqtt"
    try await MadeUpTools.with(p1mqtt: dying, p1influx: "cat > influx") { directory in
      let result = try await MadeUpTools.p1run("sim:count=3,rate=max", directory, both).run()
      #expect(result.status == .success)
      #expect(result.errorText.contains("p1run: p1mqtt: killed by SIGKILL; restarting in 1 s"))
      let influx = try directory.text(of: "influx")
      #expect(influx.matches(of: /timestamp=/).count == 6)
      let mqtt = try directory.text(of: "mqtt")
      #expect(mqtt == influx)
    }
  }

  /// Settings are checked before anything starts.
  @Test func aWrongSettingEndsAll() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      let settings = both.merging(["MQTT_PORT": "0"]) { $1 }
      let result = try await MadeUpTools.p1run("sim:", directory, settings).run()
      #expect(result.status == .exited(78))
      #expect(
        result.errorText == "p1mqtt: MQTT_PORT: \"0\" is not a whole number from 1 to 65535\n")
      #expect(!FileManager.default.fileExists(atPath: directory.path("influx")))
    }
  }

  @Test func oneSignalEndsAllInOrder() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt; echo done >> mqtt", p1influx: "cat > influx") {
      directory in
      try await MadeUpTools.p1run("sim:rate=50", directory, both).whileRunning { composition in
        let isRunning = try await Deadline(in: .seconds(20)).poll {
          (try? directory.text(of: "influx"))?.isEmpty == false
        }
        #expect(isRunning)
        composition.send(signal: SIGTERM)
        let result = try await composition.waitForExit()
        #expect(result.status == .success && result.errorText == "")
        #expect(composition.processes.isEmpty)
      }
      let mqtt = try directory.text(of: "mqtt")
      let influx = try directory.text(of: "influx")
      #expect(mqtt == influx + "done\n")
      #expect(influx.hasSuffix("\n\n"))
    }
  }

  /// bash can miss the end of a child that comes together with a signal, and would then wait for ever.
  @Test func signalToAllProcessesEndsAll() async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      for _ in 0..<8 {
        try await MadeUpTools.p1run("sim:rate=50", directory, both).whileRunning { composition in
          let isRunning = try await Deadline(in: .seconds(20)).poll {
            (try? directory.text(of: "influx"))?.isEmpty == false
          }
          #expect(isRunning)
          for process in composition.processes where isProcess(process, "p1cat") {
            kill(process, SIGTERM)
          }
          composition.send(signal: SIGTERM)
          let result = try await composition.waitForExit(within: .seconds(20))
          #expect(result.status == .success && result.errorText == "", "\(result)")
          #expect(composition.processes.isEmpty)
        }
        try FileManager.default.removeItem(atPath: directory.path("influx"))
      }
    }
  }

  @Test func theFailureOfTheReaderIsTheStatus() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let result = try await MadeUpTools.p1run("./nothing", directory, both).run()
      #expect(result.status == .exited(66))
      #expect(result.errorText == "p1cat: ./nothing: No such file or directory\n")
    }
  }

  /// A service of systemd stops within some seconds, whatever the server does.
  @Test(arguments: [([:], ""), (["NOTIFY_SOCKET": "none"], "--linger 5")])
  func aServiceLingersForSomeSeconds(
    _ environment: [String: String], _ expected: String
  ) async throws {
    let seeing = "echo \"${arguments[@]:3}\" > \"seen${0##*/}\"; cat > /dev/null"
    try await MadeUpTools.with(p1mqtt: seeing, p1influx: seeing) { directory in
      let settings = both.merging(environment) { $1 }.merging(["RUNTIME_DIRECTORY": directory.path])
      { $1 }
      let result = try await MadeUpTools.p1run("sim:count=1,rate=max", directory, settings).run()
      #expect(result.status == .success)
      for tool in ["p1mqtt", "p1influx"] {
        #expect(try directory.text(of: "seen\(tool)") == expected + "\n")
      }
    }
  }

  // MARK: - The spool

  /// The directory is that of the service, or one for each source in the home directory.
  @Test(arguments: [
    (["HOME": "home"], "home/.local/state/p1/sim_count_1_rate_max"),
    (["HOME": "home", "XDG_STATE_HOME": "state"], "state/p1/sim_count_1_rate_max"),
    (["STATE_DIRECTORY": "one:two", "HOME": "home"], "one"),
  ])
  func aSourceHasADirectory(_ environment: [String: String], _ place: String) async throws {
    let seeing = "echo \"$state\" > \"seen${0##*/}\"; cat > /dev/null"
    try await MadeUpTools.with(p1mqtt: seeing, p1influx: seeing) { directory in
      let settings = both.merging(environment) { $1 }
      let result = try await MadeUpTools.p1run("sim:count=1,rate=max", directory, settings).run()
      #expect(result.status == .success && result.errorText == "")
      for tool in ["p1mqtt", "p1influx"] {
        let seen = try directory.text(of: "seen\(tool)")
        #expect(seen == place + "\n")
      }
    }
  }

  @Test func withoutASinkThereIsNothingToDo() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let off = ["MQTT_ENABLED": "False", "INFLUXDB_ENABLED": "no"]
      let result = try await MadeUpTools.p1run("sim:", directory, off).run()
      #expect(result.status == .exited(78))
      #expect(
        result.errorText
          == "p1run: no sink is enabled; set MQTT_BROKER or INFLUXDB_HOST, see p1.conf(5)\n")
    }
  }

  /// A pager that shows the records may exit before p1run.
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
