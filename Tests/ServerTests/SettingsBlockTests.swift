import Foundation
import TestSupport
import Testing

/// The settings block of a Python script as p1.conf: a meter, scripts/p1run, a broker and a
/// database. The environment only sets the serial line and the addresses of the servers.
@Suite struct SettingsBlockTests {
  private static let block = """
    #MQTT settings
    MQTT_ENABLED = True
    MQTT_BROKER = 'mqtt.localdomain'
    MQTT_PORT = 1883
    MQTT_CLIENT_UNIQ = 'smartmeter-1'
    MQTT_TOPIC_PREFIX = "dsmr"
    MQTT_AUTH = True
    MQTT_USER = 'dsmr' #username
    MQTT_PASS = 'it\\'s # mine' #password
    MQTT_QOS = 0
    MQTT_RETAIN = False

    #Serial settings
    SER = serial.Serial()
    SER.port = "/dev/ttyUSB1"
    SER.baudrate = 115200
    SER.bytesize = serial.SEVENBITS
    SER.parity = serial.PARITY_EVEN
    SER.stopbits = serial.STOPBITS_ONE
    SER.xonxoff = 0
    SER.rtscts = 0
    SER.timeout = 20

    #InfluxDB settings
    INFLUXDB_ENABLED = True
    INFLUXDB_HOST = 'influxdb.localdomain'
    INFLUXDB_PORT = 8086
    INFLUXDB_USER = 'dsmr'
    INFLUXDB_PASS = 'it\\'s # mine'
    INFLUXDB_DB = 'meter'

    """

  @Test func theBlockWorksUnchanged() async throws {
    let login = Login(user: "dsmr", password: "it's # mine")
    let readings = (0..<10).map(MadeUpMeter.Reading.init)
    try await Mosquitto.running(login: login) { broker in
      try await InfluxDB.running(database: "meter") { database in
        try await TemporaryDirectory.with { directory in
          let file = try directory.write(Self.block, to: "p1.conf")
          try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
          let meter = try PseudoTerminal()
          let p1run = Program(
            Repository.path("scripts/p1run"),
            environment: [
              "P1_BIN": ToolPaths.directory, "HOME": directory.path, "SER_PORT": meter.path,
              "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
              "INFLUXDB_HOST": "127.0.0.1", "INFLUXDB_PORT": "\(database.port)",
            ], directory: directory.path)
          try await broker.client.subscribed(to: "dsmr/timestamp") { subscriber in
            try await p1run.whileRunning { composition in
              try await meter.waitUntilRaw()
              for reading in readings { try await meter.write(reading.telegram) }
              try await subscriber.wait(within: .seconds(20)) {
                $0.last?.text == "2026-01-15T12:00:09Z"
              }
              composition.send(signal: SIGTERM)
              let result = try await composition.waitForExit(within: .seconds(20))
              #expect(result.status == .success)
              // The telegrams have another date than this machine.
              let messages = result.errorText.split(separator: "\n")
              #expect(messages.allSatisfy { $0.contains("clock") }, "\(result.errorText)")
            }
          }
          let rows = try await database.query(
            "SELECT tariff FROM dsmr WHERE meter = '\(MadeUpMeter.identifier)'", database: "meter")
          #expect(rows.map { $0["time"] } == readings.map { .integer($0.time * 1_000_000_000) })
        }
      }
    }
  }
}
