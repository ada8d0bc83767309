import TestSupport
import Testing

/// `--on-change` and `--every`: only values that have changed, or one record a period.
@Suite struct MQTTChangeTests {
  private func record(_ second: Int, _ fields: String...) -> String {
    let digits = second < 10 ? "0\(second)" : "\(second)"
    return (["timestamp=2026-01-15T12:00:\(digits)Z"] + fields).joined(separator: "\n") + "\n\n"
  }

  /// The messages that a broker gets from p1mqtt with an input.
  private func published(
    _ arguments: [String], _ input: String, _ environment: [String: String] = [:]
  ) async throws -> [String] {
    try await ScriptedBroker.running { broker in
      let program = broker.p1mqtt(arguments + ["--no-status"], environment)
      let result = try await program.run(input: input)
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success && result.errorText == "")
      return broker.lines
    }
  }

  @Test func valuesThatHaveNotChangedAreLeftOut() async throws {
    let input =
      record(0, "a=1", "b=1") + record(1, "a=1", "b=1") + record(2, "a=1", "b=2")
      + record(3, "a=1", "b=2")
    let time = "dsmr/timestamp 2026-01-15T12:00:"
    // The timestamp is sent with the values that have changed.
    #expect(
      try await published(["--on-change"], input) == [
        "\(time)00Z", "dsmr/a 1", "dsmr/b 1", "\(time)02Z", "dsmr/b 2",
      ])
  }

  /// The value 1 of the variable means True; as an option, it means one second.
  @Test(arguments: [([], "True", 1), ([], "1", 1), ([], "0", 3), (["--on-change", "1"], "0", 2)])
  func onChangeOnAndOff(_ options: [String], _ setting: String, _ count: Int) async throws {
    let input = record(0, "a=1") + record(0, "a=1") + record(1, "a=1")
    let lines = try await published(options, input, ["MQTT_ON_CHANGE": setting])
    #expect(lines.count { $0 == "dsmr/a 1" } == count)
  }

  /// The time is that of the records, so a replay gives the same messages.
  @Test func unchangedValuesAreSentAgainAfterAWhile() async throws {
    let input = (0..<50).map { record($0, "a=1") }.joined()
    let times = try await published(["--on-change", "20"], input).filter {
      $0.hasPrefix("dsmr/time")
    }
    #expect(
      times == ["00", "20", "40"].map { "dsmr/timestamp 2026-01-15T12:00:\($0)Z" })
  }

  @Test(arguments: ["json", "record"])
  func recordsThatHaveNotChangedAreLeftOut(_ payload: String) async throws {
    let input =
      record(0, "a=1", "b=1") + record(1, "a=1", "b=1") + record(2, "a=1", "b=2")
      + record(3, "a=1", "b=2") + record(4, "a=1", "b=1")
    let lines = try await published(["--on-change", "--payload", payload], input)
    #expect(lines.count == 3)
    for (line, second) in zip(lines, ["00", "02", "04"]) {
      #expect(line.contains("12:00:\(second)Z"))
    }
  }

  @Test(arguments: ["value", "json", "record"])
  func everythingIsSentAfterAReconnection(_ payload: String) async throws {
    try await ScriptedBroker.running { broker in
      let arguments = ["--on-change", "--payload", payload, "--no-status"]
      try await broker.p1mqtt(arguments).whileRunning { sink in
        try await sink.write(record(0, "a=1") + record(1, "a=1"))
        let each = payload == "value" ? 2 : 1
        try await broker.wait { $0.lines.count == each }
        // No message is unacknowledged, which would be sent again.
        try await sink.waitForCounters("delivered=\(each) waiting=0 ")
        broker.endConnections()
        try await broker.wait { $0.connects.count == 2 }
        try await sink.write(record(2, "a=1"))
        try await broker.wait { $0.lines.count == 2 * each }
        sink.closeInput()
        #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
        #expect(broker.lines.count == 2 * each)
      }
    }
  }

  @Test(arguments: ["value", "json", "record"])
  func oneRecordAPeriod(_ payload: String) async throws {
    let input = (0..<30).map { record($0, "power_import_kw=\($0 % 10)", "n=\($0)") }.joined()
    let lines = try await published(["--every", "10", "--payload", payload], input)
    switch payload {
    case "value":
      #expect(lines.filter { $0.hasPrefix("dsmr/power_import_kw ") }.count == 3)
      #expect(
        lines.filter { $0.hasPrefix("dsmr/n ") } == ["dsmr/n 9", "dsmr/n 19", "dsmr/n 29"])
    default:
      #expect(lines.count == 3)
      for (line, last) in zip(lines, [9, 19, 29]) {
        #expect(line.contains(payload == "json" ? "\"n\":\(last)" : "n=\(last)\n"), "\(line)")
        #expect(line.contains("4.5"), "\(line)")
      }
    }
  }
}
