import TestSupport
import Testing

/// One p1mqtt with thousands of meters.
@Suite struct MQTTMetersTests {
  private static let count = 12_000

  /// Two records of each meter.
  private static let input = (0..<2).flatMap { round in
    (0..<count).map { meter in
      """
      timestamp=2026-01-15T12:00:0\(round)Z
      meter=E\(meter)
      power_import_kw=\(round).5


      """
    }
  }.joined()

  @Test(arguments: ["json", "record", "value"]) func noMeterIsRejected(_ payload: String)
    async throws
  {
    let isValue = payload == "value"
    let template = isValue ? ["--topic", "{prefix}/{meter}/{metric}", "--buffer", "1"] : []
    try await ScriptedBroker.running { broker in
      let arguments = ["--payload", payload, "--no-status"] + template
      let result = try await broker.p1mqtt(arguments).run(
        input: Self.input, within: .seconds(120))
      #expect(result.status == .success)
      // A meter that was forgotten gets the same topics again.
      #expect(result.errorText == "")
      try await broker.wait { $0.openCount == 0 }
      let messages =
        isValue ? broker.accepted.filter { $0.topic.hasSuffix("_kw") } : broker.accepted
      #expect(messages.count == 2 * Self.count)
      let expected = (0..<Self.count).map { meter in
        "dsmr/E\(meter)/\(isValue ? "power_import_kw" : payload)"
      }
      #expect(messages.prefix(Self.count).map(\.topic) == expected)
      #expect(messages.suffix(Self.count).map(\.topic) == expected)
    }
  }

  /// Unchanged values of a forgotten meter are published again, and this is logged.
  @Test func forgottenMetersAreLogged() async throws {
    try await ScriptedBroker.running { broker in
      let arguments = ["--payload", "record", "--no-status", "--on-change", "--buffer", "1"]
      let result = try await broker.p1mqtt(arguments).run(
        input: Self.input, within: .seconds(120))
      #expect(result.status == .success)
      let message =
        /p1mqtt: 127\.0\.0\.1:\d+: \d+ meters forgotten so far, the longest silent first; raise --buffer/
      #expect(result.errorText.contains(message), "\(result.errorText)")
      #expect(!result.errorText.contains("rejected"))
    }
  }
}
