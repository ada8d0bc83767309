import TestSupport
import TestValues
import Testing

/// A gas meter that was replaced stays in the telegrams, with its last reading: the topic is that of
/// the one whose reading moves.
@Suite struct ReplacedSubmeterTests {
  /// A telegram of two gas meters, of which the one on channel 1 has read nothing since `old`.
  private func telegram(_ hour: Int, old: String) -> String {
    let digits = hour < 10 ? "0\(hour)" : "\(hour)"
    return SampleTelegram.with([
      "1-3:0.2.8(50)", "0-0:1.0.0(261123\(digits)0500W)", "0-0:96.1.1(4530303032)",
      "1-0:1.7.0(00.321*kW)", "0-1:24.1.0(003)", "0-1:96.1.0(4731)",
      "0-1:24.2.1(\(old)W)(00111.000*m3)", "0-2:24.1.0(003)", "0-2:96.1.0(4732)",
      "0-2:24.2.1(261123\(digits)0000W)(00\(222 + hour).000*m3)",
    ])
  }

  /// What a broker gets of telegrams.
  private func published(
    _ telegrams: [String], names: String = "canonical", _ arguments: [String] = []
  ) async throws -> [MQTTMessage] {
    try await ScriptedBroker.running { broker in
      let script = "p1parse --names \(names) | p1mqtt --broker 127.0.0.1 --port $1 \"${@:2}\""
      let program = Program.bash(script, ["\(broker.port)"] + arguments)
      let result = try await program.run(input: telegrams.joined())
      #expect(result.status == .success, "\(result.errorText)")
      try await broker.wait { $0.openCount == 0 }
      return broker.accepted
    }
  }

  /// By the first telegram that p1mqtt sees, as after each start.
  @Test(arguments: [
    ("canonical", "dsmr/gas_m3", "dsmr/channel1/gas_m3"),
    ("classic", "dsmr/consumed_gas", "dsmr/channel1/consumed_gas"),
    ("esphome", "dsmr/gas_delivered", "dsmr/channel1/gas_delivered"),
    ("dsmr-reader", "dsmr/extra_device_delivered", "dsmr/channel1/extra_device_delivered"),
    ("dsmr_parser", "dsmr/MBUS_METER_READING", "dsmr/channel1/MBUS_METER_READING"),
    ("obis", "dsmr/0-2:24.2.1", "dsmr/0-1:24.2.1"),
  ])
  func theLivingOneHasTheTopicAtOnce(
    _ names: String, _ living: String, _ dead: String
  ) async throws {
    for period in [[], ["--every", "60"], ["--on-change"]] {
      let telegrams = [12, 13].map { telegram($0, old: "260101090000") }
      let messages = try await published(telegrams, names: names, period)
      #expect(
        messages.filter { $0.topic == living }.map(\.text) == ["234.000", "235.000"], "\(period)")
      #expect(Set(messages.filter { $0.topic == dead }.map(\.text)) == ["111.000"], "\(period)")
    }
  }

  /// While p1mqtt runs, soon after the last reading of the old one.
  @Test func theTopicGoesOverToTheLivingOne() async throws {
    let telegrams = [10, 11, 12, 13].map { telegram($0, old: "261123100000") }
    let messages = try await published(telegrams)
    #expect(
      messages.filter { $0.topic == "dsmr/gas_m3" }.map(\.text)
        == ["111.000", "111.000", "234.000", "235.000"])
    #expect(
      messages.filter { $0.topic == "dsmr/channel1/gas_m3" }.map(\.text)
        == ["111.000", "111.000"])
  }

  /// A record tells whose it is.
  @Test(arguments: ["json", "record"])
  func eachRecordHasTheTopicOfItsMeter(_ payload: String) async throws {
    let messages = try await published(
      [telegram(12, old: "260101090000")], ["--payload", payload, "--no-status"])
    #expect(messages.map(\.topic) == ["E0002", "G1", "G2"].map { "dsmr/\($0)/\(payload)" })
  }

  @Test(arguments: ["value", "json"]) func homeAssistantIsTold(_ payload: String) async throws {
    let telegrams = [10, 11, 12, 13].map { telegram($0, old: "261123100000") }
    let messages = try await published(
      telegrams,
      ["--homeassistant", "--homeassistant-discovery", "component", "--payload", payload])
    func states(of meter: String) -> [String] {
      messages.filter { $0.topic == "homeassistant/sensor/p1_\(meter)/gas_m3/config" }.map {
        String($0.text.firstMatch(of: /"state_topic":"([^"]*)"/)?.1 ?? "")
      }
    }
    // They have no other one, or another one in between.
    let isValue = payload == "value"
    #expect(states(of: "G1").last == (isValue ? "p1/channel1/gas_m3" : "p1/G1/json"))
    #expect(states(of: "G2").last == (isValue ? "p1/gas_m3" : "p1/G2/json"))
  }
}
