import Metrics
import Telegrams
import TestValues
import Testing

/// Lines that meters of all countries print.
@Suite struct TelegramParserFieldTests {
  private func records(
    _ lines: [String], _ set: (inout TelegramParser.Options) -> Void = { _ in }
  ) throws -> String {
    try Parsed(telegram(lines).bytes, .with(set)).records
  }

  // MARK: - Single lines

  @Test(arguments: [
    ("0-0:96.14.0(TARIFF 2)", "tariff=2"), ("0-0:96.14.0(0004)", "tariff=4"),
    ("0-0:96.14.0(Tariff 3)", "tariff=3"), ("0-0:96.3.10(off)", "breaker_state=0"),
    ("0-0:96.3.10(ON)", "breaker_state=1"), ("0-0:96.3.10(OFF)", "breaker_state=0"),
    ("0-0:17.0.0(016*A)", "power_limit_a=16"), ("0-0:17.0.0(41.4*kVA)", "power_limit_kva=41.4"),
    ("0-0:17.0.0(24000*W)", "power_limit_kw=24.000"), ("0-0:17.0.0(999.9)", "power_limit_kw=999.9"),
    ("1-1:31.4.0(100*A)(-063*A)", "current_import_limit_a=100\ncurrent_export_limit_a=-63"),
    ("1-1:31.4.0(100*A)", "current_import_limit_a=100"),
    ("1-1:31.4.0()(-063*A)", "current_export_limit_a=-63"),
    ("1-0:31.4.0(999*A)", "fuse_limit_a=999"), ("0-2:96.3.10(1)", "relay2_state=1"),
    ("1-0:1.8.0(00001234.5678901*kWh)", "energy_import_kwh=1234.5678901"),
    ("1-0:1.8.0*255(01219311.383*Wh)", "energy_import_kwh=1219.311383"),
    ("1-1:2.7.0(-00444.44*W)", "power_export_kw=-0.44444"),
    ("1-0:3.8.0(000518.309*kVArh)", "energy_reactive_import_kvarh=518.309"),
    ("1-0:13.7.0(4.556)", "power_factor=4.556"), ("0-0:96.1.2(35)", "ean=5"),
    ("0-0:96.1.4(3231313130)", "p1_version=21110"), ("0-0:96.1.4(50217)", "p1_version=50217"),
    ("1-0:0.2.0(A1)", "firmware_version=A1"), ("1-0:96.5.5(40)", "meter_status=40"),
    ("0-0:96.13.5(4869)", "message5=Hi"), ("1-0:99.1.0(1)(2*kWh)", "load_profile=(1)(2*kWh)"),
    ("1-0:31.7.0.255(002*A)", "current_l1_a=2"),
    ("1-0:0.8.2(00900*s)", "averaging_period_seconds=900"),
    ("0-0:96.14.0(5431)", "tariff=1"), ("0-0:96.14.0(T1)", "tariff=1"),
    ("0-0:96.14.0(t2)", "tariff=2"), ("0-0:96.14.0(30303032)", "tariff=2"),
    ("0-0:96.14.0(54415249464620 33)".replacing(" ", with: ""), "tariff=3"),
    ("0-0:96.14.0(31)", "tariff=31"), ("0-0:96.3.10(4F4E)", "breaker_state=1"),
    ("1-0:32.7.0(0000.242*kV)", "voltage_l1_v=242"), ("1-0:31.7.0(0.005*kA)", "current_l1_a=5"),
    ("1-0:31.7.0(1250*mA)", "current_l1_a=1.250"), ("1-0:14.7.0(0.049*kHz)", "frequency_hz=49"),
    ("1-0:14.7.0(49980*mHz)", "frequency_hz=49.980"),
    ("1-0:1.8.0(1.5*MWh)", "energy_import_kwh=1500"),
    ("1-0:1.8.0(0.5*GWh)", "energy_import_kwh=500000"),
    ("1-0:1.7.0(0.000321*MW)", "power_import_kw=0.321"),
    // Blanks around a value or its unit.
    ("1-0:15.8.0(00007137.694*kWh )", "energy_absolute_kwh=7137.694"),
    ("1-0:15.8.0( 00007137.694 * kWh )", "energy_absolute_kwh=7137.694"),
    ("1-0:15.8.0(00007137.694 kWh)", "energy_absolute_kwh=7137.694"),
    ("1-0:15.8.0 (00007137.694*kWh)", "energy_absolute_kwh=7137.694"),
    ("1-0:15.8.0(\t00007137.694 )", "energy_absolute_kwh=7137.694"),
    ("0-0:96.7.21( 00004 )", "power_failures=4"), ("0-0:96.14.0( 0002)", "tariff=2"),
    ("0-0:96.14.0(TARIFF  2 )", "tariff=2"), ("0-0:17.0.0(016*A )", "power_limit_a=16"),
    ("1-1:31.4.0( 100*A )( -063 * A)", "current_import_limit_a=100\ncurrent_export_limit_a=-63"),
    ("0-0:96.1.2( 35 )", "ean=5"), ("1-0:99.1.0( 1 )(2*kWh )", "load_profile=( 1 )(2*kWh )"),
  ])
  func lineBecomesAField(_ line: String, _ field: String) throws {
    #expect(try records([line]) == field + "\n\n")
  }

