import Foundation
import TestSupport
import Testing

/// scripts/p1run with tools that a test made up: what joins, restarts and ends them.
@Suite struct CompositionTests {
  private let both = ["MQTT_ENABLED": "True", "INFLUXDB_ENABLED": "True"]

  @Test func bothSinksGetEveryRecord() async throws {
    try await withTools(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      let result = try await p1run("sim:count=200,rate=max", directory, both).run()
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
    try await withTools(p1mqtt: dying, p1influx: "cat > influx") { directory in
      let result = try await p1run("sim:count=3,rate=max", directory, both).run()
      #expect(result.status == .success)
      #expect(result.errorText.contains("p1run: p1mqtt: killed by SIGKILL; started again in 1 s"))
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      #expect(influx.matches(of: /timestamp=/).count == 6)
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      #expect(mqtt == influx)
    }
  }

  @Test func aSinkThatNoRestartWouldMendEndsAll() async throws {
    try await withTools(p1mqtt: "exit 78", p1influx: "cat > influx") { directory in
      let result = try await p1run("sim:", directory, both).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText.contains("p1mqtt: ended with status 78"))
    }
  }

  @Test func oneSignalEndsAllInOrder() async throws {
    try await withTools(p1mqtt: "cat > mqtt; echo done >> mqtt", p1influx: "cat > influx") {
      directory in
      try await p1run("sim:rate=50", directory, both).whileRunning { composition in
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
    try await withTools(p1mqtt: "cat", p1influx: "cat") { directory in
      let result = try await p1run("./nothing", directory, both).run()
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
    try await withTools(
      p1mqtt: "echo \"$MQTT_SPOOL\" > place1; cat > mqtt",
      p1influx: "echo \"$INFLUXDB_SPOOL\" > place2; cat > influx"
    ) { directory in
      let settings = both.merging(environment) { $1 }
      let result = try await p1run("sim:count=1,rate=max", directory, settings).run()
      #expect(result.status == .success && result.errorText == "")
      for (file, place) in [("place1", mqtt), ("place2", influx)] {
        let seen = try String(contentsOfFile: directory.path(file), encoding: .utf8)
        #expect(seen == place + "\n")
        guard !place.isEmpty else { continue }
        #expect(FileManager.default.fileExists(atPath: directory.path(place)) == areMade)
      }
    }
  }

  @Test(arguments: [73, 77]) func aSpoolThatCannotBeIsDoneWithout(_ status: Int) async throws {
    let refusing = { (setting: String, file: String) in
      "[ -z \"$\(setting)\" ] || exit \(status); cat > \(file)"
    }
    try await withTools(
      p1mqtt: refusing("MQTT_SPOOL", "mqtt"), p1influx: refusing("INFLUXDB_SPOOL", "influx")
    ) { directory in
      let settings = both.merging(["MQTT_PAYLOAD": "record"]) { $1 }
      let result = try await p1run("sim:count=3,rate=max", directory, settings).run()
      #expect(result.status == .success)
      for server in ["broker", "database"] {
        #expect(
          result.errorText.contains(
            "it cannot be used; what waits for the \(server) is in memory"))
      }
      let influx = try String(contentsOfFile: directory.path("influx"), encoding: .utf8)
      let mqtt = try String(contentsOfFile: directory.path("mqtt"), encoding: .utf8)
      #expect(influx == mqtt && influx.matches(of: /timestamp=/).count == 6)
    }
  }

  @Test func withoutASinkThereIsNothingToDo() async throws {
    try await withTools(p1mqtt: "cat", p1influx: "cat") { directory in
      let off = ["MQTT_ENABLED": "False", "INFLUXDB_ENABLED": "no"]
      let result = try await p1run("sim:", directory, off).run()
      #expect(result.status == .exited(78))
      #expect(
        result.errorText == "p1run: nothing to do: neither MQTT nor InfluxDB is on\n")
    }
  }

  /// The settings block of a Python script, as it stands, and what the tools then see.
  @Test(arguments: ["\n", "\r\n"]) func settingsAreReadFromAPythonBlock(
    _ lineEnd: String
  ) async throws {
    let block = #"""
      import serial
      # MQTT
      MQTT_ENABLED = True
      MQTT_BROKER = '192.0.2.1'   # the cupboard
      MQTT_PORT = 1883
      MQTT_CLIENT_UNIQ = "smartmeter-1"
      MQTT_AUTH = True
      MQTT_USER = 'meter'
      MQTT_PASS = 'pa#ss\'wo\\rd "x"'
      MQTT_RETAIN = False
      INFLUXDB_ENABLED = False
      SER_PORT = '/dev/null'
      SER_PARITY = serial.PARITY_EVEN
      SER_BYTESIZE = serial.SEVENBITS
      SER_TIMEOUT = None
      """#.split(separator: "\n").joined(separator: lineEnd)
    try await withTools(p1mqtt: "cat; env | grep -E '^(MQTT|SER)_' | sort > seen", p1influx: "") {
      directory in
      let file = try directory.write(block, to: "p1.conf")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      // What is in the environment wins.
      let result = try await p1run(nil, directory, ["MQTT_PORT": "1884"]).run()
      #expect(result.status == .success && result.errorText == "")
      let seen = try String(contentsOfFile: directory.path("seen"), encoding: .utf8)
      #expect(
        seen == #"""
          MQTT_AUTH=True
          MQTT_BROKER=192.0.2.1
          MQTT_CLIENT_UNIQ=smartmeter-1
          MQTT_ENABLED=True
          MQTT_PASS=pa#ss'wo\rd "x"
          MQTT_PORT=1884
          MQTT_RETAIN=False
          MQTT_USER=meter
          SER_BYTESIZE=7
          SER_PARITY=E
          SER_PORT=/dev/null

          """#)
    }
  }

  @Test(arguments: [
    ("MQTT_PASS = 'abc", "there is no closing quote"),
    ("MQTT_PASS = 'abc' 'def'", "there is more after the closing quote"),
    ("MQTT_USER = os.environ['USER']", "the value needs quotes"),
    ("if True:", "it is not NAME = 'value'"),
    ("MQTT_USER = $(touch pwned)", "the value needs quotes"),
  ])
  func aLineThatIsNoSettingIsSaid(_ line: String, _ reason: String) async throws {
    try await withTools(p1mqtt: "cat", p1influx: "cat") { directory in
      try directory.write("MQTT_ENABLED = True\n\(line)\n", to: "p1.conf")
      let result = try await p1run("sim:count=1", directory, [:]).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1run: ./p1.conf:2: \(reason)\n")
      #expect(!FileManager.default.fileExists(atPath: directory.path("pwned")))
    }
  }

  /// A directory with the real reader and parser, and sinks that are shell scripts.
  private func withTools(
    p1mqtt: String, p1influx: String, _ body: (TemporaryDirectory) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      for tool in ["p1cat", "p1parse"] {
        try FileManager.default.createSymbolicLink(
          atPath: directory.path(tool), withDestinationPath: try ToolPaths.path(of: tool))
      }
      for (name, script) in [("p1mqtt", p1mqtt), ("p1influx", p1influx)] {
        let file = try directory.write("#!/bin/bash\n\(script)\n", to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      }
      try await body(directory)
    }
  }

  private func p1run(
    _ source: String?, _ directory: TemporaryDirectory, _ settings: [String: String]
  ) -> Program {
    Program(
      Repository.path("scripts/p1run"), [source].compactMap(\.self),
      environment: settings.merging(["P1_BIN": directory.path]) { $1 }, directory: directory.path)
  }
}
