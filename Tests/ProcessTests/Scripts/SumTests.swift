import Foundation
import TestSupport
import Testing

/// `scripts/p1sum` sums counters by periods of local time.
@Suite struct SumTests {
  // MARK: - A year

  private static let year = MeterYear()
  private static let recordsOfYear = year.records

  /// The sums are those of an independent count: with gaps, both changes of summer time, a replaced
  /// meter and a counter that begins anew.
  @Test func sumsOfAYearAreThoseOfACount() async throws {
    let kinds: KeyValuePairs<String, Calendar.Component> = [
      "hour": .hour, "day": .day, "week": .weekOfYear, "month": .month,
      "year": .year,
    ]
    let year = SumTests.year
    let records = SumTests.recordsOfYear.joined()
    let options = kinds.flatMap { ["--by", $0.key] }
    let allSums = try await csv(options, records)
    let days = try await csv(["--by", "day"], records)
    #expect(days == allSums.filter { $0["by"] == "day" }.map { $0.filter { $0.key != "by" } })
    let allAnomalies = try await csv(options + ["--anomalies"], records).filter {
      $0["reason"] != "replaced"
    }
    for (by, component) in kinds {
      let count = try MeterCount(year, by: component)
      let sums = allSums.filter { $0["by"] == by }
      let anomalies = allAnomalies.filter { $0["by"] == by }
      #expect(SumTests.sums(sums) == count.periods, "\(by)")
      #expect(SumTests.sums(anomalies) == count.anomalies, "\(by)")
      // Sums and anomalies are the difference of the counters.
      for series in year.all {
        let first = try #require(series.readings.first)
        let last = try #require(series.readings.last)
        for name in first.counters.keys {
          let rows = (sums + anomalies).filter { $0["meter"] == series.meter }
          let total = rows.compactMap { SumTests.thousandths($0[name] ?? "") }.reduce(0, +)
          let difference = (last.counters[name] ?? 0) - (first.counters[name] ?? 0)
          #expect(total == difference, "\(by) \(series.meter) \(name)")
        }
      }
    }
  }

  /// In Norway, one record in an hour has the counters, and it is not the first one.
  @Test func countersOfFewRecordsAreSummed() async throws {
    let records = (0..<3 * 360).map { number in
      let (hour, seconds) = (number / 360, number % 360 * 10)
      let time = String(format: "2026-11-29T%02d:%02d:%02d", 10 + hour, seconds / 60, seconds % 60)
      let energy = seconds == 10 ? "energy_import_kwh=\(100 + 2 * hour).500\n" : ""
      return "timestamp=\(time)Z\nmeter=E1\npower_import_kw=2.000\n\(energy)\n"
    }
    let hours = try await csv(["--by", "hour"], records.joined())
    #expect(hours.map { $0["energy_import_kwh"] } == ["2.000", "2.000"])
  }

  @Test func daysOfSummerTimeHave23And25Hours() async throws {
    let records = SumTests.recordsOfYear.joined()
    let all = try await csv(
      ["--by", "day", "--by", "hour", "--from", "2026-10-25", "--to", "2026-10-25"], records)
    let (days, hours) = (all.filter { $0["by"] == "day" }, all.filter { $0["by"] == "hour" })
    #expect(days.map { $0["start"] } == ["2026-10-25T00:00:00+02:00", "2026-10-25T00:00:00+02:00"])
    #expect(days.map { $0["end"] } == ["2026-10-26T00:00:00+01:00", "2026-10-26T00:00:00+01:00"])
    // The readings that are missing are within the day.
    #expect(days.map { $0["missing_s"] } == ["0", "0"])
    let electricity = hours.filter { $0["channel"] == "" }
    #expect(electricity.count == 24)
    #expect(electricity[1]["start"] == "2026-10-25T01:00:00+02:00")
    #expect(electricity[2]["start"] == "2026-10-25T02:00:00+01:00")
    #expect(electricity[1]["missing_s"] == "1800" && electricity[2]["missing_s"] == "2700")
    let text = try await p1sum(["--from", "2026-03-29", "--to", "2026-03-29"], records).text
    #expect(text.contains("Sun 2026-03-29 (23 h)"))
  }

  /// The order, repetitions and the files do not matter, also for what is named.
  @Test func orderDoesNotMatter() async throws {
    // From the replacement of the meter on, with both restarts.
    let records = SumTests.recordsOfYear.suffix(SumTests.recordsOfYear.count / 2)
    let expected = try await p1sum(["--by", "hour"], records.joined()).text
    try await TemporaryDirectory.with { directory in
      let half = records.count / 2
      try directory.write(records.dropFirst(half - 500).joined(), to: "b")
      try directory.write(records.prefix(half + 500).reversed().joined(), to: "a")
      try directory.write(
        records.enumerated().filter { $0.offset % 3 == 0 }.map(\.element).joined(), to: "c")
      _ = try await Program.bash("gzip b; zstd -q a", directory: directory.path).run()
      let result = try await program(
        ["--by", "hour", "a.zst", "b.gz", "c"], directory.path
      ).run(within: SumTests.limit)
      #expect(result.status == .success && result.errorText == "")
      #expect(result.text == expected)
    }
  }

