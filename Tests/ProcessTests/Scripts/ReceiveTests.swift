import Foundation
import TestSupport
import Testing

/// scripts/p1receive with programs that a test made up: what mosquitto_sub is told, and what joins,
/// restarts and ends the two.
@Suite struct ReceiveTests {
  private static let common = ["-c", "-q 1", "-k 30"]
  private static let topics = ["-t dsmr/+/record"]

  /// The settings, and what mosquitto_sub makes of them.
  @Test(arguments: [
    (["MQTT_BROKER": "broker.lan"], ["-h broker.lan", "-p 1883"], topics),
    (["MQTT_BROKER": "broker.lan", "MQTT_PORT": "1884"], ["-h broker.lan", "-p 1884"], topics),
    // What an address says comes before the port.
    (
      ["MQTT_BROKER": "mqtt://[::1]:1885/", "MQTT_PORT": "1884"], ["-h ::1", "-p 1885"], topics
    ),
    (["MQTT_BROKER": "fe80::1"], ["-h fe80::1", "-p 1883"], topics),
    (["MQTT_BROKER": "unix:/run/m q.sock"], ["--unix /run/m q.sock"], topics),
    (["MQTT_BROKER": "unix:///run/mq.sock"], ["--unix /run/mq.sock"], topics),
    (
      ["MQTT_BROKER": "MQTTS://broker.lan"],
      ["-h broker.lan", "-p 8883", "--capath /etc/ssl/certs"], topics
    ),
    (
      [
        "MQTT_BROKER": "broker.lan", "MQTT_CA_FILE": "my ca.pem", "MQTT_CERT_FILE": "me.pem",
        "MQTT_KEY_FILE": "me.key", "MQTT_ALPN": "mqtt",
      ],
      [
        "-h broker.lan", "-p 8883", "--cafile my ca.pem", "--cert me.pem", "--key me.key",
        "--tls-alpn mqtt",
      ], topics
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_TOPIC_PREFIX": "site/one/"], ["-h b.lan", "-p 1883"],
      ["-t site/one/+/record"]
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_TOPIC": "{prefix}/{meter}/{channel}/all"],
      ["-h b.lan", "-p 1883"], ["-t dsmr/+/+/all"]
    ),
  ])
  func settingsAreThoseOfP1Mqtt(
    _ settings: [String: String], _ address: [String], _ topics: [String]
  ) async throws {
    let options = try await options(settings)
    let id = try #require(options.first { $0.hasPrefix("-i p1receive-") })
    #expect(options == address + [id] + Self.common + topics)
  }

  @Test func theLoginIsForMosquittoSubAlone() async throws {
    let settings = [
      "MQTT_BROKER": "b.lan", "MQTT_USER": "meter", "MQTT_CLIENT_UNIQ": "attic",
      "MQTT_PROTOCOL": "5", "MQTT_KEEPALIVE": "10",
    ]
    let rest = ["-i attic-receive", "-c", "-q 1", "-k 10", "-V mqttv5"] + Self.topics
    let login = ["-h b.lan", "-p 1883", "-u meter", "-P pass  word"]
    let given = try await options(settings.merging(["MQTT_PASS": "pass  word"]) { $1 })
    #expect(given == login + rest)
    let inFile = try await options(settings.merging(["MQTT_PASS_FILE": "password"]) { $1 })
    #expect(inFile == login + rest)
    let nobody = try await options(
      settings.merging(["MQTT_PASS": "pass", "MQTT_AUTH": "False"]) { $1 })
    #expect(nobody == ["-h b.lan", "-p 1883"] + rest)
  }

  @Test(arguments: [
    (
      ["MQTT_BROKER": "me:secret@b.lan"], 78,
      "p1mqtt: MQTT_BROKER: an address has no user or password"
    ),
    (
      ["MQTT_BROKER": "unix:socket"], 78,
      "p1mqtt: MQTT_BROKER: \"unix:socket\" is not the absolute path of a socket"
    ),
    (
      ["MQTT_BROKER": "mqtt://b.lan", "MQTT_TLS": "yes"], 78,
      "p1mqtt: MQTT_TLS: an mqtt: or unix: address is not encrypted"
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_TLS": "no", "MQTT_ALPN": "a"], 78,
      "p1mqtt: MQTT_TLS: TLS is off"
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_USER": "me", "MQTT_PASS": "secret\n-d"], 78,
      "p1receive: mosquitto_sub -P: there is a line feed in it"
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_USER": "me", "MQTT_PASS_FILE": "open"], 77,
      "p1mqtt: open: others can read this file with a secret; use chmod o= open"
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_TOPIC": "{prefix}/all"], 78,
      "p1receive: MQTT_TOPIC: it has no level {meter}"
    ),
    (
      ["MQTT_BROKER": "b.lan", "MQTT_TOPIC": "{meter}/{prefix}-{channel}"], 78,
      "p1receive: MQTT_TOPIC: \"dsmr-{channel}\" is no level"
    ),
    (
      ["MQTT_ENABLED": "no", "MQTT_BROKER": "b.lan"], 78,
      "p1receive: nothing to receive from: MQTT is not"
    ),
    (
      ["MQTT_BROKER": "b.lan", "INFLUXDB_ENABLED": "no"], 78,
      "p1receive: nothing to do: InfluxDB is not on"
    ),
  ])
  func settingsThatCannotBeAreSaid(
    _ settings: [String: String], _ status: Int32, _ reason: String
  ) async throws {
    try await withPrograms("exit 1", "cat") { directory in
      let result = try await p1receive(directory, settings).run()
      #expect(result.status == .exited(status))
      #expect(result.errorText.hasPrefix(reason), "\(result.errorText)")
      #expect(!result.errorText.contains("secret\n") && result.messages.count == 1)
    }
  }

