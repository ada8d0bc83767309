import Records
import TestValues
import Testing

/// One record per period and meter.
@Suite struct SummaryTests {
  /// The summary of a record stream.
  private func summary(
    of text: String, every seconds: Int, withExtremes: Bool = false, finishes: Bool = true
  ) -> [String] {
    var summary = Summary(every: seconds, withExtremes: withExtremes)
    var records: [Record] = []
    var reader = RecordReader()
    reader.read(text.bytes.span) { event in
      if case .record(let record) = event { summary.add(record) { records.append($0) } }
    }
    if finishes { summary.finish { records.append($0) } }
    return records.map { String($0.text.text.dropLast()) }
  }

  private func record(_ time: String, _ lines: String...) -> String {
    "timestamp=2026-01-15T\(time)Z\n" + lines.map { $0 + "\n" }.joined() + "\n"
  }

  /// The value of a metric's values in one period.
  private func value(_ key: String, _ values: [String]) -> String {
    let text = values.enumerated().map { record("12:00:0\($0)", "\(key)=\($1)") }.joined()
    let records = summary(of: text, every: 60)
    return records.count == 1 ? String(records[0].split(separator: "=").last ?? "") : "\(records)"
  }

  /// The mean of a single value is that value; any other has at least three decimals.
  @Test(arguments: [
    (["0.1", "0.2", "0.2"], "0.167"), (["0.321", "0.322"], "0.322"),
    (["-0.321", "-0.322"], "-0.322"), (["1", "0.25"], "0.625"), (["0.25", "1"], "0.625"),
    (["1", "1", "2"], "1.333"), (["1", "2", "2"], "1.667"), (["0.0001", "0.0002"], "0.0002"),
    (["0.000", "0.000"], "0.000"), (["7.50"], "7.50"), (["007"], "007"),
    (["0.1", "-0.1"], "0.000"),
    (["231.0", "231.1", "231.3"], "231.133"),
  ])
  func meanIsExactAndRounded(_ values: [String], _ mean: String) {
    #expect(value("power_import_kw", values) == mean)
  }

