import CommandLine
import Foundation
import TestSupport
import Testing

/// The settings that scripts/p1run reads from p1.conf, and what the tools then see.
@Suite struct RunSettingsTests {
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
    try await MadeUpTools.with(
      p1mqtt: "cat; env | grep -E '^(MQTT|SER)_' | sort > seen", p1influx: ""
    ) {
      directory in
      let file = try directory.write(block, to: "p1.conf")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      // What is in the environment wins.
      let result = try await MadeUpTools.p1run(nil, directory, ["MQTT_PORT": "1884"]).run()
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

  /// pySerial's object is passed over, and its attributes are settings.
  @Test func attributesOfPySerialAreSettings() async throws {
    let block = """
      SER = serial.Serial()
      SER.port = "/dev/null"
      SER.baudrate = 115200
      SER.bytesize = serial.SEVENBITS
      SER.parity = serial.PARITY_EVEN
      SER.stopbits = serial.STOPBITS_ONE
      SER.xonxoff = 0
      SER.rtscts = 0
      SER.timeout = 20
      MQTT_ENABLED = True

      """
    try await MadeUpTools.with(p1mqtt: "cat; env | grep ^SER_ | sort > seen", p1influx: "") {
      directory in
      try directory.write(block, to: "p1.conf")
      let result = try await MadeUpTools.p1run(nil, directory, [:]).run()
      #expect(result.status == .success && result.errorText == "")
      let seen = try String(contentsOfFile: directory.path("seen"), encoding: .utf8)
      #expect(
        seen == """
          SER_BAUDRATE=115200
          SER_BYTESIZE=7
          SER_PARITY=E
          SER_PORT=/dev/null
          SER_RTSCTS=0
          SER_STOPBITS=1
          SER_TIMEOUT=20
          SER_XONXOFF=0

          """)
    }
  }

  @Test func anEmptyNameMeansNoFile() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      try directory.write("MQTT_ENABLED = True\n", to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:", directory, ["P1_CONF": ""]).run()
      #expect(result.status == .exited(78))
    }
  }

  /// Whatever a tool takes from its environment may stand in the file.
  @Test func everySettingIsKnown() async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      let lines = allSettingGroups.flatMap(\.settings).compactMap(\.name).map { "\($0) = ''\n" }
      try directory.write(lines.joined(), to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:", directory, [:]).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1run: nothing to do: neither MQTT nor InfluxDB is on\n")
    }
  }

  @Test(arguments: [
    ("MQTT_BROKR", "MQTT_BROKER"), ("INFLUX_HOST", "INFLUXDB_HOST"),
    ("INFLUXD_HOST", "INFLUXDB_HOST"),
    ("SER.prot", "SER_PORT"), ("P1_SPEC_DRI", "P1_SPEC_DIR"), ("DEBUG", nil),
    ("MQTT_CLIENT_ID", "MQTT_CLIENT_UNIQ"),
  ])
  func aMisspeltSettingIsSaid(_ name: String, _ meant: String?) async throws {
    try await MadeUpTools.with(p1mqtt: "cat > /dev/null", p1influx: "cat") { directory in
      try directory.write("MQTT_ENABLED = True\n\(name) = '1'\n", to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:count=1,rate=max", directory, [:]).run()
      let key = name.uppercased().replacing(".", with: "_")
      #expect(result.status == (meant == nil ? .success : .exited(78)))
      let rest = meant.map { "did you mean \($0)?" } ?? "ignored"
      #expect(result.errorText == "p1run: ./p1.conf:2: unknown setting \(key); \(rest)\n")
    }
  }

  @Test(arguments: [
    ("MQTT_PASS = 'abc", "there is no closing quote"),
    ("MQTT_PASS = 'abc' 'def'", "there is more after the closing quote"),
    ("MQTT_USER = os.environ['USER']", "the value needs quotes"),
    ("if True:", "it is not NAME = 'value'"),
    ("INFLUXDB_DATABASE = 'dsmr'", "unknown setting INFLUXDB_DATABASE"),
    (
      "SER = serial.Serial('/dev/ttyUSB0')",
      "SER takes serial.Serial() alone; set SER.port, SER.baudrate and the like"
    ),
    ("MQTT_USER = $(touch pwned)", "the value needs quotes"),
  ])
  func aLineThatIsNoSettingIsSaid(_ line: String, _ reason: String) async throws {
    try await MadeUpTools.with(p1mqtt: "cat", p1influx: "cat") { directory in
      try directory.write("MQTT_ENABLED = True\n\(line)\n", to: "p1.conf")
      let result = try await MadeUpTools.p1run("sim:count=1", directory, [:]).run()
      #expect(result.status == .exited(78))
      #expect(result.errorText == "p1run: ./p1.conf:2: \(reason)\n")
      #expect(!FileManager.default.fileExists(atPath: directory.path("pwned")))
    }
  }
}