  @Test func topicsCanBeGiven() async throws {
    let options = try await options(["MQTT_BROKER": "b.lan"], ["a/#", "b/+/record"])
    #expect(options.suffix(2) == ["-t a/#", "-t b/+/record"])
  }

  /// What the one had written is there for the sink, and what the next one writes; a signal ends all.
  @Test func whatDiesIsStartedAgain() async throws {
    let dying = """
      [ -e again ] || { echo 'n=1'; echo; : > again; kill -9 $$; }
      echo 'n=2'; echo; exec sleep 1000
      """
    let sink = """
      [ -e sink ] || { : > sink; head -n 0; kill -9 $$; }
      cat "$INFLUXDB_SPOOL"/[0-9]* 2> /dev/null; cat; echo "in $INFLUXDB_SPOOL"
      """
    try await withPrograms(dying, sink) { directory in
      let settings = [
        "MQTT_BROKER": "b.lan", "MQTT_CLIENT_UNIQ": "attic", "XDG_STATE_HOME": "state",
      ]
      try await p1receive(directory, settings).whileRunning { composition in
        try await composition.waitForOutput("n=2\n\n")
        composition.send(signal: SIGTERM)
        let result = try await composition.waitForExit()
        #expect(result.status == .success)
        let lines = result.text.split(separator: "\n")
        #expect(lines == ["n=1", "n=2", "in state/p1/attic-receive/influx"])
        #expect(result.errorText.contains("mosquitto_sub: killed by SIGKILL; started again in 1 s"))
        #expect(result.errorText.contains("p1influx: killed by SIGKILL; started again in 1 s"))
        #expect(composition.processes.isEmpty)
      }
      // Nor is a password left anywhere.
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("tmp")) == [])
    }
  }

  @Test func killOfAllLeavesNoPassword() async throws {
    try await withPrograms("echo; exec sleep 1000", "cat") { directory in
      try await p1receive(directory, ["MQTT_BROKER": "b.lan"]).whileRunning { composition in
        try await composition.waitForOutput("\n")
        composition.send(signal: SIGKILL)
        let isGone = try await Deadline(in: .seconds(10)).poll {
          try FileManager.default.contentsOfDirectory(atPath: directory.path("tmp")) == []
        }
        #expect(isGone)
      }
    }
  }

  /// What mosquitto_sub finds in its file, a line each; nothing is on its command line.
  private func options(
    _ settings: [String: String], _ arguments: [String] = []
  ) async throws -> [String] {
    let subscriber = """
      [ $# = 0 ] && [ "$(stat -c %a "$XDG_CONFIG_HOME")" = 700 ] || exit 1
      cp "$XDG_CONFIG_HOME/mosquitto_sub" options; echo; exec sleep 1000
      """
    var seen = ""
    try await withPrograms(subscriber, "cat > /dev/null") { directory in
      try await p1receive(directory, settings, arguments).whileRunning { composition in
        let isThere = try await Deadline(in: .seconds(20)).poll {
          try composition.status != nil
            || FileManager.default.contentsOfDirectory(atPath: directory.path).contains("options")
        }
        #expect(isThere)
        composition.send(signal: SIGTERM)
        let result = try await composition.waitForExit()
        #expect(result.status == .success && result.errorText == "")
      }
      seen = try String(contentsOfFile: directory.path("options"), encoding: .utf8)
    }
    return seen.split(separator: "\n").map(String.init)
  }

  private func withPrograms(
    _ mosquittoSub: String, _ p1influx: String, _ body: (TemporaryDirectory) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      let programs = [("mosquitto_sub", mosquittoSub), ("p1influx", p1influx)]
      for (name, script) in programs {
        let file = try directory.write("#!/bin/bash\n\(script)\n", to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      }
      try FileManager.default.createSymbolicLink(
        atPath: directory.path("p1mqtt"), withDestinationPath: ToolPaths.path(of: "p1mqtt"))
      let certificates = try await Certificates.shared
      for (name, made) in [
        ("my ca.pem", "ca.pem"), ("me.pem", "client.pem"), ("me.key", "client.key"),
      ] {
        try FileManager.default.copyItem(
          atPath: certificates.path(made), toPath: directory.path(name))
      }
      for (name, permissions) in [("password", 0o600), ("open", 0o644)] {
        let file = try directory.write("pass  word\n", to: name)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
      }
      try FileManager.default.createDirectory(
        atPath: directory.path("tmp"), withIntermediateDirectories: true)
      try await body(directory)
    }
  }

  private func p1receive(
    _ directory: TemporaryDirectory, _ settings: [String: String], _ arguments: [String] = []
  ) -> Program {
    let own = [
      "P1_BIN": directory.path, "PATH": "\(directory.path):/usr/bin:/bin", "INFLUXDB_HOST": "i.lan",
      "TMPDIR": directory.path("tmp"), "HOME": directory.path,
    ]
    return Program(
      Repository.path("scripts/p1receive"), arguments, environment: own.merging(settings) { $1 },
      directory: directory.path)
  }
}
