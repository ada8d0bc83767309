import TestSupport
import TestValues
import Testing

/// Records in the format of p1record(5).
@Suite struct ParseRecordTests {
  @Test func timestampAndMeterComeFirst() async throws {
    let result = try await Program("p1parse", ["-v"]).run(input: SampleTelegram.numbered(7))
    #expect(result.status == .success && result.errorText == "")
    #expect(
      result.text == """
        timestamp=2026-11-23T10:07:00Z
        meter=E0002
        p1_version=50
        energy_import_tariff1_kwh=1207.567
        tariff=2
        power_import_kw=0.321
        voltage_l1_v=231.0

        timestamp=2026-11-23T09:55:00Z
        meter=G0003
        channel=1
        gas_m3=3456.789


        """)
  }

  @Test func orderOfTheLinesDoesNotMatterToThem() async throws {
    let telegram = SampleTelegram.with([
      "1-0:1.7.0(00.321*kW)", "0-2:24.2.1(261123105500W)(00001.000*m3)", "0-2:96.1.0(5730)",
      "0-2:24.1.0(007)", "0-0:96.1.1(4530)", "0-0:1.0.0(261123110000W)", "1-3:0.2.8(50)",
    ])
    let result = try await Program("p1parse", ["-v"]).run(input: telegram)
    #expect(result.errorText == "")
    #expect(
      result.text == """
        timestamp=2026-11-23T10:00:00Z
        meter=E0
        power_import_kw=0.321
        p1_version=50

        timestamp=2026-11-23T09:55:00Z
        meter=W0
        channel=2
        water_m3=1.000


        """)
  }

  @Test func twoMetersOfOneKindStayApart() async throws {
    let telegram = SampleTelegram.with([
      "1-3:0.2.8(50)", "0-0:1.0.0(261123110000W)", "0-1:24.1.0(003)", "0-1:96.1.0(4731)",
      "0-1:24.2.1(261123105500W)(00001.000*m3)", "0-3:24.1.0(003)", "0-3:96.1.0(4732)",
      "0-3:24.2.1(261123105000W)(00002.000*m3)",
    ])
    let records = try await Program("p1parse").run(input: telegram).records
    #expect(records.map { $0["channel"] } == [nil, "1", "3"])
    #expect(records.map { $0["gas_m3"] } == [nil, "1.000", "2.000"])
    #expect(records.map { $0["meter"] } == [nil, "G1", "G2"])
    #expect(records.last?["timestamp"] == "2026-11-23T09:50:00Z")
  }

  @Test func namesCanBeTheCodesOfTheMeter() async throws {
    let result = try await Program("p1parse", ["-v", "--names", "obis"]).run(
      input: SampleTelegram.numbered())
    #expect(result.errorText == "")
    #expect(
      result.text == """
        timestamp=2026-11-23T10:00:00Z
        meter=E0002
        1-3:0.2.8=50
        1-0:1.8.1=1200.567
        0-0:96.14.0=2
        1-0:1.7.0=0.321
        1-0:32.7.0=231.0

        timestamp=2026-11-23T09:55:00Z
        meter=G0003
        channel=1
        0-1:24.1.0=3
        0-1:24.2.1=3456.789


        """)
  }

  @Test func whatTheMeterDoesNotHaveIsLeftOut() async throws {
    let telegram = SampleTelegram.with([
      "1-3:0.2.8(50)", "0-0:1.0.0(261123110000W)", "0-0:96.13.0()", "1-0:1.8.1()",
      "1-0:1.7.0(00.321*kW)", "0-1:24.1.0(003)", "0-1:24.2.1(632525252525W)(00000.000*m3)",
    ])
    let result = try await Program("p1parse", ["-v"]).run(input: telegram)
    #expect(result.errorText == "")
    #expect(
      result.text == "timestamp=2026-11-23T10:00:00Z\np1_version=50\npower_import_kw=0.321\n\n")
  }

  @Test func unitsAreConvertedExactly() async throws {
    let telegram = SampleTelegram.with([
      "1-3:0.2.8(50)", "1-0:1.7.0(000321*W)", "1-0:1.8.0(0123456789*Wh)",
    ])
    let result = try await Program("p1parse").run(input: telegram)
    #expect(
      result.text == "p1_version=50\npower_import_kw=0.321\nenergy_import_kwh=123456.789\n\n")
  }

  @Test func unknownCodeIsNamedOnce() async throws {
    let telegram = SampleTelegram.with([
      "1-3:0.2.8(50)", "0-0:1.0.0(261123110000W)", "1-0:1.7.0(00.321*kW)", "1-0:200.7.0(5)",
      "1-0:201.7.0(6)",
    ])
    let input = String(repeating: telegram, count: 5)
    let result = try await Program("p1parse").run(input: input)
    #expect(result.status == .success)
    #expect(
      result.errorText == """
        p1parse: standard input: no metric for code 1-0:200.7.0; use --all to include it, or see p1spec(5)
        p1parse: standard input: no metric for code 1-0:201.7.0; use --all to include it, or see p1spec(5)

        """)
    #expect(result.records.count == 5)
    let quiet = try await Program("p1parse", ["-q"]).run(input: input)
    #expect(quiet.errorText == "" && quiet.output == result.output)
    let verbose = try await Program("p1parse", ["-v"]).run(input: input)
    #expect(
      verbose.messages.last
        == """
        p1parse: standard input: 10 lines ignored: no metric for the code; use --all \
        to include them
        """)
  }

  /// Numbers that no integer holds, text that drives terminals, lines without an end.
  @Test(arguments: [
    "0-1:24.1.0(99999999999999999999999999)", "1-0:1.7.0(99999999999999999999999999*kW)",
    "1-0:1.7.0(9999999999999999999999999999999999999999999999999999*kW)", "1-0:1.7.0(0x10*kW)",
    "1-0:1.7.0(1*kW", "1-0:1.7.0)1*kW(", "999-999:999.999.999(1)", "1-0:1.7.0((((((1*kW))))))",
    "0-0:96.13.0(1B5B33316D)", "0-0:96.13.0(\u{1B}[31m)", "0-0:1.0.0(99999999999999999999W)",
    "1-0:99.97.0(99999999999999999999)(0-0:96.7.19)", "0-1:24.2.1(261123105500W)(*m3)",
    "0-9:24.3.0(261123105500)(00)(99999999999999999999)(1)(0-1:24.2.1)(m3)(1)",
  ])
  func hostileLineCostsOnlyItself(_ line: String) async throws {
    let telegram = SampleTelegram.with(["1-3:0.2.8(50)", line, "1-0:32.7.0(231.0*V)"])
    let result = try await Program("p1parse", ["-v"]).run(input: telegram)
    #expect(result.status == .success)
    let records = result.records
    #expect(records.first?["p1_version"] == "50")
    #expect(records.first?["voltage_l1_v"] == "231.0")
    #expect(!result.text.unicodeScalars.contains("\u{1B}"))
    #expect(!result.errorText.unicodeScalars.contains("\u{1B}"))
  }
}
