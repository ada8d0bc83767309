import Foundation
import TestSupport
import Testing

/// p1influx with real databases: the points, and outages of the server.
@Suite struct DatabaseDeliveryTests {
  @Test func aPointARecordWithItsTimeAndTags() async throws {
    let database = try await database("wide")
    let result = try await p1influx(database, "wide").run(
      input: """
        timestamp=2026-01-15T12:00:00.250Z
        meter=E 1,=2
        power_import_kw=0.321
        tariff=2
        message_code=12
        message=Say "no",\\nthen \\\\

        timestamp=2026-01-15T12:00:00.250Z
        meter=G1
        channel=2
        gas_m3=1.5

        """)
    #expect(result.status == .success && result.errorText == "")
    let rows = try await database.query(
      "SELECT * FROM dsmr WHERE meter = 'E 1,=2'", database: "wide")
    #expect(
      rows.map { $0.filter { $0.value != .null } } == [
        [
          "time": .integer(1_768_478_400_250_000_000), "meter": .string("E 1,=2"),
          "power_import_kw": .number(0.321), "tariff": .integer(2),
          "message_code": .string("12"), "message": .string("Say \"no\", then \\"),
        ]
      ])
    let gas = try await database.query("SELECT * FROM dsmr WHERE channel = '2'", database: "wide")
    #expect(gas.first?["gas_m3"]?.double == 1.5)
  }

  @Test func theMetricLayoutHasAMeasurementAMetric() async throws {
    let database = try await database("metric")
    let result = try await p1influx(database, "metric", ["--layout", "metric"]).run(
      input: "timestamp=2026-01-15T12:00:00Z\nmeter=E1\npower_consumed_kw=0.5\ntext=abc\n")
    #expect(result.status == .success && result.errorText == "")
    let power = try await database.query(
      "SELECT value FROM power_consumed_kw", database: "metric")
    #expect(power == [["time": .integer(1_768_478_400_000_000_000), "value": .number(0.5)]])
    let text = try await database.query("SELECT value FROM text", database: "metric")
    #expect(text.first?["value"] == .string("abc"))
  }

  @Test(arguments: ["wide", "metric"])
  func aDryRunPrintsWhatTheServerGets(_ layout: String) async throws {
    let names = ["written_\(layout)", "printed_\(layout)"]
    let database = try await database(names[0])
    try await database.execute("CREATE DATABASE \(names[1])")
    let records = (0..<50).map { number in
      "timestamp=\(noon(plus: number))\nmeter=E1\nn=\(number).5\ntext=Say \"\(number % 3)\"\n\n"
    }
    let written = try await p1influx(database, names[0], ["--layout", layout])
      .run(input: records.joined())
    #expect(written.status == .success && written.errorText == "")
    let printed = try await Program("p1influx", ["--dry-run", "--layout", layout])
      .run(input: records.joined())
    #expect(printed.status == .success && printed.errorText == "")
    let answer = try await database.client.request(
      "/write", query: ["db": names[1]], body: printed.text)
    #expect(answer.status == 204)
    for measurement in layout == "wide" ? ["dsmr"] : ["n", "text"] {
      let query = "SELECT * FROM \(measurement)"
      let rows = try await database.query(query, database: names[0])
      #expect(rows.count == 50)
      #expect(try await database.query(query, database: names[1]) == rows)
    }
  }

  @Test func aRecordWithoutATimeIsOfNow() async throws {
    let database = try await database("now")
    let before = Date().timeIntervalSince1970
    #expect(try await p1influx(database, "now").run(input: "n=1\n").status == .success)
    let rows = try await database.query("SELECT n FROM dsmr", database: "now")
    let time = try #require(rows.first?["time"]?.double) / 1e9
    #expect(time >= before - 1 && time <= Date().timeIntervalSince1970 + 1)
  }

  @Test func aLiveRecordDoesNotWaitForOthers() async throws {
    let database = try await database("live")
    try await p1influx(database, "live", ["--batch-age", "0.1"]).whileRunning { sink in
      try await sink.write("n=1\n\n")
      let hasArrived = try await Deadline(in: .seconds(10)).poll {
        try await database.query("SELECT n FROM dsmr", database: "live").count == 1
      }
      #expect(hasArrived)
      sink.send(signal: SIGTERM)
      #expect(try await sink.waitForExit().status == .success)
    }
  }

  @Test func batchesAreBoundedByTheirCount() async throws {
    let database = try await database("count")
    let records = (0..<2500).map { "timestamp=\(noon(plus: $0))\nn=\($0)\n\n" }.joined()
    let result = try await p1influx(database, "count", ["--batch-count", "100"])
      .run(input: records)
    #expect(result.status == .success && result.errorText == "")
    let rows = try await database.query("SELECT n FROM dsmr", database: "count")
    #expect(rows.map { $0["n"]?.double } == (0..<2500).map(Double.init))
  }

  @Test func serverThatStartsLaterGetsEverything() async throws {
    try await InfluxDB.running(login: .standard) { database in
      try await database.stop()
      try await p1influx(database, "test").whileRunning { sink in
        for number in 0..<300 {
          try await sink.write("timestamp=\(noon(plus: number))\nn=\(number)\n\n")
        }
        try await sink.waitForError("trying again")
        sink.closeInput()
        try await database.start()
        let result = try await sink.waitForExit(within: .seconds(40))
        #expect(result.status == .success)
        #expect(result.errorText.contains("writing again"))
        let rows = try await database.query("SELECT n FROM dsmr")
        #expect(rows.map { $0["n"]?.double } == (0..<300).map(Double.init))
      }
    }
  }

  @Test func restartedServerLacksNothing() async throws {
    try await VictoriaMetrics.running { database in
      let program = Program(
        "p1influx", ["--host", "127.0.0.1", "--port", "\(database.port)", "--batch-age", "0.1"])
      try await program.whileRunning { sink in
        for number in 0..<50 {
          try await sink.write("timestamp=\(noon(plus: number))\nn=\(number)\n\n")
        }
        let hasArrived = try await Deadline(in: .seconds(10)).poll {
          try await database.export("dsmr_n").first?.values.count == 50
        }
        #expect(hasArrived)
        try await database.stop()
        for number in 50..<100 {
          try await sink.write("timestamp=\(noon(plus: number))\nn=\(number)\n\n")
        }
        try await sink.waitForError("trying again")
        try await database.start()
        try await sink.waitForError("writing again", within: .seconds(40))
        sink.closeInput()
        #expect(try await sink.waitForExit().status == .success)
        let series = try await database.export("dsmr_n")
        #expect(series.first?.values == (0..<100).map(Double.init))
      }
    }
  }

  @Test func wrongPasswordKeepsAllRecordsAndIsLogged() async throws {
    let database = try await database("secret")
    var program = p1influx(database, "secret", ["--linger", "1"])
    program.environment["INFLUXDB_PASS"] = "wrong-password"
    try await program.whileRunning { sink in
      try await sink.write("n=1\n\nn=2\n\n")
      try await sink.waitForError("HTTP 401")
      sink.closeInput()
      let result = try await sink.waitForExit()
      #expect(result.status == .exited(69))
      #expect(result.errorText.contains("2 records could not be delivered"))
      #expect(!result.errorText.contains("wrong-password"))
    }
  }

  @Test func databaseCreatedLaterGetsEverything() async throws {
    let server = try await InfluxDB.shared
    try await p1influx(server, "later").whileRunning { sink in
      try await sink.write("timestamp=\(noon(plus: 1))\nn=1\n\n")
      try await sink.waitForError("HTTP 404")
      try await server.execute("CREATE DATABASE later")
      sink.closeInput()
      #expect(try await sink.waitForExit(within: .seconds(40)).status == .success)
      #expect(try await server.query("SELECT n FROM dsmr", database: "later").count == 1)
    }
  }

  /// If the reason of an outage changes, the new one is logged.
  @Test func newReasonIsLogged() async throws {
    try await InfluxDB.running(login: .standard) { database in
      try await database.stop()
      var program = p1influx(database, "test", ["--linger", "0"])
      program.environment["INFLUXDB_PASS"] = "wrong-password"
      try await program.whileRunning { sink in
        try await sink.write("n=1\n\n")
        try await sink.waitForError("Couldn't connect to server; trying again")
        try await database.start()
        try await sink.waitForError("HTTP 401", within: .seconds(40))
        sink.closeInput()
        #expect(try await sink.waitForExit().status == .exited(69))
      }
    }
  }

  @Test func rejectedRecordCostsNoOther() async throws {
    let database = try await database("rejected")
    let written = try await database.client.request(
      "/write", query: ["db": "rejected"], body: "dsmr n=\"text\" \(1_768_478_399_000_000_000)\n")
    #expect(written.status == 204)
    // The field is text in the database, so a number is rejected, wherever it is in a batch.
    let records = (0..<40).map { number in
      "timestamp=\(noon(plus: number))\n\(number == 23 ? "n" : "m")=\(number)\n\n"
    }
    let result = try await p1influx(database, "rejected").run(input: records.joined())
    #expect(result.status == .exited(65))
    #expect(result.errorText.contains("record rejected"), "\(result.errorText)")
    let rows = try await database.query("SELECT m FROM dsmr", database: "rejected")
    #expect(rows.map { $0["m"]?.double } == (0..<40).filter { $0 != 23 }.map(Double.init))
  }

  /// Existing series with text and integer values, in the metric layout.
  @Test func seriesOfAnotherTypeAreExplainedAndKept() async throws {
    let database = try await database("old")
    try await database.execute("CREATE DATABASE new")
    let written = try await database.client.request(
      "/write", query: ["db": "old"],
      body: """
        power_import_kw value="0.5" 1768478399000000000
        tariff value=2i 1768478399000000000
        gas_m3 value=1.5 1768478399000000000
        """)
    #expect(written.status == 204)
    let records = (0..<200).map { number in
      "timestamp=\(noon(plus: number))\npower_import_kw=\(number).25\ntariff=2\ngas_m3=3.5\nn=\(number)\n\n"
    }
    try await TemporaryDirectory.with { directory in
      let spool = directory.path("spool")
      let result = try await p1influx(database, "old", ["--layout", "metric", "--spool", spool])
        .run(input: records.joined())
      #expect(result.status == .success)
      #expect(
        result.errorText.matches(
          of: /field "value" of measurement "(power_import_kw|tariff)" already has values of type/
        ).count == 1, "\(result.errorText)")
      for name in ["gas_m3", "n"] {
        let rows = try await database.query(
          "SELECT count(value) FROM \(name) WHERE time >= 1768478400s", database: "old")
        #expect(rows.first?["count"] == .integer(200), "\(name)")
      }
      // The rejected records are complete, and another database accepts them.
      let sink = p1influx(database, "new", ["--layout", "metric"])
      let again = try await Program.bash(
        #"cat $1/bad/* | p1influx "${@:2}""#, [spool] + sink.arguments,
        environment: sink.environment
      ).run()
      #expect(again.status == .success && again.errorText == "", "\(again.errorText)")
      for name in ["power_import_kw", "tariff"] {
        let rows = try await database.query("SELECT count(value) FROM \(name)", database: "new")
        #expect(rows.first?["count"] == .integer(200), "\(name)")
      }
      let others = try await database.query("SELECT * FROM gas_m3, n", database: "new")
      #expect(others.isEmpty)
    }
  }

  @Test func pausedServerNeverBlocksTheInput() async throws {
    try await InfluxDB.running(login: .standard) { database in
      try await p1influx(database, "test", ["--buffer", "1"]).whileRunning { sink in
        try await sink.write("timestamp=\(noon(plus: 0))\nn=0\n\n")
        database.pause()
        for number in 1...40_000 where number % 4000 == 0 {
          let records = (number - 3999...number).map { "timestamp=\(noon(plus: $0))\nn=\($0)\n\n" }
          try await sink.write(records.joined(), within: .seconds(20))
        }
        try await sink.waitForError("dropped so far, the oldest first")
        database.resume()
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(69))
        let rows = try await database.query("SELECT n FROM dsmr")
        #expect(rows.last?["n"]?.double == 40_000)
      }
    }
  }

  /// The shared server with a new database.
  private func database(_ name: String) async throws -> InfluxDB {
    let server = try await InfluxDB.shared
    try await server.execute("CREATE DATABASE \(name)")
    return server
  }

  private func p1influx(
    _ server: InfluxDB, _ database: String, _ arguments: [String] = []
  ) -> Program {
    Program(
      "p1influx", ["--port", "\(server.port)", "--db", database] + arguments,
      environment: [
        "INFLUXDB_HOST": "127.0.0.1", "INFLUXDB_USER": Login.standard.user,
        "INFLUXDB_PASS": Login.standard.password,
      ])
  }
}
