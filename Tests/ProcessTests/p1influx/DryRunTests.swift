import Foundation
import TestSupport
import Testing

/// `p1influx --dry-run`: the points on standard output.
@Suite struct DryRunTests {
  private static let records = #"""
    timestamp=2026-01-15T12:00:00.250Z
    meter=E 1,=2
    power_import_kw=0.321
    tariff=0002
    message_code=12
    message=Say "no",\nthen \\

    timestamp=2026-01-15T13:00:00+01:00
    meter=G1
    channel=2
    gas_m3=1.50

    timestamp=2026-01-15T13:05:00+01:00
    meter=G1
    channel=2
    gas_m3=2.75

    timestamp=2026-01-15T13:05:00+01:00
    meter=G1

    """#

  @Test func aPointARecord() async throws {
    let result = try await Program("p1influx", ["--dry-run"]).run(input: Self.records)
    #expect(result.status == .success && result.errorText == "")
    #expect(
      result.text == #"""
        dsmr,meter=E\ 1\,\=2 power_import_kw=0.321,tariff=2,message_code="12",message="Say \"no\", then \\" 1768478400250000000
        dsmr,meter=G1,channel=2 gas_m3=1.50 1768478400000000000
        dsmr,meter=G1,channel=2 gas_m3=2.75 1768478700000000000

        """#)
  }

  @Test func aPointAMetric() async throws {
    let result = try await Program("p1influx", ["--dry-run", "--layout", "metric"])
      .run(input: Self.records)
    #expect(result.status == .success && result.errorText == "")
    #expect(
      result.text == #"""
        power_import_kw,meter=E\ 1\,\=2 value=0.321 1768478400250000000
        tariff,meter=E\ 1\,\=2 value=2 1768478400250000000
        message_code,meter=E\ 1\,\=2 value="12" 1768478400250000000
        message,meter=E\ 1\,\=2 value="Say \"no\", then \\" 1768478400250000000
        gas_m3,meter=G1,channel=2 value=1.50 1768478400000000000
        gas_m3,meter=G1,channel=2 value=2.75 1768478700000000000