  // MARK: - Captures

  /// Of telegrams every ten seconds, the nearest reading to each boundary counts.
  @Test func captureIsSummed() async throws {
    try await TemporaryDirectory.with { directory in
      let expected = try await Self.captureHours(in: directory)
      var outputs: [String] = []
      for arguments in [["01.p1.gz", "02.p1.gz"], ["both.p1"], ["02.p1.gz", "both.records"]] {
        let result = try await program(
          ["--by", "hour", "--format", "csv"] + arguments, directory.path, zone: "UTC"
        )
        .run(within: SumTests.limit)
        #expect(result.status == .success && result.errorText == "")
        outputs.append(result.text)
      }
      #expect(Set(outputs).count == 1)
      let rows = SumTests.rows(outputs[0])
      #expect(rows.compactMap { SumTests.thousandths($0["energy_import_kwh"] ?? "") } == expected)
      #expect(rows.filter { $0["channel"] == "" }.allSatisfy { $0["missing_s"] == "0" })
      // Also from standard input and from a pipe.
      for input in ["< both.p1", "02.p1.gz <(cat 01.p1.gz)"] {
        let piped = try await Program.bash(
          "\"$1\" --by hour --format csv \(input)", [Repository.path("scripts/p1sum")],
          environment: ["P1_BIN": ToolPaths.directory], directory: directory.path
        ).run(within: SumTests.limit)
        #expect(piped.text == outputs[0], "\(input)")
      }
    }
  }

  /// Captures four hours to `both.p1`, with its halves in `01.p1.gz` and `02.p1.gz`, and parses them to `both.records`.
  ///
  /// - Returns: the import of each hour in thousandths.
  private static func captureHours(in directory: TemporaryDirectory) async throws -> [Int] {
    let script = """
      p1cat sim:start=2026-02-01T00:00:03Z,step=10,count=1440,rate=max > both.p1
      awk '{ print > (n < 720 ? "01.p1" : "02.p1") } /^!/ { n++ }' both.p1
      gzip 01.p1 02.p1
      p1parse < both.p1 > both.records
      """
    let made = try await Program.bash(script, directory: directory.path).run(within: limit)
    #expect(made.status == .success)
    var readings: [Int: Int] = [:]
    for record in SeenRecord.all(in: try directory.text(of: "both.records")) {
      guard let time = record["timestamp"],
        let one = record.thousandths("energy_import_tariff1_kwh"),
        let two = record.thousandths("energy_import_tariff2_kwh")
      else { continue }
      readings[MeterYear.seconds(time)] = one + two
    }
    #expect(readings.count == 1440)
    let first = MeterYear.seconds("2026-02-01T00:00:00Z")
    return try (0..<4).map { hour in
      // The first reading of the hour is 3 s after its start; the last one of all is 7 s before its end.
      let start = try #require(readings[first + hour * 3600 + 3])
      let end = readings[first + (hour + 1) * 3600 + 3] ?? readings[first + 4 * 3600 - 7]
      return try #require(end) - start
    }
  }

  /// Only the settings of times and specification files count.
  @Test func otherSettingsDoNotMatter() async throws {
    let sim = "p1cat sim:start=2026-02-01T00:00:00Z,step=60,count=200,rate=max"
    let settings =
      "P1_PARSE_EVERY=3600 P1_PARSE_EXTREMES=True P1_NAMES=obis P1_NET=True P1_HISTORY=True"
    let result = try await Program.bash(
      "\(sim) | \"$1\" --by hour > plain; \(sim) | \(settings) \"$1\" --by hour | diff plain -; "
        + "wc -l < plain; \(sim) | \(settings) \"${1%sum}plot\" week > picture",
      [Repository.path("scripts/p1sum")], environment: ["P1_BIN": ToolPaths.directory]
    ).run()
    #expect(result.errorText == "" && (Int(result.lines.first ?? "") ?? 0) > 8, "\(result.text)")
    #expect(result.status == .success && result.lines.count == 1, "\(result.text)")
  }