  @Test(arguments: [
    "0-0:96.3.10(open)", "0-0:96.14.0(TARIFF )", "0-0:96.14.0(Tx)",
    "0-0:17.0.0(5*V)",
    "1-0:1.7.0(16*A)",
    "1-0:0.2.0((ER11))", "0-0:96.13.0(ER23)", "1-1:31.4.0(100*kW)(-063*A)",
    "1-1:31.4.0(100*A)(-063*kW)", "0-0:98.1.0(x)", "1-0:99.97.0(x)",
    "1-0:1.6.0(05.068*kW)", "1-0:1.6.0(230709191500S)", "1-0:1.6.0(230709191500S)(5*V)",
  ])
  func lineWithAnUnsuitableValueIsDropped(_ line: String) throws {
    let parsed = try Parsed(telegram([line, "0-0:96.7.9(1)"]).bytes)
    #expect(parsed.records == "long_power_failures=1\n\n")
    #expect(parsed.findings == [.unreadable(line: line)])
  }

  @Test func twoValuesOfALineHaveTwoCodes() throws {
    #expect(
      try records(["1-1:31.4.0(100*A)(-063*A)"]) { $0.names = .obis }
        == "1-1:31.4.0=100\n1-1:31.4.0_2=-63\n\n")
  }

  // MARK: - The meter and its time

  @Test func meterNumberIsTheOneWithTheLowestRank() throws {
    let lines = [
      "1-0:0.0.0(99)", "0-0:42.0.0(4C31)", "0-0:96.1.0(5331)", "0-0:96.1.1(4531)", "0-0:96.7.9(1)",
    ]
    #expect(
      try records(lines)
        == "meter=E1\ndevice_address=99\nlogical_device_name=L1\nserial_number=S1\n"
        + "long_power_failures=1\n\n")
    #expect(
      try records(lines.filter { !$0.contains("96.1.") })
        == "meter=L1\ndevice_address=99\nlong_power_failures=1\n\n")
    #expect(
      try records(["0-0:96.1.1()", "0-0:96.1.0(2020)"] + lines.prefix(1) + lines.suffix(1))
        == "meter=99\nlong_power_failures=1\n\n")
  }

  /// The time as a COSEM date-time, on another line, with blanks; and invalid ones.
  @Test(arguments: [
    ("0-0:1.0.0(07E8061C050A2B2B00FF8880)", "2024-06-28T08:43:43Z"),
    ("0-0:1.1.0(230319144324W)", "2023-03-19T13:43:24Z"),
    ("0-0:1.1.0(07e8061c050a2b2b00ff8880)", "2024-06-28T08:43:43Z"),
    ("0-0:1.0.0( 230319144324W )", "2023-03-19T13:43:24Z"),
    ("0-0:1.0.0(0)", nil), ("0-0:1.1.0(00)", nil), ("0-0:1.0.0(FFFFFFFFFFFFFFFFFF800000)", nil),
  ])
  func timeMayHaveOtherForms(_ line: String, _ instant: String?) throws {
    let parsed = try Parsed(telegram([line, "0-0:96.7.9(1)"]).bytes)
    #expect(
      parsed.records == (instant.map { "timestamp=\($0)\n" } ?? "") + "long_power_failures=1\n\n")
    #expect(parsed.findings.isEmpty)
  }

  /// An unused M-Bus channel, and a log or a peak without entry.
  @Test(arguments: [
    ["0-1:24.1.0()", "0-1:96.1.0()", "0-1:24.2.1(0)"],
    ["0-1:24.1.0(0)", "0-1:96.1.0(0)", "0-1:24.2.1(00)(0)"],
    ["0-1:24.3.0(0)"], ["7-0:23.1.0(0)"], ["1-0:1.6.0(0)"], ["1-0:99.97.0(0)"], ["0-0:98.1.0(0)"],
    ["1-0:0.9.1(0)", "1-0:0.9.2(0)"], ["0-1:24.2.3( )"],
  ])
  func unusedChannelIsAbsent(_ lines: [String]) throws {
    let parsed = try Parsed(telegram(lines + ["0-0:96.7.9(1)"]).bytes)
    #expect(parsed.records == "long_power_failures=1\n\n")
    #expect(parsed.findings.isEmpty)
  }

  /// Lithuania's grid operator has its own manufacturer code.
  @Test func timeZoneIsThatOfTheCountry() throws {
    let lines = ["0-0:1.0.0(230808113811S)", "0-0:96.7.9(1)"]
    for (offset, hour) in [(nil, "08"), (3600, "09"), (7200, "08")] as [(Int?, String)] {
      let stream = telegram(lines, header: #"/ESO5\\LT000000000001"#).bytes
      #expect(
        try Parsed(stream, .with { $0.winterOffset = offset }).records
          == "timestamp=2023-08-08T\(hour):38:11Z\nlong_power_failures=1\n\n")
    }
  }

  @Test func timeMayBeOnTwoLines() throws {
    for lines in [
      ["1-0:0.9.1(074212)", "1-0:0.9.2(260204)"], ["1-0:0.9.2(260204)", "1-0:0.9.1(074212)"],
    ] {
      #expect(
        try records(lines + ["0-0:96.7.9(1)"])
          == "timestamp=2026-02-04T06:42:12Z\nlong_power_failures=1\n\n")
    }
    for lines in [
      ["1-0:0.9.1(074212)"], ["1-0:0.9.2(260204)"], ["1-0:0.9.1(074260)", "1-0:0.9.2(260204)"],
      ["1-0:0.9.1(074212)", "1-0:0.9.2(000101)"], ["1-0:0.9.1(074212S)", "1-0:0.9.2(260204)"],
    ] {
      let parsed = try Parsed(telegram(lines + ["0-0:96.7.9(1)"]).bytes)
      #expect(parsed.records == "long_power_failures=1\n\n")
      #expect(parsed.isUntimed)
    }
  }

  @Test func keyIsUniqueInARecord() throws {
    let parsed = try Parsed(
      telegram([
        "1-0:1.7.0()", "1-0:1.7.0(1*kW)", "1-0:1.7.0(2*kW)", "1-1:1.7.0(3*kW)", "0-0:96.14.0(1)",
        "0-0:96.14.1(2)",
      ]).bytes)
    #expect(parsed.records == "power_import_kw=1\ntariff=1\n\n")
    #expect(
      parsed.findings == [
        .repeated(line: "1-0:1.7.0(2*kW)"), .repeated(line: "1-1:1.7.0(3*kW)"),
        .repeated(line: "0-0:96.14.1(2)"),
      ])
    // Two codes are two keys if codes are the keys.
    #expect(
      try records(["1-0:1.7.0(1*kW)", "1-1:1.7.0(3*kW)"]) { $0.names = .obis }
        == "1-0:1.7.0=1\n1-1:1.7.0=3\n\n")
  }

  // MARK: - Sub-meters

  @Test(arguments: [
    ("(003)", "(5.5*m3)", "gas_m3=5.5"), ("(3)", "(5.5*dm3)", "gas_m3=0.0055"),
    ("()", "(5.5*m3)", "gas_m3=5.5"), ("(007)", "(5.5*m3)", "water_m3=5.5"),
    ("(004)", "(5.5*GJ)", "heat_gj=5.5"), ("(012)", "(5500*MJ)", "heat_gj=5.500"),
    ("(010)", "(5.5*GJ)", "cooling_gj=5.5"), ("(002)", "(5.5*kWh)", "submeter_energy_kwh=5.5"),
    ("(004)", "(5.5*MWh)", "submeter_energy_kwh=5500"), ("(015)", "(5*m3)", "submeter_volume_m3=5"),
    // Gas only if the device type is missing.
    ("(999)", "(5*m3)", "submeter_volume_m3=5"), ("(0F)", "(5*m3)", "submeter_volume_m3=5"),
  ])
  func readingIsNamedByItsKind(_ kind: String, _ value: String, _ field: String) throws {
    for code in ["0-3:24.2.1", "0-3:24.2.3"] {
      #expect(
        try records(["\(code)(230714182503S)\(value)", "0-3:24.1.0\(kind)"])
          == "timestamp=2023-07-14T16:25:03Z\nchannel=3\n\(field)\n\n")
    }
  }

  @Test func newestReadingOfAChannelCounts() throws {
    let lines = [
      "0-1:24.2.1(632525252525W)(1*m3)", "0-1:24.2.1(230714180000S)(2*m3)",
      "0-1:24.2.3(230714190000S)(3*m3)", "0-1:24.2.1(230714190000S)(4*m3)",
    ]
    for order in [lines, lines.reversed()] {
      let records = try records(order)
      let value = order == lines ? 3 : 4
      #expect(records == "timestamp=2023-07-14T17:00:00Z\nchannel=1\ngas_m3=\(value)\n\n")
    }
  }

  @Test func hoursOfAGasMeterAreItsReadingAndItsHistory() throws {
    let lines = [
      "7-0:23.1.0*255(1.2*m3)(10-12-09 11:00:00)", "7-0:23.1.0*255(1.3*m3)(10-12-09 12:00:00)",
      "7-0:23.1.0*255(1.1*m3)(10-12-09 10:00:00)(1.0*m3)(10-12-09 09:00:00)", "7-0:24.4.0*255(1)",
      "7-0:23.1.0*255(0.0*m3)(00-01-01 00:00:00)",
    ]
    let now = "timestamp=2010-12-09T11:00:00Z\nchannel=0\ngas_m3=1.3\nvalve_state=1\n\n"
    #expect(try records(lines) == now)
    let past = [("10", "1.2"), ("09", "1.1"), ("08", "1.0")].map { hour, value in
      "timestamp=2010-12-09T\(hour):00:00Z\nchannel=0\ngas_m3=\(value)\n\n"
    }
    #expect(try records(lines) { $0.includesHistory = true } == now + past.joined())
  }

  /// A meter of heat and cold prints both on one channel.
  @Test func codeTellsColdFromHeat() throws {
    let lines = [
      "0-1:24.1.0(013)", "0-1:24.3.0(230701120000)(00)(60)(1)(0-1:24.3.0)(GJ)", "(00001.23)",
      "0-1:24.3.1(230701120000)(00)(60)(1)(0-1:24.3.1)(GJ)", "(00004.56)",
    ]
    #expect(
      try records(lines)
        == "timestamp=2023-07-01T10:00:00Z\nchannel=1\nheat_gj=1.23\ncooling_gj=4.56\n\n")
    #expect(
      try records(Array(lines.suffix(2)))
        == "timestamp=2023-07-01T10:00:00Z\nchannel=1\ncooling_gj=4.56\n\n")
  }

  /// A newer reading in an unsuitable unit does not affect the others.
  @Test func invalidReadingDoesNotHideAnother() throws {
    let lines = ["0-1:24.2.1(230701110000S)(1.0*m3)", "0-1:24.2.3(230701120000S)(2.0*V)"]
    let parsed = try Parsed(telegram(lines).bytes)
    #expect(parsed.records == "timestamp=2023-07-01T09:00:00Z\nchannel=1\ngas_m3=1.0\n\n")
    #expect(parsed.findings == [.unreadable(line: lines[1])])
  }

  /// The number and time of a telegram are garbage, a sentinel or valid.
  @Test(arguments: [
    ("0-0:1.0.0(2307011200)", true), ("0-0:1.0.0(230701130000X)", true),
    ("0-0:1.0.0(632525252525W)", false), ("0-0:1.0.0(250000000000W)", false),
    ("0-0:1.0.0()", false), ("1-0:0.9.1(12:00:00)", true), ("1-0:0.9.2(260204S)", true),
    ("1-0:0.9.2(000000)", false), ("0-0:96.1.1((ER11))", true), ("0-1:96.1.0(ER23)", true),
    ("0-1:24.1.0(ER23)", true), ("0-1:24.1.0()", false), ("0-1:24.2.1(2307011)(5*m3)", true),
    ("0-1:24.2.1(632525252525S)(5*m3)", false), ("0-1:24.2.1(230701120000S)(5)", false),
  ])
  func unreadableIdentityIsReported(_ line: String, _ isReported: Bool) throws {
    let parsed = try Parsed(telegram([line, "0-0:96.7.9(1)"]).bytes)
    #expect(parsed.records == "long_power_failures=1\n\n")
    #expect(parsed.findings == (isReported ? [.unreadable(line: line)] : []))
  }

  // MARK: - History

  @Test func registersOfAMonthNeedTheirCount() throws {
    let values = (1...12).map { "(\($0)*\($0 > 6 ? "kvarh" : "kWh"))" } + ["(13*kWh)"]
    let peaks = (14...19).map { "(\($0)*kW)" }
    let all = "0-0:98.1.0(230701000000S)" + (values + peaks).joined()
    let records = try records([all]) { $0.includesHistory = true }
    #expect(records.hasPrefix("timestamp=2023-06-30T22:00:00Z\nenergy_import_kwh=1\n"))
    #expect(records.contains("\nenergy_absolute_kwh=13\npower_import_month_peak_kw=14\n"))
    #expect(records.hasSuffix("\npower_export_month_peak_tariff2_kw=19\n\n"))
    // An unreadable value, or one in another unit, does not affect the others.
    let odd = all.replacing("(2*kWh)", with: "()").replacing("(7*kvarh)", with: "(7*kWh)")
    let fewer = try self.records([odd]) { $0.includesHistory = true }
    #expect(
      fewer
        == records.replacing("energy_import_tariff1_kwh=2\n", with: "")
        .replacing("energy_reactive_import_kvarh=7\n", with: ""))
    // With one value less, they cannot be assigned.
    let short = String(all.dropLast("(19*kW)".count))
    let parsed = try Parsed(telegram([short]).bytes, .with { $0.includesHistory = true })
    #expect(parsed.records == "" && parsed.findings == [.unreadable(line: short)])
    let unset = all.replacing("230701", with: "632525")
    #expect(try self.records([unset]) { $0.includesHistory = true } == "")
    #expect(try self.records([all]) == "")
  }

  /// An unreadable entry of a log does not affect the others, and is a finding.
  @Test func valuesOfALogNeedTheirTimes() throws {
    let start = "0-0:98.1.0(9)(1-0:1.6.0)(1-0:1.6.0)"
    let good = "(231201000000W)(231130203000W)(05.227*kW)"
    let peak = "timestamp=2023-11-30T19:30:00Z\npower_import_month_peak_kw=5.227\n\n"
    for (odd, isReported) in [
      ("(231101000000W)(1.5*kW)", true), ("(231101000000W)(1.5*kW)(231015184500S)", true),
      ("(231101000000W)(632525252525W)(0*kW)", false), ("()", false),
      ("(231101000000W)(231015184500S)(x*kW)", true), ("(231101000000W)(231015184500S)(1*V)", true),
    ] {
      for line in [start + odd + good, start + good + odd] {
        let parsed = try Parsed(telegram([line]).bytes, .with { $0.includesHistory = true })
        #expect(parsed.records == peak, "\(line)")
        #expect(parsed.findings == (isReported ? [.unreadable(line: line)] : []), "\(line)")
      }
    }
    for duration in ["-4*s", "4.5*s", "99999999999999999999*s", "abc*s", "4*m3"] {
      let line = "1-0:99.97.0(1)(0-0:96.7.19)(231130203000W)(\(duration))"
      let parsed = try Parsed(telegram([line]).bytes, .with { $0.includesHistory = true })
      #expect(parsed.records == "" && parsed.findings == [.unreadable(line: line)])
    }
  }

  @Test func logsAndPeaksAreReadOnce() throws {
    let lines = [
      "1-0:1.6.0(231130203000W)(1*kW)", "1-1:1.6.0(231130203000W)(2*kW)",
      "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(231101000000W)(231015184500S)(3*kW)",
      "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(231101000000W)(231015184500S)(4*kW)",
    ]
    let parsed = try Parsed(telegram(lines).bytes, .with { $0.includesHistory = true })
    #expect(
      parsed.records.split(separator: "\n").filter { $0.hasPrefix("power") } == [
        "power_import_month_peak_kw=1", "power_import_month_peak_kw=3",
      ])
    #expect(parsed.findings == [.repeated(line: lines[1]), .repeated(line: lines[3])])
  }

  @Test func linesInParenthesesAreHistory() throws {
    let lines = [
      "1-0:1.8.0(2*kWh)", "0-0:98.1.0", "(", "0-0:1.0.0(230701000000T)", "1-0:1.8.0(1*kWh)",
      "1-0:2.8.0(x)", "nonsense", "0-0:96.13.0(4142)", ")", "1-0:2.8.0(3*kWh)",
    ]
    let now = "energy_import_kwh=2\nenergy_export_kwh=3\n\n"
    let parsed = try Parsed(telegram(lines).bytes)
    #expect(parsed.records == now)
    #expect(parsed.findings == [.unreadable(line: "nonsense")])
    #expect(
      try records(lines) { $0.includesHistory = true }
        == now + "timestamp=2023-06-30T22:00:00Z\nenergy_import_kwh=1\n\n")
    // Without an end, all other lines are part of it.
    let open = try Parsed(telegram(lines.filter { $0 != ")" }).bytes)
    #expect(open.records == "energy_import_kwh=2\n\n")
    #expect(open.findings == [.unreadable(line: "nonsense"), .unreadable(line: "0-0:98.1.0")])
  }

  @Test func historyLinesMayBeginInOtherWays() throws {
    let past = ["0-0:1.0.0(230701000000T)", "1-0:1.8.0(1*kWh)", ")", "1-0:2.8.0(3*kWh)"]
    for start in [["0-0:98.1.0", "("], ["0-0:98.1.0", "", "("], ["0-0:98.1.0("]] {
      #expect(
        try records(start + past) { $0.includesHistory = true }
          == "energy_export_kwh=3\n\ntimestamp=2023-06-30T22:00:00Z\nenergy_import_kwh=1\n\n")
    }
    // Only this code contains lines.
    let parsed = try Parsed(telegram(["1-0:1.7.0", "("] + past).bytes)
    #expect(parsed.records.contains("energy_import_kwh=1\nenergy_export_kwh=3\n"))
    #expect(parsed.findings.count == 3)
    // Registers without a time are not read.
    let untimed = ["0-0:98.1.0", "("] + past.dropFirst()
    let without = try Parsed(telegram(untimed).bytes, .with { $0.includesHistory = true })
    #expect(without.records == "energy_export_kwh=3\n\n")
    #expect(without.findings == [.unreadable(line: "1-0:1.8.0(1*kWh)")])
  }

  // MARK: - Oddities

  @Test func textAfterAGroupIsTheNextLine() throws {
    let parsed = try Parsed(
      telegram(["1-0:1.8.1(1*kWh)1-0:1.8.2(2*kWh)", "1-0:2.8.1(3*kWh)x", "1-0:2.8.2(4*kWh))"]).bytes
    )
    #expect(
      parsed.records
        == "energy_import_tariff1_kwh=1\nenergy_import_tariff2_kwh=2\n"
        + "energy_export_tariff1_kwh=3\nenergy_export_tariff2_kwh=4\n\n")
    #expect(parsed.findings == [.unreadable(line: "x"), .unreadable(line: ")")])
  }

  @Test func exclamationMarkInALineIsText() throws {
    let lines = ["0-0:96.13.0(Let op :)! storing)", "1-0:1.7.0(1*kW)! x", "1-0:2.7.0(2*kW)"]
    let parsed = try Parsed(telegram(lines).bytes)
    #expect(parsed.records == "message=Let op :\npower_import_kw=1\npower_export_kw=2\n\n")
    #expect(parsed.findings == [.unreadable(line: "! storing)"), .unreadable(line: "! x")])
  }

  @Test func lineWithoutAnEndAffectsNoOther() throws {
    for open in ["1-0:1.8.1(1*kWh", "1.0.1.8.1(1*kWh", "1-0:1.8.1((1*kWh)"] {
      let parsed = try Parsed(telegram([open, "1.0.1.8.2(2*kWh)"]).bytes)
      #expect(parsed.records == "energy_import_tariff2_kwh=2\n\n")
      #expect(parsed.findings == [.unreadable(line: open)])
    }
  }

  /// Only a whole group is an error code: a meter's number may be ER1234567.
  @Test func textThatBeginsLikeAnErrorIsNoError() throws {
    #expect(
      try records(["0-0:96.1.1(ER1234567)", "0-0:96.13.0(ER5 is off)", "0-0:96.14.0(1)"])
        == "meter=ER1234567\nmessage=ER5 is off\ntariff=1\n\n")
  }

  @Test func unsetReadingDoesNotHideAnother() throws {
    let lines = ["0-1:24.2.1(230714180000S)(2*m3)", "0-1:24.2.3(230714190000S)(00000000)"]
    #expect(try records(lines) == "timestamp=2023-07-14T16:00:00Z\nchannel=1\ngas_m3=2\n\n")
    for value in ["0-1:24.2.1(230714180000S)(2*m3)", "0-1:24.2.1(230714180000S)(2*m\u{B3})"] {
      #expect(try Parsed(telegram([value]).bytes).records.hasSuffix("gas_m3=2\n\n"))
    }
  }

  @Test(arguments: [
    "0-1:24.3.0(230714180000)(00)(60)(2)(0-1:24.2.1)(m3)(1)(2)",
    "0-1:24.3.0(230714180000)(00)(0)(1)(0-1:24.2.1)(m3)(1)(2)",
    "7-0:23.1.0(5*m3)(10x12x09x11x00x00)(x)",
  ])
  func profileOfAnotherShapeIsDropped(_ line: String) throws {
    let parsed = try Parsed(telegram([line]).bytes)
    #expect(parsed.records == "" && parsed.findings == [.unreadable(line: line)])
  }

  @Test func netPowerIsAddedOnce() throws {
    let lines = ["1-0:1.7.0(3*kW)", "1-0:2.7.0(1*kW)"]
    for net in ["1-1:16.7.0(9*kW)", "1-0:16.7.0(9*kW)"] {
      let records = try records(lines + [net]) { $0.addsNetPower = true }
      #expect(records == "power_import_kw=3\npower_export_kw=1\npower_net_kw=9\n\n")
    }
    let records = try records(lines + ["1-0:16.7.0()"]) { $0.addsNetPower = true }
    #expect(records == "power_import_kw=3\npower_export_kw=1\npower_net_kw=2\n\n")
  }

  /// A billing period follows an asterisk, which a key cannot contain.
  @Test func everyKeyIsAKey() throws {
    #expect(
      try records(["1-0:77.8.0*01(0005*CCs)", "1-0:77.8.0(5*W)"]) { $0.includesUnknown = true }
        == "1-0:77.8.0.1=5\n1-0:77.8.0=5\n\n")
  }

  // MARK: - Versions

  @Test func versionsAreDistinguished() throws {
    let files = try SpecificationFiles(
      #"{"0-0:96.7.9": ["d", "mine", "\((.*)\)"]}"#, version: "507")
    let stream = (0..<180).map { number in
      telegram(["0-0:96.1.4(50\(number % 60))", "0-0:96.7.9(1)", "0-0:96.14.0(1)"])
    }.joined()
    let parsed = try Parsed(stream.bytes, files: files)
    #expect(parsed.records.split(separator: "\n").count { $0 == "mine=1" } == 3)
    #expect(parsed.records.split(separator: "\n").count { $0 == "tariff=1" } == 177)
  }

  /// A damaged telegram may have an invalid version.
  @Test func versionOfADamagedTelegramIsNotTrusted() throws {
    let good = checkedTelegram(["1-3:0.2.8(50)", "0-0:96.14.0(1)"])
    let damaged = good.replacing("(50)", with: "(5O)")
    #expect(throws: TelegramParser.UnknownVersion.self) {
      try Parsed(checkedTelegram(["1-3:0.2.8(5O)"]).bytes, checksums: .ignored)
    }
    let parsed = try Parsed((damaged + good).bytes, checksums: .ignored)
    #expect(parsed.records == "tariff=1\n\np1_version=50\ntariff=1\n\n")
    #expect(try Parsed((damaged + good).bytes).records == "p1_version=50\ntariff=1\n\n")
  }

  // MARK: - Specification files

  /// The rules of the table of metrics also apply to lines that a file reads.
  @Test func linesOfAFileHaveTheSameOutcomes() throws {
    let files = try SpecificationFiles(
      #"""
      {"1-0:1.7.0": ["d", "power", "\((.*)\*kW\)"], "0-0:96.13.0": ["d", "msg", "\((.*)\)"],
      "0-0:96.13.1": ["d", "msg", "\((.*)\)"], "0-0:1.0.0": ["d", "timestamp", "\((.*)\)"],
      "0-1:24.2.1": ["d", "gas", "\(.*\)\(([0-9.]+)"], "1-0:99.9.9*7": ["d", "own", "\((.*)\)"]}
      """#)
    let parsed = try Parsed(
      telegram([
        "1-3:0.2.8(10)", "0-0:1.0.0(000101000000W)", "1-0:1.7.0(01*kW)", "1-0:1.7.0(02*kW)",
        "0-0:96.13.0()", "0-0:96.13.1(hello)", "0-1:24.2.1(632525252525S)(00000.000)",
        "1-0:99.9.9*7(3)", "0-0:98.1.0", "(", "0-0:1.0.0(230701000000T)", "1-0:1.8.0(1*kWh)", ")",
      ]).bytes, .with { $0.includesHistory = true }, files: files)
    #expect(parsed.records == "power=01\nmsg=hello\nown=3\n\n")
    #expect(parsed.findings == [.repeated(line: "1-0:1.7.0(02*kW)")])
    #expect(parsed.isUntimed)
  }

  /// The value that a file's pattern finds is that of the newest reading, as without a file.
  @Test func newestReadingCountsForAFileToo() throws {
    let files = try SpecificationFiles(
      #"""
      {"0-1:24.2.1": ["d", "gas", "\(.*\)\((.*)\*m3\)"],
      "0-1:24.2.3": ["d", "gas", "\(.*\)\((.*)\*m3\)"], "0-1:24.3.9": ["d", "odd", "\((.*)\)"]}
      """#)
    let good = "0-1:24.2.1(230701120000S)(00002.000*m3)"
    for lines in [
      ["0-1:24.2.1(632525252525S)(00000.000*m3)", good], [good],
      ["0-1:24.2.1(230701110000S)(00001.000*m3)", good],
      ["0-1:24.2.1(632525252525S)(00000.000*m3)", good.replacing("24.2.1", with: "24.2.3")],
    ] {
      let parsed = try Parsed(telegram(["1-3:0.2.8(60)"] + lines).bytes, files: files)
      #expect(parsed.records == "timestamp=2023-07-01T10:00:00Z\nchannel=1\ngas=00002.000\n\n")
    }
    let odd = try Parsed(telegram(["1-3:0.2.8(60)", "0-1:24.3.9(5)"]).bytes, files: files)
    #expect(odd.records == "channel=1\nodd=5\n\n")
  }
}
