import TestSupport
import Testing

/// The values of the simulated meter are plausible and consistent.
@Suite struct SimulatedDayTests {
  /// The first telegram of each minute of a Monday in June, midnight to midnight, as records.
  private static let monday = Shared {
    let script = """
      p1cat sim:start=2026-06-14T22:00:00Z,count=86400,rate=max |
        awk '/^\\//{n++} n%60==1' | p1parse -v
      """
    let result = try await Program.bash(script).run(within: .seconds(120))
    try #require(result.status == .success && result.errorText == "")
    return result.records
  }

  @Test func sunAndPeopleMakeTheDay() async throws {
    let records = try await Self.monday.value.filter { $0["channel"] == nil }
    #expect(records.count == 1440)
    let imports = try records.map { try #require($0.thousandths("power_import_kw")) }
    let exports = try records.map { try #require($0.thousandths("power_export_kw")) }
    #expect(zip(imports, exports).allSatisfy { $0 == 0 || $1 == 0 })
    func hours(_ range: Range<Int>) -> Range<Int> { range.lowerBound * 60..<range.upperBound * 60 }
    func mean(_ values: ArraySlice<Int>) -> Int { values.reduce(0, +) / values.count }
    // Sunshine goes to the grid at noon, and never at night.
    #expect(mean(exports[hours(12..<14)]) > 500)
    #expect(exports[hours(0..<4)].allSatisfy { $0 == 0 })
    #expect(exports[hours(23..<24)].allSatisfy { $0 == 0 })
    // The refrigerator never rests; people are at home in the evening.
    #expect(imports[hours(0..<4)].allSatisfy { (50..<1000).contains($0) })
    #expect(mean(imports[hours(18..<22)]) > 2 * mean(imports[hours(0..<4)]))
    #expect(imports.allSatisfy { $0 < 3 * 25 * 230 })
  }

  @Test func phasesMakeTheTotal() async throws {
    for record in try await Self.monday.value where record["channel"] == nil {
      func sum(_ direction: String) throws -> Int {
        try (1...3).reduce(0) { sum, phase in
          sum + (try #require(record.thousandths("power_\(direction)_l\(phase)_kw")))
        }
      }
      let net =
        try #require(record.thousandths("power_import_kw"))
        - #require(record.thousandths("power_export_kw"))
      #expect(try sum("import") - sum("export") == net)
    }
  }

  @Test func countersNeverFall() async throws {
    let records = try await Self.monday.value
    for key in [
      "energy_import_tariff1_kwh", "energy_import_tariff2_kwh", "energy_export_tariff1_kwh",
      "energy_export_tariff2_kwh", "gas_m3",
    ] {
      let values = records.compactMap { $0.thousandths(key) }
      #expect(values.count == 1440)
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "\(key)")
      #expect(try #require(values.first) < #require(values.last), "\(key)")
    }
  }

  @Test func onlyTheTariffInForceCounts() async throws {
    let records = try await Self.monday.value.filter { $0["channel"] == nil }
    for (before, after) in zip(records, records.dropFirst())
    where before["tariff"] == after["tariff"] {
      let other = after["tariff"] == "1" ? "2" : "1"
      for direction in ["import", "export"] {
        let key = "energy_\(direction)_tariff\(other)_kwh"
        #expect(before[key] == after[key])
      }
    }
  }

  @Test func tariffChangesAtSevenAndEleven() async throws {
    let records = try await Self.monday.value.filter { $0["channel"] == nil }
    let changes = zip(records, records.dropFirst())
      .filter { $0["tariff"] != $1["tariff"] }
      .map { "\($1["timestamp"] ?? "") \($1["tariff"] ?? "")" }
    // 07:00 and 23:00 in summer.
    #expect(changes == ["2026-06-15T05:00:00Z 2", "2026-06-15T21:00:00Z 1"])
  }

  /// In winter too, by the clock on the wall, and never at the weekend.
  @Test func tariffFollowsTheClockOfTheHouse() async throws {
    let script = """
      for time; do p1cat "sim:start=${time}Z,count=1,rate=max"; done | p1parse
      """
    func tariffs(_ times: [String]) async throws -> [String] {
      let result = try await Program.bash(script, times).run()
      return result.records.compactMap { $0["tariff"] }
    }
    #expect(
      try await tariffs([
        "2026-01-09T05:59:59", "2026-01-09T06:00:00", "2026-01-09T21:59:59", "2026-01-09T22:00:00",
      ]) == ["1", "2", "2", "1"])
    let weekend = try await tariffs(
      ["06", "07"].flatMap { day in
        ["00", "05", "07", "12", "20", "22"].map { "2026-06-\(day)T\($0):30:00" }
      })
    #expect(weekend == [String](repeating: "1", count: 12))
  }

  @Test func gasIsReadEveryFiveMinutes() async throws {
    var electricityTime = ""
    var gasTimes: [String] = []
    for record in try await Self.monday.value {
      let time = try #require(record["timestamp"])
      guard record["channel"] != nil else {
        electricityTime = time
        continue
      }
      // RFC 3339 in one zone sorts as text.
      #expect(time <= electricityTime)
      #expect(time.hasSuffix("0:00Z") || time.hasSuffix("5:00Z"))
      if gasTimes.last != time { gasTimes.append(time) }
    }
    #expect(gasTimes.count == 288)
    #expect(Set(gasTimes).count == 288)
  }

  /// Twenty minutes of an evening and of a sunny noon: what the counters rise by is the power of
  /// each second, but for the watt-hour that each reading rounds down.
  @Test(arguments: ["2026-06-15T17:30:00Z", "2026-06-15T10:00:00Z"])
  func energyIsTheIntegralOfPower(_ start: String) async throws {
    let script = "p1cat sim:start=\(start),count=1200,rate=max | p1parse"
    let records = try await Program.bash(script).run().records.filter { $0["channel"] == nil }
    #expect(records.count == 1200)
    for direction in ["import", "export"] {
      let energy = records.compactMap { $0.thousandths("energy_\(direction)_tariff2_kwh") }
      let power = records.compactMap { $0.thousandths("power_\(direction)_kw") }
      let rise = try #require(energy.last) - #require(energy.first)
      let integral = power.dropFirst().reduce(0, +)
      #expect(abs(rise * 3600 - integral) < 3600)
    }
    let phases = try records.map { record in
      try (1...3).map { try #require(record["voltage_l\($0)_v"].flatMap(Double.init)) }
    }
    #expect(phases.allSatisfy { $0.allSatisfy { (207...253).contains($0) } })
  }
}
