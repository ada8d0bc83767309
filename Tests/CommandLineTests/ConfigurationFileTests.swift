import Testing

@testable import CommandLine

/// p1.conf: what its lines mean, and what is said of those that mean nothing.
@Suite struct ConfigurationFileTests {
  private func values(_ text: String) throws -> [String: String] {
    try ConfigurationFile(path: "p1.conf", Array(text.utf8)).entries.compactMapValues(\.value)
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func aPythonBlockIsRead(_ lineEnd: String) throws {
    let block = #"""
      import serial
      # MQTT
      MQTT_ENABLED = True
      MQTT_BROKER = '192.0.2.1'   # the cupboard
      MQTT_PORT = 1883
      MQTT_CLIENT_UNIQ = "smartmeter-1"
      MQTT_PASS = 'pa#ss\'wo\\rd "x"'
      SER = serial.Serial()  # the cable
      SER.port = "/dev/ttyUSB1"
      SER.bytesize = serial.SEVENBITS
      SER.parity = serial.PARITY_EVEN
      SER.stopbits = serial.STOPBITS_ONE
      SER.xonxoff = 0
      SER_TIMEOUT = None
      P1_SPEC_DIR = r'C:\new' 'er'
      """#.split(separator: "\n").joined(separator: lineEnd)
    #expect(
      try values(block) == [
        "MQTT_ENABLED": "True", "MQTT_BROKER": "192.0.2.1", "MQTT_PORT": "1883",
        "MQTT_CLIENT_UNIQ": "smartmeter-1", "MQTT_PASS": #"pa#ss'wo\rd "x""#,
        "SER_PORT": "/dev/ttyUSB1", "SER_BYTESIZE": "7", "SER_PARITY": "E", "SER_STOPBITS": "1",
        "SER_XONXOFF": "0", "P1_SPEC_DIR": #"C:\newer"#,
      ])
  }

  @Test func anEnvironmentFileIsRead() throws {
    let file = """
      \u{FEFF}; of systemd
      MQTT_BROKER=broker.lan
      export MQTT_USER="me"
      MQTT_PASS=a#b
      MQTT_TOPIC_PREFIX=dsmr # the prefix

      """
    #expect(
      try values(file) == [
        "MQTT_BROKER": "broker.lan", "MQTT_USER": "me", "MQTT_PASS": "a#b",
        "MQTT_TOPIC_PREFIX": "dsmr",
      ])
  }

  /// As in a script, where the last assignment counts.
  @Test func theLastLineWins() throws {
    #expect(try values("MQTT_QOS = 1\nMQTT_QOS = 2\n") == ["MQTT_QOS": "2"])
    #expect(try values("MQTT_QOS = 1\nMQTT_QOS = None\n") == [:])
  }

  @Test(arguments: [
    ("MQTT_PASS = 'abc", "this string has no closing quote"),
    ("MQTT_PASS = 'abc' def", "unexpected text after the closing quote"),
    ("MQTT_BROKER = 'x'; MQTT_TLS = True", "unexpected text after the closing quote"),
    ("MQTT_PASS = b'abc'", "expected text, found bytes (b\"…\")"),
    ("MQTT_USER = os.environ['USER']", "the value needs quotes"),
    ("MQTT_USER = $(touch pwned)", "the value needs quotes"),
    ("if True:", "expected NAME = 'value'"), ("1 = 2", "expected NAME = 'value'"),
    ("SER.a.b = 2", "expected NAME = 'value'"),
    (
      "SER = serial.Serial('/dev/ttyUSB0')",
      "SER can only be serial.Serial(); set SER.port, SER.baudrate and so on"
    ),
    (
      "SER.parity = serial.PARITY_MARK",
      "this constant of pySerial is not supported: serial.PARITY_MARK"
    ),
  ])
  func aLineThatIsNoSettingIsRejected(_ line: String, _ reason: String) {
    let failure = #expect(throws: Failure.self) { try values("\n\(line)\n") }
    #expect(failure?.subject == "p1.conf:2" && failure?.reason == reason)
    #expect(failure?.exitStatus == .configuration)
  }

  @Test(arguments: [
    ("MQTT_BROKR", "MQTT_BROKER"), ("INFLUX_HOST", "INFLUXDB_HOST"),
    ("INFLUXD_HOST", "INFLUXDB_HOST"), ("SER.prot", "SER_PORT"), ("P1_SPEC_DRI", "P1_SPEC_DIR"),
    ("MQTT_CLIENT_ID", "MQTT_CLIENT_UNIQ"), ("MQTT_PASSWORD", "MQTT_PASS"),
    ("INFLUXDB_DATABASE", nil),
  ])
  func aMisspeltNameIsRejected(_ name: String, _ meant: String?) throws {
    try expectMisspelt(name, "'1'", meant)
    try expectMisspelt(name, "None", meant)
  }

  private func expectMisspelt(_ name: String, _ value: String, _ meant: String?) throws {
    let file = try ConfigurationFile(path: "p1.conf", Array("\n\(name) = \(value)\n".utf8))
    let failure = #expect(throws: Failure.self) {
      try Settings(file: file).checkNames(of: "p1mqtt")
    }
    let key = name.uppercased().replacing(".", with: "_")
    let question = meant.map { "; did you mean \($0)?" } ?? ""
    #expect(
      failure?.subject == "p1.conf:2" && failure?.reason == "unknown setting \(key)\(question)")
  }

  @Test(arguments: ["DEBUG", "HOST", "P1_BIN", "P1_CONF", "LOG_LEVEL"])
  func theNamesOfOthersAreLeftAlone(_ name: String) throws {
    let file = try ConfigurationFile(path: "p1.conf", Array("\(name) = '1'\n".utf8))
    try Settings(file: file).checkNames(of: "p1mqtt")
  }

  @Test func aLineThatIsNotUTF8IsNamed() {
    let failure = #expect(throws: Failure.self) {
      try ConfigurationFile(
        path: "p1.conf", Array("MQTT_QOS = 1\nMQTT_PASS = '".utf8) + [0xFF, 0x27])
    }
    #expect(
      failure?.subject == "p1.conf:2" && failure?.reason == "the line is not text in UTF-8")
  }

  @Test func aRemovedSettingIsRejected() throws {
    let file = try ConfigurationFile(path: "p1.conf", Array("MQTT_PSK = '00'\n".utf8))
    for settings in [
      Settings(file: file), Settings(environment: { $0 == "MQTT_PSK" ? "00" : nil }),
    ] {
      let failure = #expect(throws: Failure.self) { try settings.checkNames(of: "p1mqtt") }
      #expect(failure?.exitStatus == .configuration)
      #expect(failure?.reason.contains("use certificates") == true)
    }
    try Settings(environment: { $0 == "MQTT_PSK" ? "00" : nil }).checkNames(of: "p1influx")
  }
}