  /// The sum of a thousand values has no rounding error.
  @Test func meanOfManyIsExact() {
    let text = (0..<1000).map { number in
      let (minute, second) = (number / 60, number % 60)
      return record(
        "12:\(minute < 10 ? "0" : "")\(minute):\(second < 10 ? "0" : "")\(second)",
        "power_import_kw=0.\(100 + number % 2)")
    }
    #expect(
      summary(of: text.joined(), every: 3600) == [
        "timestamp=2026-01-15T12:16:39Z\npower_import_kw=0.101"
      ])
  }

  /// Each telegram repeats a gas reading long after its period has ended.
  @Test func whatIsRepeatedAfterItsPeriodIsSaidOnce() {
    let text = (0..<40).map { second in
      record("12:00:\(second + 10)", "meter=E1", "power_import_kw=1")
        + record("11:55:00", "meter=G1", "channel=1", "gas_m3=5")
    }
    #expect(
      summary(of: text.joined(), every: 10).filter { $0.contains("gas") } == [
        "timestamp=2026-01-15T11:55:00Z\nmeter=G1\nchannel=1\ngas_m3=5"
      ])
  }

  @Test func whatIsNoInstantKeepsItsLastValue() {
    #expect(value("energy_import_tariff1_kwh", ["1.000", "2.000", "4.500"]) == "4.500")
    #expect(value("tariff", ["2", "1"]) == "1")
    #expect(value("message", ["a", "b"]) == "b")
    #expect(value("power_failures", ["4", "5"]) == "5")
    #expect(value("cotton_candies_consumed", ["1", "3"]) == "3")
    // A metric with one value that is not a number has no mean.
    #expect(value("power_import_kw", ["1", "x"]) == "x")
    #expect(value("power_import_kw", ["x", "1"]) == "1")
    #expect(value("power_import_kw", ["1", "x", "3"]) == "3")
  }

  @Test func numberOfTooManyDigitsIsTheLastOne() {
    let large = "9223372036854775807"
    #expect(value("power_import_kw", [large, large, "1"]) == "1")
    #expect(value("power_import_kw", ["99999999999999999999", "2"]) == "2")
  }

  @Test func periodEndsWithTheFirstRecordOfTheNext() {
    let first =
      record("11:59:59", "meter=E1", "power_import_kw=9.0")
      + record("12:00:00", "meter=E1", "power_import_kw=0.1", "energy_import_kwh=1.0")
      + record("12:00:59", "meter=E1", "power_import_kw=0.3", "energy_import_kwh=1.1")
    let ended = ["timestamp=2026-01-15T11:59:59Z\nmeter=E1\npower_import_kw=9.0"]
    #expect(summary(of: first, every: 60, finishes: false) == ended)
    let next = record("12:01:00", "meter=E1", "power_import_kw=5.0")
    let both =
      ended + [
        "timestamp=2026-01-15T12:00:59Z\nmeter=E1\npower_import_kw=0.200\nenergy_import_kwh=1.1"
      ]
    #expect(summary(of: first + next, every: 60, finishes: false) == both)
    #expect(
      summary(of: first + next, every: 60)
        == both + ["timestamp=2026-01-15T12:01:00Z\nmeter=E1\npower_import_kw=5.0"])
  }

  @Test func metricsStandInTheOrderTheyCameIn() {
    let text =
      record("12:00:00", "meter=E1", "voltage_l1_v=230.0", "tariff=1")
      + record("12:00:01", "meter=E1", "tariff=2", "power_import_kw=1.0")
      + record("12:00:02", "meter=E1", "power_import_kw=2.0", "voltage_l1_v=231.0")
    #expect(
      summary(of: text, every: 60) == [
        """
        timestamp=2026-01-15T12:00:02Z
        meter=E1
        voltage_l1_v=230.500
        tariff=2
        power_import_kw=1.500
        """
      ])
  }

  @Test func extremesStandBesideEachMean() {
    let text =
      record(
        "12:00:00", "power_import_kw=0.5", "solar_w=10", "1-0:2.7.0=1", "energy_import_kwh=1")
      + record(
        "12:00:01", "power_import_kw=0.25", "solar_w=-30", "1-0:2.7.0=2", "energy_import_kwh=2")
    #expect(
      summary(of: text, every: 60, withExtremes: true) == [
        """
        timestamp=2026-01-15T12:00:01Z
        power_import_kw=0.375
        power_import_min_kw=0.25
        power_import_max_kw=0.5
        solar_w=-10.000
        solar_w_min=-30
        solar_w_max=10
        1-0:2.7.0=1.500
        1-0:2.7.0_min=1
        1-0:2.7.0_max=2
        energy_import_kwh=2
        """
      ])
  }

  /// With extremes, a name or the record may become longer than any can be.
  @Test func noRoomForExtremesCostsNoMean() {
    let name = String(repeating: "x", count: 126) + "_w"
    let text = record("12:00:00", "\(name)=1", "n=1")
    #expect(
      summary(of: text, every: 60, withExtremes: true)
        == ["timestamp=2026-01-15T12:00:00Z\n\(name)=1\nn=1"])
    let lines = (0..<2000).map { "power_of_a_device_\($0)_w=1\n" }.joined()
    let long = "timestamp=2026-01-15T12:00:00Z\n\(lines)\n"
    #expect(summary(of: long, every: 60, withExtremes: true).map { $0 + "\n\n" } == [long])
  }

  @Test func submeterHasPeriodsOfItsOwnTime() {
    let gas = "timestamp=2026-01-15T12:00:00Z\nmeter=G1\nchannel=1\ngas_m3=3.0"
    let later = "timestamp=2026-01-15T12:05:00Z\nmeter=G1\nchannel=1\ngas_m3=3.5"
    var text = ""
    for minute in 0..<10 {
      for second in [10, 40] {
        text += record("12:0\(minute):\(second)", "meter=E1", "power_import_kw=0.\(minute)")
        text += (minute < 5 ? gas : later) + "\n\n"
      }
    }
    let records = summary(of: text, every: 60)
    #expect(
      records.filter { $0.contains("E1") }
        == (0..<10).map {
          "timestamp=2026-01-15T12:0\($0):40Z\nmeter=E1\npower_import_kw=0.\($0)00"
        })
    #expect(records.filter { $0.contains("G1") } == [gas, later])
  }

  /// Each telegram repeats the record, which is passed on once per period.
  @Test func peakOfAMonthPassesAtOnce() {
    let peak =
      "timestamp=2026-01-03T18:00:00Z\nmeter=E1\npower_import_month_peak_kw=4.2"
    let higher = peak.replacing("4.2", with: "5.0")
    let text =
      record("12:00:00", "meter=E1", "power_import_kw=1.0") + peak + "\n\n"
      + record("12:00:10", "meter=E1", "power_import_kw=2.0") + peak + "\n\n" + higher + "\n\n"
      + record("12:01:00", "meter=E1", "power_import_kw=3.0") + higher + "\n\n"
    #expect(
      summary(of: text, every: 60) == [
        peak, higher, "timestamp=2026-01-15T12:00:10Z\nmeter=E1\npower_import_kw=1.500", higher,
        "timestamp=2026-01-15T12:01:00Z\nmeter=E1\npower_import_kw=3.0",
      ])
  }

  @Test func severalMetersHaveTheirOwnMeans() {
    let text = (0..<6).map { number in
      record("12:00:0\(number)", "meter=E\(number % 3)", "power_import_kw=\(number)")
    }
    #expect(
      summary(of: text.joined(), every: 60) == [
        "timestamp=2026-01-15T12:00:03Z\nmeter=E0\npower_import_kw=1.500",
        "timestamp=2026-01-15T12:00:04Z\nmeter=E1\npower_import_kw=2.500",
        "timestamp=2026-01-15T12:00:05Z\nmeter=E2\npower_import_kw=3.500",
      ])
  }

  /// Records of several meters stay in the order of the telegrams.
  @Test func metersStayInTheOrderOfTheInput() {
    let meters = [
      ["meter=E1"], ["meter=G1", "channel=1"], ["meter=E2"], ["meter=G2", "channel=1"],
    ]
    let text = ["12:00:00", "12:00:30", "12:01:00", "12:01:30"].map { time in
      meters.map { record(time, $0.joined(separator: "\n"), "energy_import_kwh=1.0") }.joined()
    }
    let records = summary(of: text.joined(), every: 60).map { $0.split(separator: "\n")[1] }
    #expect(records == (meters + meters).map { $0[0][...] })
  }

  @Test func channelsOfAMeterAreTwo() {
    let text =
      record("12:00:00", "meter=G", "channel=1", "gas_m3=1")
      + record("12:00:00", "meter=G", "channel=2", "gas_m3=2")
    #expect(summary(of: text, every: 60).count == 2)
  }

  /// An earlier capture after a later one makes a period of its own.
  @Test func capturesMayComeInAnyOrder() {
    let capture = (0..<5).map {
      record("12:0\($0):00", "meter=E1", "power_import_kw=\($0).0")
    }
    let each = (0..<5).map {
      "timestamp=2026-01-15T12:0\($0):00Z\nmeter=E1\npower_import_kw=\($0).0"
    }
    #expect(summary(of: (capture + capture).joined(), every: 60) == each + each)
    #expect(summary(of: capture.reversed().joined(), every: 60) == each.reversed())
  }

  /// A reading of gas that each telegram repeats does not make the telegrams' peak new.
  @Test func peakBesideGasPassesOnce() {
    let text = (0..<5).map { second in
      record("12:00:0\(second)", "meter=E1", "power_import_kw=1.0")
        + "timestamp=2026-01-03T18:00:00Z\nmeter=E1\npower_import_month_peak_kw=4.2\n\n"
        + record("11:55:00", "meter=G1", "channel=1", "gas_m3=3.0")
    }
    let records = summary(of: text.joined(), every: 60)
    #expect(records.filter { $0.contains("month_peak") }.count == 1)
  }

  // MARK: - Against the model

  /// A stream of several meters with what can differ between two records.
  private func randomStream(_ generator: inout SeededGenerator) -> [String] {
    var second = 0
    return (0..<120).map { _ in
      second += [0, 0, 1, 1, 3, 40, -20].randomElement(using: &generator) ?? 0
      let (minute, rest) = max(0, second).quotientAndRemainder(dividingBy: 60)
      let time = "2026-01-15T12:\(minute < 10 ? "0" : "")\(minute):\(rest < 10 ? "0" : "")\(rest)Z"
      let number = Int.random(in: -200...1200, using: &generator)
      let power = [
        "\(number / 100).\(number.magnitude % 100)", "\(number)", "0.1", "x",
        "99999999999999999999",
        "0.000000001",
      ]
      func some() -> String {
        (Bool.random(using: &generator) ? power[0] : power.randomElement(using: &generator)) ?? ""
      }
      let meter = Int.random(in: 1...3, using: &generator)
      switch Int.random(in: 0..<20, using: &generator) {
      case 0: return "power_import_kw=\(some())\n"
      case 1:
        return
          "timestamp=2026-01-0\(meter)T12:00:00Z\nmeter=E\(meter)\npower_import_month_peak_kw=4.\(meter)\n"
      case 2...4:
        let five = String(time.prefix(14) + "00:00Z")
        return "timestamp=\(five)\nmeter=G1\nchannel=\(meter)\ngas_m3=\(minute / 5)\n"
      case 5: return "timestamp=\(time)\nmeter=E\(meter)\npower_import_kw=\(some())\ntariff=1\n"
      case 6:
        return "timestamp=\(time)\nmeter=E\(meter)\npower_import_kw=1\npower_import_kw=\(some())\n"
      default:
        return """
          timestamp=\(time)
          meter=E\(meter)
          energy_import_kwh=\(second).\(number.magnitude)
          power_import_kw=\(some())
          1-0:2.7.0=\(some())
          tariff=\(meter)

          """
      }
    }
  }

  /// Whether the records come alone or by telegrams.
  @Test(arguments: 1...40)
  func bothWaysAreThatOfTheModel(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let texts = randomStream(&generator)
    let seconds = [1, 7, 60, 3600].randomElement(using: &generator) ?? 60
    let withExtremes = Bool.random(using: &generator)
    var modelByRecord = SummaryModel(every: seconds, withExtremes: withExtremes)
    var modelByText = modelByRecord
    var byRecord = Summary(every: seconds, withExtremes: withExtremes)
    var byText = byRecord
    var (fromRecords, fromTexts): ([Record], [Record]) = ([], [])
    var telegram: [Record] = []
    func addTelegram() {
      let text = telegram.flatMap { $0.text + [UInt8(ascii: "\n")] }
      byText.add(written: text.span, ofShape: nil) { fromTexts.append($0) }
      modelByText.add(telegram)
      telegram = []
    }
    for text in texts {
      let record = try #require(Record(text.bytes))
      modelByRecord.add([record])
      byRecord.add(record) { fromRecords.append($0) }
      telegram.append(record)
      if Bool.random(using: &generator) { addTelegram() }
    }
    addTelegram()
    modelByRecord.finish()
    modelByText.finish()
    byRecord.finish { fromRecords.append($0) }
    byText.finish { fromTexts.append($0) }
    #expect(fromRecords == modelByRecord.records)
    #expect(fromTexts == modelByText.records)
  }

  /// What ends at this point, without an end of the input.
  @Test func copyCanBeFinishedApart() throws {
    var summary = Summary(every: 60, withExtremes: false)
    let one = try #require(Record("timestamp=2026-01-15T12:00:00Z\npower_import_kw=1\n".bytes))
    let three = try #require(Record("timestamp=2026-01-15T12:00:01Z\npower_import_kw=3\n".bytes))
    summary.add(one) { _ in }
    var copy = summary
    var found: [String] = []
    copy.finish { found.append($0.text.text) }
    summary.add(three) { _ in }
    summary.finish { found.append($0.text.text) }
    #expect(found == [one.text.text, three.text.text.replacing("=3", with: "=2.000")])
  }

  @Test func nothingComesOfNothing() {
    #expect(summary(of: "", every: 60) == [])
  }

  @Test func metersWithoutEndTakeNoMemoryWithoutEnd() {
    var summary = Summary(every: 60, withExtremes: false)
    var count = 0
    for number in 0..<1500 {
      let text = record("12:00:00", "meter=E\(number)", "power_import_kw=1").dropLast()
      guard let record = Record(Array(text.utf8)) else { continue }
      summary.add(record) { _ in count += 1 }
    }
    #expect(count == 500)
    summary.finish { _ in count += 1 }
    #expect(count == 1500)
  }
}
