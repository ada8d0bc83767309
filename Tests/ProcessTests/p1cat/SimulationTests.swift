import Foundation
import TestSupport
import TestValues
import Testing

/// `sim:`, the simulated meter.
@Suite struct SimulationTests {
  @Test func sameSeedAndStartGiveTheSameBytes() async throws {
    let start = "start=2026-01-31T22:59:50Z,count=20,rate=max"
    let first = try await telegrams("seed=7,\(start)")
    #expect(first.count == 20)
    #expect(try await telegrams("seed=7,\(start)") == first)
    #expect(try await telegrams("\(start),seed=7") == first)
    let other = try await telegrams("seed=8,\(start)")
    #expect(zip(first, other).allSatisfy { $0 != $1 })
    #expect(try await telegrams("seed=1,\(start)") == telegrams(start))
  }

  @Test func everyTelegramIsWholeAndSilentlyRead() async throws {
    for seed in ["0", "18446744073709551615"] {
      let source = "sim:seed=\(seed),start=2026-06-15T09:59:30Z,count=60,rate=max"
      let telegrams = try await Program("p1cat", ["-v", source]).run()
      #expect(telegrams.status == .success && telegrams.errorText == "")
      for telegram in split(telegrams.text) {
        let parts = telegram.split(separator: "!")
        let printed = String(parts[1].prefix(4))
        #expect(UInt16(printed, radix: 16) == SampleTelegram.checksum("\(parts[0])!".utf8))
        #expect(parts[1] == printed + "\r\n")
      }
      let parsed = try await Program("p1parse", ["-v"]).run(input: telegrams.output)
      #expect(parsed.status == .success && parsed.errorText == "")
      let records = parsed.records
      #expect(records.count == 120)
      #expect(records.allSatisfy { $0["timestamp"] != nil && $0["meter"] != nil })
      #expect(records.filter { $0["channel"] == "1" && $0["gas_m3"] != nil }.count == 60)
      // A second apart.
      let times = records.filter { $0["channel"] == nil }.compactMap { $0["timestamp"] }
      #expect(times.first == "2026-06-15T09:59:30Z" && times.last == "2026-06-15T10:00:29Z")
      #expect(Set(times).count == 60)
    }
  }

  @Test func beginsNowUnlessToldOtherwise() async throws {
    let before = Date.now
    let result = try await Program.bash("p1cat sim:count=1 | p1parse").run()
    let time = try Date(try #require(result.records.first?["timestamp"]), strategy: .iso8601)
    #expect(time > before - 1 && time < Date.now + 1)
  }

  /// The rate is never exceeded; a slow machine may not reach it.
  @Test func rateIsKept() async throws {
    let start = ContinuousClock.now
    try await Program("p1cat", ["sim:rate=100"]).whileRunning { meter in
      try await meter.wait(for: "20 telegrams") { meter in
        let count = split(meter.text).count
        let elapsed = ContinuousClock.now - start
        #expect(Double(count) <= elapsed / .milliseconds(10) + 1)
        return count >= 20
      }
    }
  }

  @Test func clockChangesShowInTheLetter() async throws {
    #expect(
      try await times("start=2026-10-25T00:59:58Z,count=4") == [
        "261025025958S", "261025025959S", "261025020000W", "261025020001W",
      ])
    #expect(
      try await times("start=2026-03-29T00:59:58Z,count=4") == [
        "260329015958W", "260329015959W", "260329030000S", "260329030001S",
      ])
    // Setting the clock of the machine back does not set the simulated time back.
    let records = try await Program.bash(
      "p1cat sim:start=2026-10-25T00:59:58Z,count=4,rate=max | p1parse"
    ).run().records
    #expect(
      records.filter { $0["channel"] == nil }.map { $0["timestamp"] } == [
        "2026-10-25T00:59:58Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z",
        "2026-10-25T01:00:01Z",
      ])
  }

  /// A year is made in seconds.
  @Test func stepIsTheTimeBetweenTelegrams() async throws {
    let records = try await Program.bash(
      "p1cat sim:start=2026-01-01T00:00:00Z,step=3600,count=24,rate=max | p1parse"
    ).run().records
    let times = records.filter { $0["channel"] == nil }.compactMap { $0["timestamp"] }
    #expect(times == (0..<24).map { "2026-01-01T\($0 < 10 ? "0" : "")\($0):00:00Z" })
    // The energy of these hours does not depend on the step, except for rounding.
    func used(_ step: Int) async throws -> [Int] {
      let records = try await Program.bash(
        "p1cat sim:start=2026-01-01T00:00:00Z,step=\(step),count=\(86_400 / step + 1),rate=max | p1parse"
      ).run().records
      return ["energy_import_tariff1_kwh", "energy_export_tariff1_kwh", "gas_m3"].compactMap {
        name in
        let counts = records.compactMap { $0.thousandths(name) }
        return counts.last.flatMap { last in counts.first.map { last - $0 } }
      }
    }
    let (minutes, hours) = (try await used(60), try await used(3600))
    #expect(minutes.count == 3 && minutes[0] > 1000 && minutes[2] > 100)
    #expect(zip(minutes, hours).allSatisfy { abs($0 - $1) <= 1 }, "\(minutes) \(hours)")
  }

  /// The simulation ends with the range of the meter's clock.
  @Test func simulationEndsWithTheClock() async throws {
    let result = try await Program(
      "p1cat", ["sim:start=2058-12-30T12:00:00Z,step=86400,rate=max"]
    ).run()
    #expect(result.status == .success && split(result.text).count == 2)
  }

  @Test(
    arguments: zip(
      [
        "seed=x", "seed=-1", "start=yesterday", "start=1999-01-01T00:00:00Z", "count=0", "count",
        "rate=0", "rate=fast", "rate=nan", "speed=1",
      ],
      [
        "seed must be a whole number, such as 1", "seed must be a whole number, such as 1",
        "start must be a time from 2001 to 2058, such as 2026-01-01T00:00:00Z",
        "start must be a time from 2001 to 2058, such as 2026-01-01T00:00:00Z",
        "count must be a whole number greater than 0",
        "count must be a whole number greater than 0",
        "rate must be telegrams per second, from 0.01 to 100000, or max",
        "rate must be telegrams per second, from 0.01 to 100000, or max",
        "rate must be telegrams per second, from 0.01 to 100000, or max",
        "unknown option \"speed\"; use seed, start, step, count, rate or key",
      ]))
  func wrongOption(_ option: String, _ reason: String) async throws {
    let result = try await Program("p1cat", ["sim:\(option)"]).run()
    #expect(result.status == .exited(64))
    #expect(result.output.isEmpty)
    #expect(result.errorText == "p1cat: sim:\(option): \(reason)\n")
  }

  private func telegrams(_ options: String) async throws -> [String] {
    let result = try await Program("p1cat", ["sim:\(options)"]).run()
    #expect(result.status == .success && result.errorText == "")
    return split(result.text)
  }

  /// The times that telegrams print.
  private func times(_ options: String) async throws -> [String] {
    try await telegrams("\(options),rate=max").flatMap { telegram in
      telegram.matches(of: /0-0:1\.0\.0\((\w+)\)/).map { String($0.output.1) }
    }
  }

  private func split(_ text: String) -> [String] {
    text.split(separator: "/").map { "/\($0)" }
  }
}
