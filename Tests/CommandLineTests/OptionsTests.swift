import ArgumentParser
import CommandLine
import Records
import Testing
import enum CommandLine.ExitStatus
import Sinks

@Suite struct OptionsTests {
  struct Sink: Tool {
    @OptionGroup var input: GroupOptions<InputGroup<MQTTSink>>
    @OptionGroup var buffering: GroupOptions<BufferingGroup<MQTTSink>>
    @OptionGroup var bothSinks: GroupOptions<BothSinksGroup>
    var commonOptions: [any AnySetting] { [] }
    var optionGroups: [any AnyGroupOptions] { [input, buffering, bothSinks] }
    func plan(_ settings: Settings) -> Plan { Plan() }
  }

  struct Plan: ToolPlan {
    let subject = "sink"
    func run(_ messages: Messages) {}
  }

  private func settings(
    _ arguments: [String], _ variables: [String: String] = [:]
  ) throws -> SinkSettings {
    let sink = try #require(try Sink.parseAsRoot(arguments) as? Sink)
    let options = sink.optionGroups.reduce(into: [:]) { $0.merge($1.typed) { first, _ in first } }
    return try SinkSettings(
      Settings(options: options, environment: { variables[$0] }), of: MQTTSink.self)
  }

  @Test func sinkOptionsHaveARange() throws {
    for (given, meant) in [([], 30), (["--linger", "0"], 0), (["--linger", "86400"], 86_400)] {
      #expect(try settings(given).linger == .seconds(meant))
    }
    #expect(try settings(["--require-timestamp"]).requiresTimestamp)
    #expect(try !settings([]).holds && settings([], ["MQTT_HOLD": "yes"]).holds)
    for wrong in [["--linger", "86401"], ["--linger=-1"], ["--linger", "x"], ["more"]] {
      #expect(throws: (any Error).self) { try settings(wrong) }
    }
  }

  /// What is set for a sink comes before what is set for both, and an option before either.
  @Test(
    arguments: [
      ([], [:], nil), (["--every", "5"], [:], 5), (["--every", "0"], ["P1_EVERY": "9"], nil),
      ([], ["P1_EVERY": "9"], 9), ([], ["P1_EVERY": "9", "MQTT_EVERY": "4"], 4),
      ([], ["P1_EVERY": "9", "MQTT_EVERY": "0"], nil), ([], ["INFLUXDB_EVERY": "4"], nil),
      (["--every", "5"], ["P1_EVERY": "9", "MQTT_EVERY": "4"], 5),
    ] as [([String], [String: String], Int?)])
  func periodIsThatOfTheSink(
    _ arguments: [String], _ variables: [String: String], _ period: Int?
  ) throws {
    let summary = try summary(arguments, variables)
    #expect((summary == nil) == (period == nil))
    guard var summary, let period else { return }
    // The period is over where the next one begins, and no sooner.
    var ended = 0
    for second in 0...period {
      let text =
        "timestamp=\(Timestamp(seconds: 1_800_000_000 / Int64(period) * Int64(period) + Int64(second)))"
      let record = try #require(Record(Array("\(text)\na=\(second)\n".utf8)))
      #expect(ended == 0)
      summary.add(record) { _ in ended += 1 }
    }
    #expect(ended == 1)
  }

  @Test(
    arguments: [
      (["--extremes", "--every", "1"], [:]), ([], ["P1_EVERY": "1", "P1_EXTREMES": "1"]),
      ([], ["P1_EVERY": "1", "MQTT_EXTREMES": "1"]),
      ([], ["MQTT_EVERY": "1", "P1_EXTREMES": "yes"]),
    ] as [([String], [String: String])])
  func extremesAreThoseOfTheSink(_ arguments: [String], _ variables: [String: String]) throws {
    #expect(try hasExtremes(arguments, variables))
    #expect(try !hasExtremes(["--every", "1"], variables.merging(["MQTT_EXTREMES": "0"]) { $1 }))
  }

  /// What is set for both is no mistake of a sink that has no period.
  @Test func extremesNeedAPeriod() throws {
    #expect(try summary([], ["P1_EXTREMES": "True"]) == nil)
    for (arguments, variables, subject) in [
      (["--extremes"], [:], "--extremes"), ([], ["MQTT_EXTREMES": "True"], "MQTT_EXTREMES"),
    ] as [([String], [String: String], String)] {
      let failure = #expect(throws: Failure.self) { try summary(arguments, variables) }
      #expect(failure?.subject == subject && failure?.reason.hasPrefix("it needs a period") == true)
    }
  }

  private func summary(_ arguments: [String], _ variables: [String: String]) throws -> Summary? {
    try settings(arguments, variables).summary
  }

  private func hasExtremes(_ arguments: [String], _ variables: [String: String]) throws -> Bool {
    var summary = try #require(try summary(arguments, variables))
    let record = try #require(
      Record(Array("timestamp=2026-01-15T12:00:00Z\npower_import_kw=1\n".utf8)))
    summary.add(record) { _ in }
    var text = ""
    summary.finish { text += String(decoding: $0.text, as: UTF8.self) }
    return text.contains("power_import_min_kw")
  }

  @Test func clockOfTheMachineGoesOn() {
    let first = Timestamp.now
    #expect(first > Timestamp(seconds: 1_700_000_000) && first <= .now)
    #expect((0..<1_000_000_000).contains(first.nanoseconds))
  }

  @Test func exitStatusesAreThoseOfSysexits() {
    let statuses: [(ExitStatus, Int32)] = [
      (.success, 0), (.usage, 64), (.badData, 65), (.noInput, 66), (.unavailable, 69),
      (.cannotCreate, 73), (.ioError, 74), (.temporaryFailure, 75), (.noPermission, 77),
      (.configuration, 78),
    ]
    for (code, status) in statuses { #expect(code.rawValue == status) }
  }
}
