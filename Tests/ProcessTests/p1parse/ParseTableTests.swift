import TestSupport
import TestValues
import Testing

/// `p1parse --format csv`: a row for each record.
@Suite struct ParseTableTests {
  private func parse(_ options: String..., input: String) async throws -> ProgramResult {
    let result = try await Program("p1parse", ["--format", "csv"] + options).run(input: input)
    #expect(result.status == .success)
    return result
  }

  private static let two = SampleTelegram.numbered(1) + SampleTelegram.numbered(2)

  @Test func columnsAreThoseOfTheFirstTelegrams() async throws {
    let result = try await parse(input: Self.two)
    #expect(result.errorText == "")
    #expect(
      result.text == """
        timestamp,meter,channel,p1_version,energy_import_tariff1_kwh,tariff,power_import_kw,voltage_l1_v,gas_m3
        2026-11-23T10:01:00Z,E0002,,50,1201.567,2,0.321,231.0,
        2026-11-23T09:55:00Z,G0003,1,,,,,,3456.789
        2026-11-23T10:02:00Z,E0002,,50,1202.567,2,0.321,231.0,
        2026-11-23T09:55:00Z,G0003,1,,,,,,3456.789

        """)
  }

  /// The gas of the second telegram and the message of the twelfth.
  @Test func keyWithoutAColumnIsNamedOnce() async throws {
    let first = SampleTelegram.with(["0-0:1.0.0(261123110000W)", "1-0:1.7.0(00.321*kW)"])
    let late = SampleTelegram.with([
      "0-0:1.0.0(261123120000W)", "0-0:96.13.0(48692C20796F75)", "1-0:1.7.0(00.5*kW)",
    ])
    let input =
      first + Self.two + String(repeating: first, count: 8) + late + late
    let result = try await parse("-q", input: input)
    #expect(result.lines[0].hasSuffix(",voltage_l1_v,gas_m3"))
    let loud = try await parse(input: input)
    #expect(
      loud.errorText == """
        p1parse: standard output: message first occurs after the first telegrams, so it has no column; name it in --columns
        p1parse: standard output: 2 values left out: no column; name the columns in --columns

        """)
    let chosen = try await parse("--columns", "timestamp,message", input: input)
    #expect(chosen.errorText == "")
    #expect(
      chosen.text == """
        timestamp,message
        2026-11-23T11:00:00Z,"Hi, you"
        2026-11-23T11:00:00Z,"Hi, you"

        """)
  }

  @Test func columnsMayBeGivenOneByOne() async throws {
    let result = try await parse("--columns", "gas_m3", "--columns", "x", input: Self.two)
    #expect(result.text == "gas_m3,x\n3456.789,\n3456.789,\n")
    #expect(
      result.errorText
        == "p1parse: standard output: no record has a value for the column x; p1parse --list prints the names\n"
    )
  }

  /// The columns of a table of periods are those of all its records, not of the first one.
  @Test(arguments: [1, 3, 30])
  func tableOfPeriodsHasAllColumns(_ count: Int) async throws {
    let input = (1...count).map { SampleTelegram.numbered($0) }.joined()
    let result = try await parse("--every", "300", input: input)
    #expect(result.errorText == "")
    let columns = Set(result.lines[0].split(separator: ","))
    #expect(columns.isSuperset(of: ["meter", "channel", "power_import_kw", "gas_m3"]))
    #expect(result.lines.filter { $0.contains(",G0003,") }.count == 1)
    let rows = result.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.allSatisfy { $0.count == rows[0].count })
  }

  @Test func nothingComesOfNothing() async throws {
    #expect(try await parse(input: "").text == "")
    #expect(try await parse("--columns", "timestamp", input: "").text == "timestamp\n")
  }

  @Test(arguments: [
    (["--format", "csv", "--columns", "a b"], "\"a b\" is not a key of a record"),
    (["--format", "csv", "--columns", "a,a"], "a column occurs twice"),
    (["--columns", "a"], "it needs --format csv"),
  ])
  func wrongColumnsAreRejected(_ options: [String], _ reason: String) async throws {
    let result = try await Program("p1parse", options).run(input: Self.two)
    #expect(result.status == .exited(64) && result.output.isEmpty)
    #expect(result.errorText == "p1parse: --columns: \(reason)\n")
  }
}