        """#)
  }

  @Test(arguments: [["ns", "250000000"], ["us", "250000"], ["ms", "250"], ["s", ""]])
  func timesAreAsExactAsWanted(_ unit: [String]) async throws {
    let result = try await Program("p1influx", ["--dry-run", "--precision", unit[0]])
      .run(input: "timestamp=2026-01-15T12:00:00.250Z\nn=1\n")
    #expect(result.text == "dsmr n=1 1768478400\(unit[1])\n")
  }

  @Test func unchangedValuesAreLeftOut() async throws {
    let gas = "timestamp=2026-01-15T12:00:00Z\nmeter=G1\nchannel=1\ngas_m3=1.5\n\n"
    let input = (0..<5).map { "timestamp=2026-01-15T12:00:0\($0)Z\nmeter=E1\nn=1\n\n\(gas)" }
    let result = try await Program("p1influx", ["--dry-run"]).run(input: input.joined())
    #expect(result.status == .success && result.errorText == "")
    #expect(result.lines.count == 6 && result.lines.count { $0.contains("G1") } == 1)
  }

  @Test func aRecordAPeriod() async throws {
    let input = (0..<8).map {
      "timestamp=2026-01-15T12:00:0\($0)Z\npower_import_kw=0.\($0)\nenergy_import_kwh=\($0)\n\n"
    }
    let program = Program("p1influx", ["--dry-run", "--every", "4", "--extremes"])
    let result = try await program.run(input: input.joined())
    #expect(result.status == .success && result.errorText == "")
    let points = [("0.150", "0.0", "0.3", 3), ("0.550", "0.4", "0.7", 7)].map {
      "dsmr power_import_kw=\($0),power_import_min_kw=\($1),power_import_max_kw=\($2),"
        + "energy_import_kwh=\($3) 176847840\($3)000000000\n"
    }
    #expect(result.text == points.joined())
    let alone = try await Program("p1influx", ["--dry-run", "--extremes"]).run()
    #expect(
      alone.status == .exited(64)
        && alone.errorText.contains("--extremes: it needs a period; set --every or INFLUXDB_EVERY"))
  }

  /// Databases disagree on a backslash before an escaped character.
  @Test func noBackslashStandsBeforeWhatIsEscaped() async throws {
    let result = try await Program("p1influx", ["--dry-run", "--tag", #"a\b=c\,d\ e"#])
      .run(input: "timestamp=2026-01-15T12:00:00Z\nmeter=E\\\\=1\n" + #"n=x\\,y"# + "\n")
    #expect(result.status == .success && result.errorText == "")
    #expect(
      result.text == #"dsmr,meter=E\=1,a\b=c\,d\ e n="x\\,y" 1768478400000000000"# + "\n")
  }

  /// A dry run needs neither an enabled database nor a usable login.
  @Test(arguments: [
    ["INFLUXDB_ENABLED": "False"], ["INFLUXDB_URL": "nowhere"],
    ["INFLUXDB_USER": "me", "INFLUXDB_PASS_FILE": "/no/such/file"],
  ])
  func settingsOfTheServerDoNotMatter(_ environment: [String: String]) async throws {
    let program = Program("p1influx", ["--dry-run"], environment: environment)
    let result = try await program.run(input: "timestamp=2026-01-15T12:00:00Z\nn=1\n")
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == "dsmr n=1 1768478400000000000\n")
  }

  @Test func aRecordWithoutATimeIsOfNow() async throws {
    let before = Date().timeIntervalSince1970
    let result = try await Program("p1influx", ["--dry-run"]).run(input: "n=1\n\nn=2\n")
    #expect(result.status == .success && result.errorText == "")
    let points = result.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(points.map { $0.dropLast().joined(separator: " ") } == ["dsmr n=1", "dsmr n=2"])
    for point in points {
      let time = try #require(point.last.flatMap { Double($0) }) / 1e9
      #expect(time >= before - 1 && time <= Date().timeIntervalSince1970 + 1)
    }
  }

  @Test func rejectedRecordsAreLogged() async throws {
    let result = try await Program("p1influx", ["--dry-run", "--require-timestamp"])
      .run(input: "n=1\n\ntimestamp=2026-01-15T12:00:00Z\nn=2\n")
    #expect(result.status == .success)
    #expect(result.text == "dsmr n=2 1768478400000000000\n")
    #expect(
      result.errorText == """
        p1influx: standard input: rejected: a record without a timestamp
        p1influx: standard input: 1 rejection in all

        """)
  }

  @Test func aPointIsThereBeforeTheNextRecord() async throws {
    try await Program("p1influx", ["--dry-run"]).whileRunning { sink in
      for second in 0...3 {
        try await sink.write("timestamp=2026-01-15T12:00:0\(second)Z\nn=\(second)\n\n")
        try await sink.waitForOutput("dsmr n=\(second) 176847840\(second)000000000\n")
      }
      try await sink.write("timestamp=2026-01-15T12:00:04Z\nn=4")
      sink.send(signal: SIGTERM)
      let result = try await sink.waitForExit()
      #expect(result.status == .success)
      #expect(result.errorText.contains("rejected: an incomplete record"))
    }
  }

  @Test func readerThatLeavesIsAQuietEnd() async throws {
    let result = try await Program.bash(
      "yes n=1 | sed G | p1influx --dry-run | head -n 1 | sed 's/ [0-9]*$//'; echo ${PIPESTATUS[2]}"
    ).run()
    #expect(result.text == "dsmr n=1\n0\n")
    #expect(!result.errorText.contains("p1influx"))
  }

  @Test func fullDiskIsAnError() async throws {
    let result = try await Program.bash("exec p1influx --dry-run >/dev/full").run(input: "n=1\n")
    #expect(result.status == .exited(74))
    #expect(result.errorText == "p1influx: standard output: No space left on device\n")
  }
}
