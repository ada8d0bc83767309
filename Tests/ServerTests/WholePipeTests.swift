import TestSupport
import Testing

/// The whole pipe: a meter on a serial line → p1cat → p1parse → tee → both sinks. Every value is
/// compared with what the broker delivered and the database returned.
@Suite struct WholePipeTests {
  private let readings = (0..<25).map(MadeUpMeter.Reading.init)
  /// Without -q, p1parse would log that the clock of the made-up meter is wrong.
  private let script = """
    p1cat -q --once --stamp "$1" | p1parse -q | tee -p >(p1mqtt) | p1influx
    """

  @Test func meterToMosquittoAndInfluxDB() async throws {
    let broker = try await Mosquitto.shared
    let database = try await InfluxDB.shared
    try await database.execute("CREATE DATABASE pipe")
    let environment = settings(broker, prefix: "pipe/one") {
      $0["INFLUXDB_HOST"] = "127.0.0.1"
      $0["INFLUXDB_PORT"] = "\(database.port)"
      $0["INFLUXDB_USER"] = Login.standard.user
      $0["INFLUXDB_PASS"] = Login.standard.password
      $0["INFLUXDB_DB"] = "pipe"
    }
    try await run(broker, prefix: "pipe/one", environment) {
      let query = "SELECT * FROM dsmr WHERE meter = '\(MadeUpMeter.identifier)'"
      return try await database.query(query, database: "pipe").count == readings.count
    }
    let rows = try await database.query(
      "SELECT * FROM dsmr WHERE meter = '\(MadeUpMeter.identifier)'", database: "pipe")
    #expect(rows.count == readings.count)
    for (row, reading) in zip(rows, readings) {
      #expect(row["time"] == .integer(reading.time * 1_000_000_000))
      for (name, value) in reading.values {
        if name == "message" {
          #expect(row[name] == .string(value))
        } else {
          #expect(row[name]?.double == Double(value), "\(name) of \(reading.number)")
        }
      }
    }
    // All gas readings have the same time, so the database keeps the last one.
    let gas = try await database.query(
      "SELECT gas_m3, channel FROM dsmr WHERE meter = '\(MadeUpMeter.gasIdentifier)'",
      database: "pipe")
    let last = try #require(readings.last)
    #expect(gas.count == 1)
    #expect(gas.first?["time"] == .integer(last.gasTime * 1_000_000_000))
    #expect(gas.first?["gas_m3"]?.double == Double(last.gas))
    #expect(gas.first?["channel"] == .string("1"))
  }

  @Test func meterToRabbitMQAndVictoriaMetrics() async throws {
    let broker = try await RabbitMQ.shared
    let database = try await VictoriaMetrics.shared
    let environment = settings(broker, prefix: "pipe/two") {
      $0["INFLUXDB_HOST"] = "127.0.0.1"
      $0["INFLUXDB_PORT"] = "\(database.port)"
    }
    let meter = "meter=\"\(MadeUpMeter.identifier)\""
    try await run(broker, prefix: "pipe/two", environment) {
      let series = try await database.export("{__name__=\"dsmr_tariff\",\(meter)}")
      return series.first?.values.count == readings.count
    }
    for name in try #require(readings.first).values.map(\.key) where name != "message" {
      let series = try await database.export("{__name__=\"dsmr_\(name)\",\(meter)}")
      #expect(series.count == 1, "\(name)")
      #expect(series.first?.timestamps == readings.map { $0.time * 1000 }, "\(name)")
      let values = readings.map { reading in
        reading.values.first { $0.key == name }.flatMap { Double($0.value) }
      }
      #expect(series.first?.values == values, "\(name)")
    }
    let gas = try await database.export(
      "{__name__=\"dsmr_gas_m3\",meter=\"\(MadeUpMeter.gasIdentifier)\",channel=\"1\"}")
    // VictoriaMetrics keeps all points of the same time, in no order.
    #expect(gas.first?.values.sorted() == readings.compactMap { Double($0.gas) })
    #expect(Set(gas.first?.timestamps ?? []) == Set(readings.map { $0.gasTime * 1000 }))
  }

  /// Runs the pipe on a serial line with all readings, and checks what the broker delivered.
  private func run(
    _ broker: some MQTTBroker, prefix: String, _ environment: [String: String],
    untilStored: () async throws -> Bool
  ) async throws {
    let meter = try PseudoTerminal()
    try await broker.client.subscribed(to: "\(prefix)/#", qos: 1) { subscriber in
      let pipe = Program.bash(script, [meter.path], environment: environment)
      try await pipe.whileRunning { pipe in
        try await meter.waitUntilRaw()
        for reading in readings { try await meter.write(reading.telegram) }
        let expected = readings.flatMap { messages(of: $0, prefix: prefix) }
        try await subscriber.wait(within: .seconds(20)) { $0.count >= expected.count }
        #expect(subscriber.messages.map { "\($0.topic) \($0.text)" } == expected)
        let isStored = try await Deadline(in: .seconds(20)).poll(
          every: .milliseconds(50), until: untilStored)
        #expect(isStored)
        // Closing the line ends p1cat, and so the whole pipe.
        meter.close()
        let result = try await pipe.waitForExit(within: .seconds(20))
        #expect(result.status == .success)
        #expect(result.text == "")
        #expect(result.errorText == "p1cat: \(meter.path): serial line disconnected\n")
      }
    }
  }

  /// The expected messages of a reading, in order.
  private func messages(of reading: MadeUpMeter.Reading, prefix: String) -> [String] {
    let noon = "2026-01-15T12:00:"
    let second = reading.number < 10 ? "0\(reading.number)" : "\(reading.number)"
    return ["\(prefix)/timestamp \(noon)\(second)Z", "\(prefix)/meter \(MadeUpMeter.identifier)"]
      + reading.values.map { "\(prefix)/\($0.key) \($0.value)" } + [
        "\(prefix)/channel1/timestamp \(noon)00Z",
        "\(prefix)/channel1/meter \(MadeUpMeter.gasIdentifier)", "\(prefix)/gas_m3 \(reading.gas)",
      ]
  }

  private func settings(
    _ broker: some MQTTBroker, prefix: String, _ add: (inout [String: String]) -> Void
  ) -> [String: String] {
    var settings = [
      "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)", "MQTT_AUTH": "True",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
      "MQTT_TOPIC_PREFIX": prefix, "MQTT_QOS": "1", "MQTT_STATUS": "False",
    ]
    add(&settings)
    return settings
  }
}
