import Foundation
import TestSupport
import Testing

/// Records between two hosts: p1mqtt → a broker → scripts/p1receive → a database.
@Suite struct TwoHostsTests {
  /// Each record reaches the database, although the receiving side is down for a while.
  @Test func everyRecordArrives() async throws {
    let broker = try await RabbitMQ.shared
    try await TemporaryDirectory.with { directory in
      try await InfluxDB.running { database in
        let receiver = receiver(broker, database, in: directory)
        try await receiver.whileRunning { receiver in
          try await waitUntilReceived(broker, database)
          try await send(0..<300, to: broker)
          try await expect(300, in: database)
          receiver.send(signal: SIGTERM)
          let result = try await receiver.waitForExit()
          #expect(result.status == .success && result.errorText == "")
        }
        // The broker keeps these records for the session.
        try await send(300..<600, to: broker)
        try await receiver.whileRunning { receiver in
          try await expect(600, in: database)
          let sink = try #require(receiver.processes(named: "p1influx").first)
          kill(sink, SIGKILL)
          try await send(600..<900, to: broker)
          try await expect(900, in: database)
          await database.kill()
          try await send(900..<1200, to: broker)
          try await database.start()
          try await expect(1200, in: database)
          receiver.send(signal: SIGTERM)
          #expect(try await receiver.waitForExit().status == .success)
        }
        // The points are exactly those of the records, with their times.
        let rows = try await database.query("SELECT n, meter FROM dsmr WHERE n >= 0")
        #expect(
          rows.map { $0["time"] }
            == (0..<1200).map { .integer((1_768_478_400 + $0) * 1_000_000_000) })
        #expect(rows.map { $0["n"]?.double } == (0..<1200).map(Double.init))
        #expect(rows.allSatisfy { $0["meter"] == .string("E1") })
      }
    }
  }

  /// A broker with TLS and certificates on both sides, and one on a Unix socket.
  @Test func brokersOfEveryAddress() async throws {
    try await TemporaryDirectory.with { directory in
      let certificates = try await Certificates.shared
      let secure = [
        "MQTT_CA_FILE": certificates.path("ca.pem"),
        "MQTT_CERT_FILE": certificates.path("client.pem"),
        "MQTT_KEY_FILE": certificates.path("client.key"),
      ]
      try FileManager.default.createDirectory(
        atPath: directory.path("bin"), withIntermediateDirectories: false)
      for tool in ["p1cat", "p1parse", "p1mqtt"] {
        try FileManager.default.createSymbolicLink(
          atPath: directory.path("bin/\(tool)"), withDestinationPath: try Program(tool).path)
      }
      let script = try directory.write(
        "#!/bin/bash\n[[ $1 != --check ]] || exit 0\nexec cat\n", to: "bin/p1influx")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
      try await Mosquitto.running(listeners: [.tls(wantsClients: true), .unixSocket]) { broker in
        for settings in [
          secure.merging(["MQTT_BROKER": "mqtts://localhost:\(broker.ports[0])"]) { $1 },
          ["MQTT_BROKER": "unix:\(broker.socketPath)"],
        ] {
          var program = Program(
            Repository.path("scripts/p1receive"), environment: login.merging(settings) { $1 },
            directory: directory.path)
          program.environment["P1_BIN"] = directory.path("bin")
          program.environment["INFLUXDB_HOST"] = "localhost"
          try await program.whileRunning { receiver in
            let hasArrived = try await Deadline(in: .seconds(20)).poll {
              try await send(0..<1, settings)
              return receiver.text.contains("n=0\nmeter=E1\n\n")
            }
            #expect(hasArrived, "\(receiver.errorText)")
            receiver.send(signal: SIGTERM)
            #expect(try await receiver.waitForExit().status == .success)
          }
        }
      }
    }
  }

  private let login = ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password]

  private func settings(_ broker: some MQTTBroker) -> [String: String] {
    ["MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)", "MQTT_TOPIC_PREFIX": "two/hosts"]
  }

  private func receiver(
    _ broker: some MQTTBroker, _ database: InfluxDB, in directory: TemporaryDirectory
  ) -> Program {
    let own = [
      "P1_BIN": ToolPaths.directory, "STATE_DIRECTORY": directory.path,
      "INFLUXDB_URL": "http://127.0.0.1:\(database.port)", "INFLUXDB_DB": "test",
    ]
    return Program(
      Repository.path("scripts/p1receive"),
      environment: own.merging(settings(broker)) { $1 }.merging(login) { $1 },
      directory: directory.path)
  }

  /// Publishes records with these numbers, and waits until the broker has acknowledged them.
  private func send(_ numbers: Range<Int>, to broker: some MQTTBroker) async throws {
    try await send(numbers, settings(broker))
  }

  private func send(_ numbers: Range<Int>, _ settings: [String: String]) async throws {
    let program = Program(
      "p1mqtt", ["--payload", "record", "--no-status", "--protocol", "3.1.1"],
      environment: login.merging(settings) { $1 })
    let records = numbers.map { RecordFlow.text($0, padding: "meter=E1\n") }
    let result = try await program.run(input: records.joined())
    #expect(result.status == .success && result.errorText == "")
  }

  /// The broker keeps messages only after the first subscription.
  private func waitUntilReceived(_ broker: some MQTTBroker, _ database: InfluxDB) async throws {
    let record = "timestamp=2026-01-01T00:00:00Z\nready=1\n\n"
    let isReceived = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
      try await broker.client.publish(record, to: "two/hosts/E1/record")
      return try await !database.query("SELECT ready FROM dsmr").isEmpty
    }
    #expect(isReceived)
  }

  private func expect(_ count: Int, in database: InfluxDB) async throws {
    let haveArrived = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(100)) {
      try await database.tally(of: count).isWhole
    }
    let tally = try await database.tally(of: count)
    #expect(haveArrived, "\(tally)")
  }
}
