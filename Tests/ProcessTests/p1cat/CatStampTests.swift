import Foundation
import TestSupport
import TestValues
import Testing

/// The time of receipt before a telegram: `#2026-11-23T10:00:00.123Z`.
@Suite struct CatStampTests {
  private static let stamp = "#2026-11-23T10:00:00.123Z\n"

  @Test func stampIsTheTimeOfReceipt() async throws {
    let before = Date.now
    let result = try await Program("p1cat", ["--stamp"]).run(
      input: SampleTelegram.numbered(1) + SampleTelegram.numbered(2))
    let after = Date.now
    #expect(result.status == .success && result.errorText == "")
    let pattern = /#(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)\n/
    let stamps = result.text.matches(of: pattern).map { String($0.output.1) }
    #expect(stamps.count == 2)
    for stamp in stamps {
      let time = try Date(
        stamp.contains(".") ? stamp : stamp.replacing("Z", with: ".000Z"),
        strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
      #expect(time > before - 0.002 && time < after + 0.002)
    }
    // Each stamp is followed by the unchanged telegram.
    #expect(
      result.text.replacing(pattern, with: "#")
        == "#" + SampleTelegram.numbered(1) + "#" + SampleTelegram.numbered(2))
  }

  @Test(arguments: [[], ["--stamp"]])
  func stampThatIsThereIsKept(_ options: [String]) async throws {
    let input = Self.stamp + SampleTelegram.numbered()
    let result = try await Program("p1cat", options).run(input: input)
    #expect(result.status == .success && result.errorText == "")
    #expect(result.text == input)
  }

  @Test func noStampUnlessAskedFor() async throws {
    let result = try await Program("p1cat").run(input: SampleTelegram.numbered())
    #expect(result.text == SampleTelegram.numbered())
  }

  /// A stamp belongs to the telegram right after it, not to one after noise.
  @Test func stampOfALostTelegramIsNotKept() async throws {
    let lost = String(SampleTelegram.numbered(1).dropLast(40))
    let result = try await Program("p1cat").run(
      input: Self.stamp + lost + SampleTelegram.numbered(2))
    #expect(result.text == SampleTelegram.numbered(2))
  }

  @Test func parserTakesTheStampWhereTheTelegramHasNoTime() async throws {
    let telegram = "/TST3\r\n\r\n1-0:1.7.0(00.5*kW)\r\n!\r\n"
    let timed = try await Program("p1parse").run(input: Self.stamp + telegram)
    #expect(timed.text == "timestamp=2026-11-23T10:00:00.123Z\npower_import_kw=0.5\n\n")
    let untimed = try await Program("p1parse").run(input: telegram)
    #expect(untimed.text == "power_import_kw=0.5\n\n")
  }

  /// The stamp of a simulated telegram has the simulated time.
  @Test func simulatedTelegramIsStampedWithItsTime() async throws {
    let source = "sim:start=2026-03-29T00:59:59Z,count=2,rate=max"
    let text = try await Program("p1cat", ["--stamp", source]).run().text
    let stamps = text.matches(of: /#[^\n]*Z/).map { String($0.0) }
    #expect(stamps == ["#2026-03-29T00:59:59Z", "#2026-03-29T01:00:00Z"])
  }
}
