import Foundation
import TestSupport
import Testing

/// scripts/p1run reads no setting: the tools that it starts find p1.conf, as p1.conf(5) says.
@Suite struct RunSettingsTests {
  private static let block = """
    SER = serial.Serial()
    SER.port = "sim:count=1,rate=max"
    MQTT_ENABLED = True

    """

  /// The file is p1.conf in the working directory, or the one that `-c` or P1_CONF names.
  @Test(
    arguments: [
      ("p1.conf", [], [:]), ("my.conf", ["-c", "my.conf"], [:]),
      ("my.conf", [], ["P1_CONF": "my.conf"]),
    ]
      as [(String, [String], [String: String])])
  func theFileIsFound(
    _ name: String, _ options: [String], _ environment: [String: String]
  ) async throws {
    try await MadeUpTools.with(p1mqtt: "cat > mqtt", p1influx: "cat > influx") { directory in
      try directory.write(Self.block, to: name)
      let settings = environment.merging(["P1_BIN": directory.path, "HOME": "."]) { $1 }
      let result = try await Program(
        Repository.path("scripts/p1run"), options, environment: settings, directory: directory.path
      ).run()
      #expect(result.status == .success && result.errorText == "")
      let records = try directory.text(of: "mqtt")
      #expect(records.matches(of: /timestamp=/).count == 2)
      #expect(!FileManager.default.fileExists(atPath: directory.path("influx")))
    }
  }

  @Test func anEmptyNameMeansNoFile() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      try directory.write(Self.block, to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:", directory, ["P1_CONF": ""]).run()
      #expect(result.status == .exited(78))
    }
  }

  /// The first tool that checks the settings reports the fault.
  @Test(arguments: [
    ("MQTT_BROKR = 'b.lan'", "unknown setting MQTT_BROKR; did you mean MQTT_BROKER?"),
    ("MQTT_PASS = 'abc", "this string has no closing quote"),
    ("MQTT_USER = $(touch pwned)", "the value needs quotes"),
  ])
  func aWrongLineEndsAll(_ line: String, _ reason: String) async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      try directory.write("MQTT_ENABLED = True\n\(line)\n", to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:count=1", directory, [:]).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1mqtt: ./p1.conf:2: \(reason)\n")
      #expect(!FileManager.default.fileExists(atPath: directory.path("pwned")))
    }
  }
}
