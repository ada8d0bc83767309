import Foundation
import TestSupport
import Testing

/// `--check --connect` at real servers: p1run --check uses it.
@Suite struct CheckConnectionTests {
  private func check(
    _ tool: String, _ arguments: [String], _ settings: [String: String] = [:]
  ) async throws -> (status: ProgramStatus, last: Substring, error: String) {
    let result = try await Program(
      tool, ["--check", "--connect"] + arguments, environment: settings
    ).run()
    return (result.status, result.text.split(separator: "\n").last ?? "", result.errorText)
  }

  private func url(_ port: Int) -> String { "http://127.0.0.1:\(port)" }

  @Test func loginsAtMosquitto() async throws {
    let broker = try await Mosquitto.shared
    let address = ["--broker", "127.0.0.1", "--port", "\(broker.port)"]
    let login = ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password]
    let good = try await check("p1mqtt", address, login)
    #expect(good.status == .success && good.error == "")
    #expect(
      good.last
        == "p1mqtt: 127.0.0.1:\(broker.port): connected as user \(Login.standard.user), MQTT 5")
    let bad = try await check("p1mqtt", address, login.merging(["MQTT_PASS": "wrong"]) { $1 })
    #expect(bad.status == .exited(77))
    #expect(bad.error.contains("Not authorized"))
  }

  /// The check has a client id of its own, as the broker would disconnect a running p1mqtt with the same one.
  @Test func runningClientStaysConnected() async throws {
    let broker = try await Mosquitto.shared
    let arguments = ["--broker", "127.0.0.1", "--port", "\(broker.port)", "--id", "house"]
    let login = ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password]
    try await Program("p1mqtt", ["--stats", "1"] + arguments, environment: login).whileRunning {
      sink in
      try await sink.write("timestamp=2026-01-15T12:00:00Z\nchecked=1\n\n")
      try await sink.waitForError(" delivered=2 ")
      let good = try await check("p1mqtt", arguments, login)
      #expect(good.status == .success)
      sink.closeInput()
      let result = try await sink.waitForExit()
      #expect(result.status == .success)
      #expect(!result.errorText.contains("trying again"))
    }
  }

  @Test func loginsAtRabbitMQ() async throws {
    let broker = try await RabbitMQ.shared
    let address = ["--broker", "127.0.0.1", "--port", "\(broker.port)"]
    let login = ["MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password]
    #expect(try await check("p1mqtt", address, login).status == .success)
    let bad = try await check("p1mqtt", address, ["MQTT_USER": "stranger", "MQTT_PASS": "x"])
    #expect(bad.status == .exited(77) && bad.error.contains("connection rejected"))
  }

  /// As systemd gives it to a service: a file with the name of the setting.
  @Test func keyOfACertificateMayBeACredential() async throws {
    try await TemporaryDirectory.with { directory in
      let certificates = try await Certificates.shared
      try FileManager.default.createDirectory(
        atPath: directory.path("credentials"), withIntermediateDirectories: false)
      try FileManager.default.copyItem(
        atPath: certificates.path("client.key"), toPath: directory.path("credentials/MQTT_KEY_FILE")
      )
      try await Mosquitto.running(listeners: [.tls(wantsClients: true)]) { broker in
        var settings = [
          "MQTT_CA_FILE": certificates.path("ca.pem"),
          "MQTT_CERT_FILE": certificates.path("client.pem"),
          "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
        ]
        let address = ["--broker", "mqtts://localhost:\(broker.ports[0])"]
        #expect(try await check("p1mqtt", address, settings).status == .exited(78))
        settings["CREDENTIALS_DIRECTORY"] = directory.path("credentials")
        let good = try await check("p1mqtt", address, settings)
        #expect(good.status == .success && good.last.hasSuffix(", encrypted"), "\(good.error)")
      }
    }
  }

  /// What would run is shown when nothing is missing.
  @Test func wholePipeIsReady() async throws {
    let (broker, database) = (try await Mosquitto.shared, try await InfluxDB.shared)
    var settings = [
      "P1_BIN": ToolPaths.directory, "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
    ]
    let script = Repository.path("scripts/p1run")
    let one = try await Program(script, ["--check", "sim:"], environment: settings).run()
    #expect(one.status == .success && one.errorText == "")
    #expect(one.text.hasSuffix("\np1run: ready: p1cat --stamp sim: | p1parse | p1mqtt\n"))
    settings["INFLUXDB_URL"] = url(database.port)
    settings["INFLUXDB_DB"] = "test"
    settings["INFLUXDB_USER"] = Login.standard.user
    settings["INFLUXDB_PASS"] = Login.standard.password
    let both = try await Program(script, ["--check", "sim:"], environment: settings).run()
    #expect(both.status == .success && both.errorText == "", "\(both.errorText)")
    #expect(
      both.text.hasSuffix(
        "\np1run: ready: p1cat --stamp sim: | p1parse | tee -p >(p1mqtt) | p1influx\n"))
    #expect(!both.text.contains(Login.standard.password))
    let receiver = Repository.path("scripts/p1receive")
    let received = try await Program(receiver, ["--check"], environment: settings).run()
    #expect(received.status == .success)
    #expect(received.text.hasSuffix("\np1receive: ready: p1mqtt --receive | p1influx\n"))
  }

  @Test func brokerIsNoDatabase() async throws {
    try await HTTPServer.running({ _ in .status(405) }) { server in
      let result = try await check("p1influx", ["--url", url(server.port)])
      #expect(result.status == .exited(69))
      #expect(result.error.contains("HTTP 405; is this the database? check its port and path\n"))
    }
  }

  @Test func databases() async throws {
    let login = Login(user: "dsmr", password: "secret")
    try await InfluxDB.running(login: login, database: "house") { database in
      let settings = ["INFLUXDB_USER": login.user, "INFLUXDB_PASS": login.password]
      let arguments = ["--url", url(database.port), "--db", "house"]
      let good = try await check("p1influx", arguments, settings)
      #expect(good.status == .success && good.last == "p1influx: \(url(database.port)): connected")
      let bad = try await check("p1influx", arguments)
      #expect(bad.status == .exited(77))
      #expect(
        bad.error.contains("HTTP 401")
          && bad.error.contains("; check the user and password, or the token\n"))
      let missing = try await check(
        "p1influx", ["--url", url(database.port), "--db", "none"], settings)
      #expect(missing.status == .exited(69))
      #expect(missing.error.contains("database not found"), "\(missing)")
      // The check has written nothing.
      #expect(try await database.query("SELECT * FROM dsmr").isEmpty)
    }
    try await VictoriaMetrics.running { database in
      let good = try await check("p1influx", ["--url", url(database.port)])
      #expect(good.status == .success && good.last.hasSuffix(": connected"))
    }
  }
}