  /// The end of a file ends a record. An incomplete line may have a part of a number.
  @Test func recordEndsWithItsFile() async throws {
    try await TemporaryDirectory.with { directory in
      // Without the empty line, and without the line feed before it.
      for (file, values, cut) in [("a", ["1.0", "2.5"], 1), ("b", ["3.0", "4.2", "5."], 2)] {
        let records = values.map { value in
          SumTests.record("2026-01-0\(value.prefix(1))T00:00:00Z", "energy_import_kwh=\(value)")
        }.joined()
        try directory.write(String(records.dropLast(cut)), to: file)
      }
      for files in [["a", "b"], ["b", "a"]] {
        let result = try await program(
          ["--by", "total", "--format", "csv"] + files, directory.path, zone: "UTC"
        ).run()
        let sums = SumTests.rows(result.text).map { $0["energy_import_kwh"] }
        #expect(sums == ["3.2"] && result.errorText == "", "\(result.text)")
      }
    }
  }

  // MARK: - Rules

  /// Between two readings, the nearer one counts for the boundary; of two equally near ones, the earlier.
  @Test func nearestReadingCounts() async throws {
    let cases = [
      ("11:56:00", "12:04:00", ["1.000", "3.000"], ""),
      ("11:56:00", "12:03:59", ["3.000", "1.000"], ""),
      ("11:55:00", "12:20:00", ["1.000", "3.000"], ""),
      ("11:54:59", "12:05:00", ["3.000", "1.000"], ""),
      ("11:35:00", "12:00:00", ["3.000", "1.000"], ""),
      ("12:00:00", "12:00:01", ["1.000", "3.000"], ""),
      ("11:54:59", "12:05:01", ["1.000", "1.000"], "2.000"),
    ]
    let records = cases.enumerated().flatMap { meter, times in
      [("11:30:00", "1.000"), (times.0, "2.000"), (times.1, "4.000"), ("12:30:00", "5.000")].map {
        SumTests.record("2026-01-01T\($0)Z", meter: "\(meter)", "energy_import_kwh=\($1)")
      }
    }.joined()
    let sums = try await csv(["--by", "hour", "--by", "day"], records, zone: "UTC")
    let anomalies = try await csv(["--by", "hour", "--anomalies"], records, zone: "UTC")
    for (meter, (before, _, hours, gap)) in cases.enumerated() {
      let ofMeter = sums.filter { $0["meter"] == "\(meter)" }
      // All of it is in one day.
      #expect(ofMeter.filter { $0["by"] == "day" }.map { $0["energy_import_kwh"] } == ["4.000"])
      #expect(ofMeter.filter { $0["by"] == "hour" }.map { $0["energy_import_kwh"] } == hours)
      let named = anomalies.filter { $0["meter"] == "\(meter)" }
      #expect(named.map { $0["energy_import_kwh"] } == (gap.isEmpty ? [] : [gap]))
      #expect(
        named.allSatisfy { $0["reason"] == "gap" && $0["start"] == "2026-01-01T\(before)+00:00" })
    }
  }

  /// An hourly reading is enough for an hour, but not for a quarter-hour.
  @Test func hourlyGasIsSummedByHour() async throws {
    let records = (10...12).map {
      SumTests.record("2026-01-01T\($0):00:00Z", meter: "G1", "channel=1\ngas_m3=\($0 * $0).25")
    }.joined()
    let hours = try await csv(["--by", "hour"], records, zone: "UTC")
    #expect(
      hours.map { $0["gas_m3"] } == ["21.00", "23.00"]
        && hours.allSatisfy { $0["missing_s"] == "0" })
    let anomalies = try await csv(["--by", "quarter-hour", "--anomalies"], records, zone: "UTC")
    #expect(anomalies.map { $0["gas_m3"] } == ["21.00", "23.00"])
  }

  /// Where nothing was consumed, the counter is known without a reading.
  @Test func unchangedCounterHasNoGap() async throws {
    let records = [("11:30", 1), ("11:40", 2), ("13:20", 2), ("13:30", 3)].map {
      SumTests.record("2026-01-01T\($0):00Z", "energy_import_kwh=\($1)")
    }.joined()
    let rows = try await csv(["--by", "hour"], records, zone: "UTC")
    #expect(rows.map { $0["energy_import_kwh"] } == ["1", "1"])
    // Before the first reading and after the last one.
    #expect(rows.map { $0["missing_s"] } == ["1800", "1800"])
    #expect(try await csv(["--by", "hour", "--anomalies"], records, zone: "UTC").isEmpty)
  }

  @Test func totalIsTheSumOfTheTariffs() async throws {
    let records = [("01", "1.000", "2.5"), ("02", "1.001", "3.5")].map {
      SumTests.record(
        "2026-01-\($0)T00:00:00Z",
        "energy_import_tariff1_kwh=\($1)\nenergy_import_tariff2_kwh=\($2)")
    }.joined()
    #expect(
      try await p1sum(["--format", "csv"], records, zone: "UTC").text == """
        start,end,meter,channel,energy_import_kwh,energy_import_tariff1_kwh,energy_import_tariff2_kwh,missing_s
        2026-01-01T00:00:00+00:00,2026-01-02T00:00:00+00:00,E1,,1.001,0.001,1.0,0

        """)
    // A total that the meter prints is summed by itself.
    let printed = records.replacing("meter=E1\n", with: "meter=E1\nenergy_import_kwh=7\n")
    let row = try await csv([], printed, zone: "UTC").first
    #expect(row?["energy_import_kwh"] == "0.000" && row?["energy_import_tariff2_kwh"] == "1.0")
    // A total that it prints only at last is not.
    let (first, last) = (records.prefix(records.count / 2), records.suffix(records.count / 2))
    let later = first + last.replacing("meter=E1\n", with: "meter=E1\nenergy_import_kwh=7\n")
    let sum = try await csv([], String(later), zone: "UTC").first
    #expect(sum?["energy_import_kwh"] == "1.001", "\(sum ?? [:])")
  }

  /// A decrease that a day makes up for is named by day, too.
  @Test func decreaseWithinADayIsNamed() async throws {
    let values = ["0.0", "10.0", "20.0", "30.0", "15.0", "25.0", "35.0"]
    let records = values.enumerated().map { number, value in
      SumTests.record("2026-01-01T0\(number):00:00Z", "energy_import_kwh=\(value)")
    }.joined()
    for period in ["day", "hour"] {
      let text = try await p1sum(["--by", period], records, zone: "UTC").text
      #expect(
        text.hasSuffix(
          """
          meter E1: 2026-01-01 03:00:00 +00:00 to 2026-01-01 04:00:00 +00:00: decrease: import 15.0 kWh; not counted

          """), "\(text)")
    }
  }

  /// The gas meter begins anew, and a reading of the electricity meter is wrong.
  @Test func stepsAreNamed() async throws {
    let electricity = ["5000.0", "5000.5", "0.0", "5001.5", "9999.0", "5002.5"]
    let gas = ["80.5", "81.5", "0.5", "1.0", "1.5", "2.0"]
    let records = (0..<6).map { hour in
      SumTests.record("2026-01-01T0\(hour):00:00Z", "energy_import_kwh=\(electricity[hour])")
        + SumTests.record(
          "2026-01-01T0\(hour):00:00Z", meter: "G1", "channel=1\ngas_m3=\(gas[hour])")
    }.shuffled().joined()
    #expect(
      try await p1sum([], records, zone: "UTC").text == """
        meter E1
        meter G1, channel 1

        day             import  gas   missing
                           kWh   m³   h:mm:ss
        -------------------------------------
        Thu 2026-01-01     2.5  2.5  20:00:00

        meter G1, channel 1: 2026-01-01 01:00:00 +00:00 to 2026-01-01 02:00:00 +00:00: decrease: gas 81.0 m³; not counted
        meter E1: 2026-01-01 02:00:00 +00:00: outlier: import 0.0 kWh, a reading with a wrong time or counter; not counted
        meter E1: 2026-01-01 04:00:00 +00:00: outlier: import 9999.0 kWh, a reading with a wrong time or counter; not counted

        """)
    let anomalies = try await csv(["--by", "hour", "--anomalies"], records, zone: "UTC")
    #expect(anomalies.map { $0["reason"] } == ["decrease", "gap", "outlier", "gap", "outlier"])
    #expect(anomalies.map { $0["energy_import_kwh"] } == ["", "1.0", "0.0", "1.0", "9999.0"])
  }

  /// A telegram whose clock is hours or years ahead or behind, or was never set, changes no other sum. Each case is a meter.
  @Test func wrongClockChangesNoSum() async throws {
    let first = MeterYear.seconds("2026-01-01T00:00:00Z")
    let (hour, day) = (3600, 86_400)
    let shifts = [-8 * hour, 8 * hour, -400 * day, 100 * day, 20_000 * day, 1_000 - first]
    let places = [0, 200, 288]
    var records: [String] = []
    for (meter, (shift, place)) in shifts.flatMap({ shift in places.map { (shift, $0) } })
      .enumerated()
    {
      // Five minutes apart for two days, ten watt-hours each; two telegrams more tell of a wrong time.
      for number in 0...577 {
        let counter = "energy_import_kwh=\(MeterYear.thousandths(5_000_000 + number * 10))"
        let wrong = number == place * 2 ? shift : 0
        records.append(
          SumTests.record(
            Date(timeIntervalSince1970: Double(first + number * 300 + wrong)).ISO8601Format(),
            meter: "\(meter)", counter))
      }
    }
    let days = try await csv(
      ["--from", "2026-01-01", "--to", "2026-01-02"], records.joined(), zone: "UTC")
    for meter in 0..<(shifts.count * places.count) {
      let sums = days.filter { $0["meter"] == "\(meter)" }.compactMap {
        SumTests.thousandths($0["energy_import_kwh"] ?? "")
      }
      // Without the first or the last reading of a day, the next one or the one before counts.
      #expect(
        sums.count == 2 && sums.allSatisfy { (2_870...2_880).contains($0) }, "\(meter) \(sums)")
    }
    let anomalies = try await csv(["--anomalies"], records.joined(), zone: "UTC")
    // Readings near the right place fit, and one that is days before or after its neighbours may leave a gap.
    #expect(anomalies.filter { $0["reason"] == "outlier" }.count == 14)
    #expect(anomalies.filter { $0["reason"] == "gap" }.map { $0["meter"] } == ["6", "11"])
    #expect(anomalies.count == 16)
    #expect(try await csv(["--anomalies"], records.reversed().joined(), zone: "UTC") == anomalies)
    #expect(try await csv(["--anomalies"], records.shuffled().joined(), zone: "UTC") == anomalies)
  }

  /// More than a house can consume is named and not summed, also within an hour; what it can is summed.
  @Test func jumpIsNamed() async throws {
    let values = [100, 101, 149, 150, 198_150, 198_151, 198_343, 198_344]
    let times = ["00:00", "00:10", "00:20", "00:30", "00:40", "01:00", "02:00", "03:00"]
    let records = zip(times, values).map {
      SumTests.record("2026-01-01T\($0):00Z", "energy_import_kwh=\($1)")
    }.joined()
    for by in ["quarter-hour", "hour", "day"] {
      let anomalies = try await csv(["--by", by, "--anomalies"], records, zone: "UTC")
      let jumps = anomalies.filter { $0["reason"] == "jump" }
      #expect(jumps.map { $0["energy_import_kwh"] } == ["198000"], "\(by)")
      #expect(jumps.map { $0["start"] } == ["2026-01-01T00:30:00+00:00"], "\(by)")
    }
    let text = try await p1sum([], records, zone: "UTC").text
    #expect(text.contains("import 198000 kWh, more than a house can consume; not counted"))
    let sum = try await csv([], records, zone: "UTC").map { $0["energy_import_kwh"] }
    #expect(sum == ["\(198_344 - 100 - 198_000)"])
  }

  /// A counter may increase by one of its last digit at any time: here whole GJ.
  @Test func coarseCounterIsSummed() async throws {
    let records = (0...288).map { number in
      let time = Date(timeIntervalSince1970: 1_767_225_600 + Double(number * 300)).ISO8601Format()
      return SumTests.record(time, meter: "H1", "channel=2\nheat_gj=\(100 + (number + 6) / 24)")
    }.joined()
    #expect(try await csv([], records, zone: "UTC").map { $0["heat_gj"] } == ["12"])
    #expect(try await csv(["--anomalies"], records, zone: "UTC").isEmpty)
  }

  /// A gas meter with a number is the same on another channel.
  @Test func channelMayChange() async throws {
    let records = (0...4).map {
      SumTests.record(
        "2026-01-01T\($0 * 5 / 10)\($0 * 5 % 10):00:00Z", meter: "G1",
        "channel=\($0 < 2 ? 1 : 2)\ngas_m3=\($0)")
    }
    for order in [records, records.reversed()] {
      let rows = try await csv([], order.joined(), zone: "UTC")
      #expect(rows.map { $0["gas_m3"] } == ["4"] && rows.map { $0["channel"] } == ["2"])
    }
  }

  /// A tariff or a total that a meter prints only from some time on leaves the sums before it as they are.
  @Test func laterTariffChangesNoEarlierSum() async throws {
    let more = [
      "", "energy_import_tariff3_kwh=7.5", "energy_import_tariff3_kwh=8.5\nenergy_import_kwh=50",
      "energy_import_tariff3_kwh=9.5\nenergy_import_kwh=53",
    ]
    let records = more.enumerated().map { day, line in
      SumTests.record(
        "2026-01-0\(day + 1)T00:00:00Z",
        "energy_import_tariff1_kwh=1\(day).0\nenergy_import_tariff2_kwh=2\(day).0"
          + (line.isEmpty ? "" : "\n" + line))
    }
    for count in 2...4 {
      let rows = try await csv([], records.prefix(count).joined(), zone: "UTC")
      // Two tariffs; three; then the total.
      #expect(
        rows.map { $0["energy_import_kwh"] } == ["2.0", "3.0", "3.0"].prefix(count - 1).map { $0 })
    }
  }

  /// A counter that begins anew within a quarter-hour loses only the consumption between two readings.
  @Test func stepBetweenTelegramsIsFound() async throws {
    let values = (0..<80).map { $0 < 37 ? 900 + $0 : $0 - 37 }
    let first = Date(timeIntervalSince1970: Double(MeterYear.seconds("2026-01-01T00:00:00Z")))
    let records = values.enumerated().map {
      SumTests.record(
        first.addingTimeInterval(Double($0 * 10)).ISO8601Format(), "energy_import_kwh=\($1)")
    }
    for order in [records, records.reversed(), records.shuffled() + records.shuffled()] {
      let rows = try await csv(["--by", "quarter-hour"], order.joined(), zone: "UTC")
      #expect(rows.map { $0["energy_import_kwh"] } == ["\(36 + 42)"])
    }
  }

  @Test func replacedMeterIsNamed() async throws {
    let records = ["E1", "E1", "E2", "E2"].enumerated().map {
      SumTests.record(
        "2026-01-01T0\($0):00:00Z", meter: $1, "energy_import_kwh=\($0 < 2 ? 900 + $0 : $0)")
    }
    #expect(
      try await p1sum(["--by", "month"], records.joined(), zone: "UTC").text == """
        meter E1
        meter E2

        month    import    missing
                    kWh    h:mm:ss
        --------------------------
        2026-01       2  742:00:00

        meter E1: 2026-01-01 01:00:00 +00:00 to 2026-01-01 02:00:00 +00:00: replaced by the next meter; \
        the consumption in between is not known

        """)
    // Meters that are read at the same time have a table each.
    let both = records + [SumTests.record("2026-01-01T02:30:00Z", "energy_import_kwh=903")]
    let text = try await p1sum(["--by", "total"], both.joined(), zone: "UTC").text
    #expect(
      text == """
        meter E1

        total  import
                  kWh
        -------------
        total       3

        meter E2

        total  import
                  kWh
        -------------
        total       1

        """)
  }

  @Test func submetersAreToldApartByChannel() async throws {
    let records = (0...1).flatMap { day in
      (1...12).map {
        SumTests.record(
          "2026-01-0\(day + 1)T00:00:00Z", meter: "", "channel=\($0)\nwater_m3=\(day * $0)")
      }
    }.joined()
    let rows = try await csv([], records, zone: "UTC")
    #expect(Set(rows.map { "\($0["channel"] ?? "") \($0["water_m3"] ?? "")" }).count == 12)
    #expect(rows.allSatisfy { $0["channel"] == $0["water_m3"] })
  }

  @Test func rangeIsCut() async throws {
    let records = (1...9).map {
      SumTests.record("2026-01-0\($0)T00:00:00Z", "energy_import_kwh=\($0 * $0)")
    }.joined()
    let range = ["--from", "2026-01-02", "--to", "2026-01-06"]
    let weeks = try await csv(["--by", "week"] + range, records, zone: "UTC")
    #expect(weeks.map { $0["energy_import_kwh"] } == ["\(25 - 4)", "\(49 - 25)"])
    #expect(weeks.map { $0["start"]?.prefix(10) } == ["2026-01-02", "2026-01-05"])
    #expect(weeks.map { $0["end"]?.prefix(10) } == ["2026-01-05", "2026-01-07"])
    let total = try await csv(["--by", "total", "--from", "2026-01"], records, zone: "UTC")
    #expect(total.map { $0["energy_import_kwh"] } == ["80"])
    #expect(total.map { $0["missing_s"] } == ["0"])
  }

  // MARK: - Peaks and failures

  /// Two months by local time. The meter prints its own peak, and the mean of each quarter-hour.
  @Test func monthPeaksAreThoseOfTheCounters() async throws {
    let first = MeterYear.seconds("2026-02-27T23:00:00Z")
    var counter = 0
    var records = ""
    for quarterHour in 0...192 {
      let time = Date(timeIntervalSince1970: Double(first + quarterHour * 900))
      // 28 February has the quarter-hours 0 to 95.
      let use = [30: 800, 95: 900, 96: 700, 120: 700][quarterHour] ?? 100
      // The last telegram of a quarter-hour has its mean.
      records += SumTests.record(
        time.ISO8601Format(),
        "energy_import_tariff1_kwh=\(MeterYear.thousandths(counter))\npower_import_average_kw=0.000"
      )
      if quarterHour == 100 { continue }
      counter += use
      records += SumTests.record(
        time.addingTimeInterval(890).ISO8601Format(),
        "energy_import_tariff1_kwh=\(MeterYear.thousandths(counter))\n"
          + "power_import_average_kw=\(MeterYear.thousandths(use * 4))")
    }
    for (time, peak) in [
      ("2026-02-28T07:00:00Z", "3.199"), ("2026-02-28T23:00:00Z", "3.601"),
      ("2026-03-01T05:15:00Z", "2.800"),
    ] {
      records += SumTests.record(time, "power_import_month_peak_kw=\(peak)")
    }
    #expect(
      try await p1sum(["--peaks", "--format", "csv"], records).text == """
        start,end,meter,quarter_hours,known,peak_kw,peak_start,power_import_average_kw,power_import_month_peak_kw,month_peak_end,difference_kw
        2026-02-01T00:00:00+01:00,2026-03-01T00:00:00+01:00,E1,2688,96,\
        3.600,2026-02-28T23:45:00+01:00,3.600,3.601,2026-03-01T00:00:00+01:00,-0.001
        2026-03-01T00:00:00+01:00,2026-04-01T00:00:00+02:00,E1,2972,97,\
        2.800,2026-03-01T00:00:00+01:00,2.800,2.800,2026-03-01T06:15:00+01:00,0.000

        """)
    let table = try await p1sum(["--peaks"], records).text
    #expect(
      table.contains(
        "2026-02  E1     2026-02-28 23:45 +01:00  3.600  3.600  2026-03-01 00:00 +01:00  3.601"))
  }

  @Test func failuresAreThoseOfTheMeter() async throws {
    let records =
      [
        ("08:00:00", 7, 2), ("08:00:10", 7, 2), ("08:31:00", 8, 3), ("08:31:10", 8, 3),
        ("08:31:20", 9, 3),
      ].map {
        SumTests.record("2026-01-01T\($0)Z", "power_failures=\($1)\nlong_power_failures=\($2)")
      }.joined() + SumTests.record("2026-01-01T08:30:00Z", "power_failure_seconds=1790")
    #expect(
      try await p1sum(["--failures", "--format", "csv"], records, zone: "UTC").text == """
        start,end,meter,power_failures,long_power_failures,power_failure_seconds
        2026-01-01T08:00:10+00:00,2026-01-01T08:30:00+00:00,E1,,,1790
        2026-01-01T08:00:10+00:00,2026-01-01T08:31:00+00:00,E1,1,1,
        2026-01-01T08:31:10+00:00,2026-01-01T08:31:20+00:00,E1,1,,

        """)
    #expect(
      try await p1sum(["--failures"], records, zone: "UTC").text.hasSuffix(
        "sum                                                                   2     1   0:29:50\n")
    )
    #expect(
      try await p1sum(["--failures", "--from", "2026-02"], records, zone: "UTC").text == "none\n")
  }

  // MARK: - Odd input

  @Test func oddRecordsAreRead() async throws {
    let records = """
      # A comment\r
      timestamp=2026-01-01T01:00:00+01:00\r
      energy_import_kwh=1.000\r
      \r
      \r
      \r
      meter=
      # Another one
      timestamp=2026-01-01T12:00:00.500Z
      energy_import_kwh=3.250

      timestamp=2026-01-01T18:00:00Z
      energy_import_kwh=many
      energy_export_kwh

      energy_import_kwh=7

      timestamp=2026-13-01T18:00:00Z
      energy_import_kwh=8

      timestamp=2026-02-30T18:00:00Z
      meter=
      energy_import_kwh=8

      timestamp=2026-01-02t00:00:00z
      energy_import_kwh=4.5

      """
    let result = try await p1sum(["--format", "csv"], records, zone: "UTC")
    #expect(
      result.text == """
        start,end,meter,channel,energy_import_kwh,missing_s
        2026-01-01T00:00:00+00:00,2026-01-02T00:00:00+00:00,,,3.500,0

        """)
    #expect(
      result.errorText == "p1sum: 3 records without a valid timestamp left out; use p1cat --stamp\n"
    )
  }

  @Test(
    arguments: [
      (["--by", "minute"], 64, "argument --by: invalid choice: 'minute'"),
      (["--from", "2026-02-30"], 64, "argument --from: 2026-02-30 is no day, month or year"),
      (
        ["--timezone", "Europe/Brusels"], 64,
        "Europe/Brusels: unknown time zone; use a name such as"
      ),
      (["--peaks", "--anomalies"], 64, "argument --anomalies: not allowed with argument --peaks"),
      (
        ["--from", "2026-02", "--to", "2026-01"], 64,
        "--to ends before --from begins; exchange them; see p1sum --help"
      ),
      (["--bye"], 64, "unrecognized arguments: --bye; see p1sum --help"),
      (["none.p1"], 66, "none.p1: No such file or directory"), (["."], 66, ".: Is a directory"),
      (["noise"], 65, "noise: neither telegrams nor records"),
      (["empty"], 65, "no reading of a counter, named as in p1record(5), in the input"),
      ([], 65, "no reading of a counter, named as in p1record(5), in the input"),
      (["one"], 65, "no sum in this time; it needs two readings of a counter"),
      (["--format", "csv", "--from", "2027", "two"], 65, "no sum in this time; it needs two"),
    ] as [([String], Int32, String)])
  func errorsAreReported(_ arguments: [String], _ status: Int32, _ message: String) async throws {
    try await TemporaryDirectory.with { directory in
      try directory.write("noise\n", to: "noise")
      try directory.write("", to: "empty")
      let records = [1, 2].map {
        SumTests.record("2026-01-0\($0)T00:00:00Z", "energy_import_kwh=\($0)")
      }
      try directory.write(records[0], to: "one")
      try directory.write(records.joined(), to: "two")
      let result = try await program(arguments, directory.path).run()
      #expect(result.status == .exited(status) && result.text == "")
      #expect(
        result.errorText.hasPrefix("p1sum: \(message)") && result.messages.count == 1,
        "\(result.errorText)")
    }
  }

  /// What could be read of a damaged file is summed. The failures of p1parse are its own.
  @Test func failedFileHasItsStatus() async throws {
    try await TemporaryDirectory.with { directory in
      let script = """
        p1cat sim:start=2026-01-01T00:00:00Z,step=60,count=600,rate=max | gzip > whole.p1.gz
        head -c 10000 whole.p1.gz > half.p1.gz
        printf '/X\r\n\r\n1-3:0.2.8(10)\r\n1-0:1.7.0(1*kW)\r\n!\r\n' > unknown.p1
        """
      let made = try await Program.bash(script, directory: directory.path).run()
      #expect(made.status == .success)
      let half = try await program(["--format", "csv", "half.p1.gz"], directory.path).run()
      #expect(half.status == .exited(65) && half.lines.count > 1)
      #expect(half.errorText.contains("half.p1.gz: unexpected end of file"))
      let unknown = try await program(["unknown.p1"], directory.path).run()
      #expect(unknown.status == .exited(78) && unknown.text == "")
      #expect(unknown.errorText.hasPrefix("p1parse: "))
      let full = try await Program.bash(
        "\"$1\" whole.p1.gz > /dev/full", [Repository.path("scripts/p1sum")],
        environment: ["P1_BIN": ToolPaths.directory], directory: directory.path
      ).run()
      #expect(full.status == .exited(74))
      #expect(full.errorText == "p1sum: standard output: No space left on device\n")
      let closed = try await Program.bash(
        "\"$1\" --by hour whole.p1.gz | true; echo \"${PIPESTATUS[0]}\"",
        [Repository.path("scripts/p1sum")],
        environment: ["P1_BIN": ToolPaths.directory], directory: directory.path
      ).run()
      #expect(closed.text == "0\n" && closed.errorText == "")
    }
  }

  // MARK: - Runs

  /// A year takes seconds, and longer among other tests.
  private static let limit = Duration.seconds(120)

  private func program(
    _ arguments: [String], _ directory: String? = nil, zone: String = MeterYear.zone
  ) -> Program {
    Program(
      Repository.path("scripts/p1sum"), arguments,
      environment: ["P1_BIN": ToolPaths.directory, "TZ": zone], directory: directory)
  }

  private func p1sum(
    _ arguments: [String], _ records: String, zone: String = MeterYear.zone
  ) async throws -> ProgramResult {
    try await program(arguments, zone: zone).run(input: records, within: SumTests.limit)
  }

  private func csv(
    _ arguments: [String], _ records: String, zone: String = MeterYear.zone
  ) async throws -> [[String: String]] {
    let result = try await p1sum(["--format", "csv"] + arguments, records, zone: zone)
    #expect(result.status == .success && result.errorText == "")
    return SumTests.rows(result.text)
  }

  private static func record(_ time: String, meter: String = "E1", _ fields: String) -> String {
    "timestamp=\(time)\nmeter=\(meter)\n\(fields)\n\n"
  }

  /// The rows of comma-separated values without quotes, by the names of their columns.
  private static func rows(_ text: String) -> [[String: String]] {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(zip(lines[0], $0)) { first, _ in first } }
  }

  private static func thousandths(_ text: String) -> Int? {
    text.isEmpty ? nil : Int(text.replacing(".", with: ""))
  }

  /// The values of all rows, by their start, meter and counter.
  private static func sums(_ rows: [[String: String]]) -> [String: Int] {
    var sums: [String: Int] = [:]
    for row in rows {
      let start = (try? Date(row["start"] ?? "", strategy: .iso8601)).map {
        Int($0.timeIntervalSince1970)
      }
      for (name, value) in row where name.hasSuffix("_kwh") || name.hasSuffix("_m3") {
        guard let value = thousandths(value) else { continue }
        sums["\(start ?? 0) \(row["meter"] ?? "") \(name)", default: 0] += value
      }
    }
    return sums
  }
}
