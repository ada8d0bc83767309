import Foundation
import TestSupport
import Testing

/// Settings and secrets that both sinks have.
@Suite struct SinkSettingsTests {
  @Test(
    arguments: zip(
      [
        ("p1mqtt", "MQTT_PORT", "x"), ("p1mqtt", "MQTT_PORT", "70000"), ("p1mqtt", "MQTT_QOS", "3"),
        ("p1mqtt", "MQTT_RETAIN", "maybe"), ("p1mqtt", "MQTT_ENABLED", "2"),
        ("p1influx", "INFLUXDB_PORT", "0"), ("p1influx", "INFLUXDB_PORT", "99999999999999999999"),
        ("p1influx", "INFLUXDB_ENABLED", "perhaps"),
      ],
      [
        "not a whole number from 1 to 65535", "not a whole number from 1 to 65535",
        "not a whole number from 0 to 2", "neither True nor False", "neither True nor False",
        "not a whole number from 1 to 65535", "not a whole number from 1 to 65535",
        "neither True nor False",
      ]))
  func impossibleValue(
    _ setting: (tool: String, name: String, value: String), _ reason: String
  ) async throws {
    let program = Program(setting.tool, environment: [setting.name: setting.value])
    let result = try await program.run(input: "a=1\n")
    #expect(result.status == .exited(78))
    #expect(
      result.errorText == "\(setting.tool): \(setting.name): \"\(setting.value)\" is \(reason)\n")
  }

  @Test(
    arguments: zip(
      ["p1cat", "p1parse", "p1mqtt", "p1influx"],
      [
        "SER_PROT", "P1_SPECDIR", "MQTT_BROKR", "INFLUXDB_HSOT",
      ]))
  func misspeltSettingIsNamed(_ tool: String, _ name: String) async throws {
    let names = [
      "SER_PROT": "SER_PORT", "P1_SPECDIR": "P1_SPEC_DIR", "MQTT_BROKR": "MQTT_BROKER",
      "INFLUXDB_HSOT": "INFLUXDB_HOST",
    ]
    let result = try await Program(tool, environment: names.mapValues { _ in "x" }).run()
    let meant = try #require(names[name])
    #expect(result.status == .success)
    let warning = "\(tool): \(name): unknown setting; did you mean \(meant)?"
    #expect(result.messages.filter { $0.contains("did you mean") } == [warning[...]])
    let quiet = try await Program(tool, ["-q"], environment: [name: "x"]).run()
    #expect(!quiet.errorText.contains("did you mean"))
  }

  @Test func passwordNeedsAUser() async throws {
    try await TemporaryDirectory.with { directory in
      let path = try directory.write("hunter2\n", to: "password")
      #expect(chmod(path, 0o600) == 0)
      for (name, value) in [("INFLUXDB_PASS", "hunter2"), ("INFLUXDB_PASS_FILE", path)] {
        let result = try await Program("p1influx", environment: [name: value]).run(input: "a=1\n")
        #expect(result.status == .exited(78))
        #expect(
          result.errorText
            == "p1influx: \(name): a password needs a user; set --user or INFLUXDB_USER\n")
      }
    }
  }

  @Test(arguments: [
    ("p1mqtt", "MQTT_PASS"), ("p1influx", "INFLUXDB_PASS"), ("p1influx", "INFLUXDB_TOKEN"),
  ])
  func secretFileThatIsEmpty(_ tool: String, _ name: String) async throws {
    try await TemporaryDirectory.with { directory in
      for text in ["", "\n", "\r\nsecond line\n"] {
        let path = try directory.write(text, to: "secret")
        #expect(chmod(path, 0o600) == 0)
        var environment = ["\(name)_FILE": path]
        if name.hasSuffix("PASS") { environment[name.replacing("PASS", with: "USER")] = "me" }
        let result = try await Program(tool, environment: environment).run(input: "a=1\n")
        #expect(result.status == .exited(78))
        #expect(
          result.errorText
            == "\(tool): \(path): its first line is empty; write the secret there\n")
      }
    }
  }

  @Test func authenticationNeedsAUser() async throws {
    let environment = ["MQTT_AUTH": "True", "MQTT_PASS": "hunter2hunter2"]
    let result = try await Program("p1mqtt", environment: environment).run()
    #expect(result.status == .exited(78))
    #expect(result.errorText == "p1mqtt: MQTT_AUTH: it needs a user; set --user or MQTT_USER\n")
  }

  @Test func aClientIDIsNotEmpty() async throws {
    let result = try await Program("p1mqtt", ["--id", ""]).run()
    #expect(
      result.status == .exited(64) && result.errorText == "p1mqtt: --id: it must not be empty\n")
  }

  @Test func topicPrefixIsNoFilter() async throws {
    for prefix in ["a/+/b", "#", "$a"] {
      let result = try await Program("p1mqtt", ["--prefix", prefix]).run()
      #expect(result.status == .exited(64))
      #expect(result.errorText.hasPrefix("p1mqtt: --prefix: invalid topic \"\(prefix)\": "))
      #expect(result.messages.count == 1)
    }
  }

  @Test(arguments: zip(["p1mqtt", "p1influx"], ["MQTT", "INFLUXDB"]))
  func passwordFileThatOthersCanRead(_ tool: String, _ prefix: String) async throws {
    try await TemporaryDirectory.with { directory in
      let port = try ClosedPort()
      let path = try directory.write("hunter2hunter2\n", to: "password")
      let program = Program(
        tool, ["-v", "--port", "\(port.number)", "--linger", "0"],
        environment: ["\(prefix)_USER": "me", "\(prefix)_PASS_FILE": path])
      #expect(chmod(path, 0o644) == 0)
      let rejected = try await program.run(input: "a=1\n")
      #expect(rejected.status == .exited(77))
      #expect(
        rejected.errorText.hasPrefix("\(tool): \(path): others can read this secret"))
      #expect(rejected.messages.count == 1)
      #expect(chmod(path, 0o640) == 0)
      let taken = try await program.run(input: "a=1\n")
      #expect(taken.status == .exited(69))
      #expect(!(rejected.errorText + taken.errorText).contains("hunter2"))
    }
  }

  @Test(arguments: zip(["p1mqtt", "p1influx"], ["MQTT", "INFLUXDB"]))
  func passwordFileThatIsMissing(_ tool: String, _ prefix: String) async throws {
    let program = Program(
      tool, environment: ["\(prefix)_USER": "me", "\(prefix)_PASS_FILE": "/no/such/file"])
    let result = try await program.run()
    #expect(result.status == .exited(78))
    #expect(result.errorText == "\(tool): /no/such/file: No such file or directory\n")
  }
}
