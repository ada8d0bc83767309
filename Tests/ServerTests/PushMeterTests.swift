import Encryption
import Foundation
import Telegrams
import TestSupport
import TestValues
import Testing

/// The whole pipe with meters that push DLMS lists: a Norwegian one over HDLC, an Austrian one over M-Bus, encrypted.
@Suite struct PushMeterTests {
  private static let key = "404142434445464748494A4B4C4D4E4F"

  private struct Meter {
    let name: String
    let number: String
    let frames: [UInt8]
    let values: [(name: String, value: String)]
  }

  /// Kaifa: the list of the meter between short ones, which do not tell its number.
  private static let norwegian = Meter(
    name: "norway", number: "6970000000000001",
    frames: [1, 18, 1].flatMap { FrameBuilder.hdlc(SampleList.byPosition($0)) },
    values: [
      ("power_import_kw", "1.500"), ("current_l1_a", "4.321"), ("voltage_l3_v", "233.2"),
      ("energy_import_kwh", "1234.567"), ("energy_reactive_export_kvarh", "1.213"),
    ])

  private static func austrian() throws -> Meter {
    let title: [UInt8] = Array("KFMgP".utf8) + [0, 0, 1]
    let key = try #require(MeterKey(hexadecimal: key))
    let vector = InitializationVector(
      title: SystemTitle(value: title.reduce(0) { $0 << 8 | UInt64($1) }), counter: 1)
    let message = FrameBuilder.encrypted(
      title: title, control: 0x20, counter: 1,
      cipherText: try key.applyKeystream(to: SampleList.flat, vector))
    return Meter(
      name: "austria", number: "180000000077",
      frames: Array(FrameBuilder.mbus(message, length: 100).joined()),
      values: [
        ("energy_import_kwh", "12345.678"), ("energy_export_kwh", "0.009"),
        ("power_factor", "0.987"),
      ])
  }

  @Test func valuesReachTheBrokerTheDatabaseAndHomeAssistant() async throws {
    for meter in [Self.norwegian, try Self.austrian()] { try await run(meter) }
  }

  private func run(_ meter: Meter) async throws {
    let broker = try await Mosquitto.shared
    let database = try await InfluxDB.shared
    try await database.execute("CREATE DATABASE \(meter.name)")
    let settings = [
      "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
      "MQTT_TOPIC_PREFIX": "\(meter.name)/p1", "MQTT_HOMEASSISTANT": "\(meter.name)/ha",
      "MQTT_HOMEASSISTANT_DISCOVERY": "component",
      "INFLUXDB_HOST": "127.0.0.1", "INFLUXDB_PORT": "\(database.port)",
      "INFLUXDB_USER": Login.standard.user, "INFLUXDB_PASS": Login.standard.password,
      "INFLUXDB_DB": meter.name,
    ]
    try await TemporaryDirectory.with { directory in
      let key = try directory.write(Self.key, to: "key")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
      try Data(meter.frames).write(to: URL(filePath: directory.path("frames")))
      try await broker.client.subscribed(to: "\(meter.name)/#") { subscriber in
        let pipe = Program.bash(
          "p1cat --key-file key frames | p1parse -q | tee -p >(p1mqtt -q) | p1influx -q",
          environment: settings, directory: directory.path)
        let result = try await pipe.run(within: .seconds(60))
        #expect(result.status == .success && result.errorText == "")
        try await subscriber.wait(within: .seconds(20)) { $0.last?.text == "offline" }
        try await check(subscriber.messages, of: meter)
      }
    }
    let rows = try await database.query(
      "SELECT * FROM dsmr WHERE meter = '\(meter.number)'", database: meter.name)
    for (name, value) in meter.values {
      #expect(rows.contains { $0[name]?.double == Double(value) }, "\(name)")
    }
    let strangers = try await database.query(
      "SELECT * FROM dsmr WHERE meter = ''", database: meter.name)
    #expect(strangers.isEmpty)
  }

  private func check(_ messages: [MQTTMessage], of meter: Meter) async throws {
    for (name, value) in meter.values {
      let texts = messages.filter { $0.topic == "\(meter.name)/p1/\(name)" }.map(\.text)
      #expect(texts.contains(value), "\(name)")
    }
    let configs = messages.filter { $0.topic.hasSuffix("/config") && !$0.text.isEmpty }
    #expect(configs.count > meter.values.count)
    let verdicts = try await HomeAssistant.check(
      configs.map {
        DiscoveryMessage(
          topic: $0.topic, payload: $0.text, values: [], prefix: "\(meter.name)/ha")
      })
    #expect(verdicts.flatMap(\.problems).isEmpty)
    let devices = Set(configs.map { $0.topic.split(separator: "/").dropLast(2).last })
    #expect(devices.count == 1, "\(devices)")
  }
}
