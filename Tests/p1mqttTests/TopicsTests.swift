import CommandLine
import Records
import Testing

@testable import p1mqtt

/// Which topics records go to: no two origins ever have one.
@Suite struct TopicsTests {
  private let start = ContinuousClock.now

  @Test func aValueHasATopicOfItsMetric() throws {
    var topics = try topics()
    #expect(
      try values(of: "timestamp=2026-01-01T00:00:00Z meter=E1 power_import_kw=1", &topics) == [
        "dsmr/timestamp", "dsmr/meter", "dsmr/power_import_kw",
      ])
    // What a sub-meter says of itself is not what the telegram says of itself.
    #expect(
      try values(of: "timestamp=2026-01-01T00:00:00Z meter=G1 channel=1 gas_m3=1", &topics) == [
        "dsmr/channel1/timestamp", "dsmr/channel1/meter", "dsmr/gas_m3",
      ])
  }

  /// Whichever comes first.
  @Test func aSubmeterNeverTakesTheTimeOfTheTelegram() throws {
    var topics = try topics()
    #expect(
      try values(of: "timestamp=2026-01-01T00:00:00Z channel=1 gas_m3=1", &topics) == [
        "dsmr/channel1/timestamp", "dsmr/gas_m3",
      ])
    #expect(
      try values(of: "timestamp=2026-01-01T00:00:00Z gas_m3=1", &topics) == [
        "dsmr/timestamp", "dsmr/unknown/gas_m3",
      ])
  }

  @Test func twoOfAKindHaveTheirOwn() throws {
    var topics = try topics()
    #expect(try values(of: "meter=G1 channel=1 gas_m3=1", &topics).last == "dsmr/gas_m3")
    #expect(try values(of: "meter=G2 channel=2 gas_m3=1", &topics).last == "dsmr/channel2/gas_m3")
    #expect(try values(of: "meter=G1 channel=1 gas_m3=1", &topics).last == "dsmr/gas_m3")
    #expect(
      topics.takeLogMessages() == [
        "meter G2 on channel 2 has topics of its own beside those of meter G1 on channel 1"
      ])
    // The same channel of another house.
    #expect(try values(of: "meter=G3 channel=1 gas_m3=1", &topics).last == "dsmr/channel1/gas_m3")
    #expect(
      try values(of: "meter=G3 channel=1 gas_m3=1", &topics) == [
        "dsmr/G3/meter", "dsmr/channel1/gas_m3",
      ])
  }

  @Test func twoElectricityMetersHaveTheirOwn() throws {
    var topics = try topics()
    #expect(
      try values(of: "meter=E1 voltage_l1_v=1", &topics) == ["dsmr/meter", "dsmr/voltage_l1_v"])
    #expect(
      try values(of: "meter=E2 voltage_l1_v=1 voltage_l2_v=1", &topics) == [
        "dsmr/E2/meter", "dsmr/E2/voltage_l1_v", "dsmr/E2/voltage_l2_v",
      ])
    #expect(
      topics.takeLogMessages() == ["meter E2 has topics of its own beside those of meter E1"])
    #expect(topics.takeLogMessages().isEmpty)
  }

  /// A meter that was replaced gives its topics to the one that came in its place, a day later.
  @Test func aMeterThatIsGoneLeavesItsTopics() throws {
    var topics = try topics()
    _ = try values(of: "meter=E1 voltage_l1_v=1", &topics)
    _ = try values(of: "meter=E2 voltage_l1_v=1", &topics)
    _ = topics.takeLogMessages()
    for hour in 0..<100 {
      // Two at a time never put each other out.
      _ = try values(of: "meter=E1 voltage_l1_v=1", after: .seconds(3600 * hour), &topics)
      #expect(
        try values(of: "meter=E2 voltage_l1_v=1", after: .seconds(3600 * hour), &topics).last
          == "dsmr/E2/voltage_l1_v")
    }
    #expect(
      try values(of: "meter=E2 voltage_l1_v=1", after: .seconds(3600 * 123), &topics).last
        == "dsmr/E2/voltage_l1_v")
    #expect(
      try values(of: "meter=E2 voltage_l1_v=1", after: .seconds(3600 * 124), &topics).last
        == "dsmr/voltage_l1_v")
    #expect(topics.takeLogMessages() == ["meter E2 takes over the topics of meter E1"])
    #expect(
      try values(of: "meter=E1 voltage_l1_v=1", after: .seconds(3600 * 124), &topics).last
        == "dsmr/E1/voltage_l1_v")
  }

  /// What is repeated in each telegram is not what is read.
  @Test func theSubmeterWhoseReadingMovesHasTheTopic() throws {
    var topics = try topics()
    let old = "timestamp=2026-01-01T10:00:00Z meter=G1 channel=1 gas_m3=1"
    #expect(try values(of: old, &topics).last == "dsmr/gas_m3")
    for hour in ["10", "11", "12", "13"] {
      let new = "timestamp=2026-01-01T\(hour):00:00Z meter=G2 channel=2 gas_m3=1"
      let hasMoved = hour > "11"
      #expect(
        try values(of: new, &topics).last == (hasMoved ? "dsmr/gas_m3" : "dsmr/channel2/gas_m3"))
      #expect(
        try values(of: old, &topics).last == (hasMoved ? "dsmr/channel1/gas_m3" : "dsmr/gas_m3"))
    }
    #expect(
      topics.takeLogMessages() == [
        "meter G2 on channel 2 has topics of its own beside those of meter G1 on channel 1",
        "meter G2 on channel 2 takes over the topics of meter G1 on channel 1",
      ])
  }

  /// One that reads every day is not gone at noon, nor one that has missed a reading.
  @Test(arguments: [(24, 1), (1, 24), (1, 2), (12, 12)])
  func twoWhoseReadingsMoveKeepTheirTopics(_ first: Int, _ second: Int) throws {
    var topics = try topics()
    var found: [Set<String>] = [[], []]
    for hour in 0..<2000 {
      for (channel, interval) in [first, second].enumerated() {
        let seconds = Int64(1_767_225_600 + hour / interval * interval * 3600)
        let topic = try values(
          of: "timestamp=\(Timestamp(seconds: seconds)) meter=G channel=\(channel) gas_m3=1",
          &topics
        ).last
        if hour > 100, let topic { found[channel].insert(topic) }
      }
    }
    #expect(found.map(\.count) == [1, 1])
    #expect(found[0] != found[1])
    #expect(found[0].union(found[1]).contains("dsmr/gas_m3"))
  }

  /// Of three, one after the other, the last one has the topic.
  @Test func theLastOfSeveralHasTheTopic() throws {
    var topics = try topics()
    let meters = try (1...3).map {
      try Record.fields(
        "timestamp=202\($0)-01-01T00:00:00Z meter=G\($0) channel=\($0) gas_m3=1")
    }
    for count in [1, 2, 3, 3] {
      for record in topics.noteSubmeters(Array(meters[..<count]), at: start) + meters[..<count] {
        _ = topics.topic(of: "gas_m3", MeterKey(record))
      }
      let found = meters[..<count].map { topics.topic(of: "gas_m3", MeterKey($0)) }
      let others = (1..<count).map { "dsmr/channel\($0)/gas_m3" }
      #expect(found == others + ["dsmr/gas_m3"])
    }
  }

  /// Whichever comes first, the peak of the month or the telegram.
  @Test func aPeakNeverTakesWhatTheTelegramHas() throws {
    for texts in [["meter=E1 power_import_month_peak_kw=5", "meter=E1 voltage_l1_v=1"], []] {
      var publications = ValuePublications(
        try topics(), retains: false, nil, memory: MemoryLimits(buffer: 1 << 20))
      var discovery: Discovery?
      for text in texts + ["meter=E1 voltage_l1_v=1", "meter=E1 power_import_month_peak_kw=5"] {
        let record = try Record.fields("timestamp=2026-01-01T00:00:00Z \(text)")
        publications.take(record, &discovery, at: .now)
      }
      var found: Set<String> = []
      while let message = publications.next() { found.insert(message.topic) }
      #expect(
        found == [
          "dsmr/timestamp", "dsmr/meter", "dsmr/voltage_l1_v", "dsmr/power_import_month_peak_kw",
          "dsmr/power_import_month_peak_kw/timestamp",
        ])
    }
  }

  /// The sensor of the new meter would take them for its own.
  @Test func valuesOfAReplacedMeterAreNotPublished() throws {
    var publications = ValuePublications(
      try topics(), retains: false, ChangeFilter(repeatInterval: 3600, capacity: 1 << 20),
      memory: MemoryLimits(buffer: 1 << 20))
    var discovery: Discovery? = try Discovery(
      "homeassistant", PublishSettings(Settings { _ in nil }), capacity: 1 << 20)
    let old = try Record.fields("timestamp=2026-01-01T00:00:00Z meter=G1 channel=1 gas_m3=800")
    let new = try Record.fields("timestamp=2026-01-02T00:00:00Z meter=G2 channel=2 gas_m3=1")
    for submeters in [[old], [old, new]] {
      publications.noteSubmeters(submeters, at: .now)
      for record in submeters { publications.take(record, &discovery, at: .now) }
    }
    for _ in 1...2 {
      var found: [String] = []
      while let message = publications.next() {
        if message.topic == "dsmr/gas_m3" {
          found.append(String(decoding: message.payload, as: UTF8.self))
        }
      }
      #expect(found == ["1"])
      // As when Home Assistant starts.
      publications.repeatLast(at: .now)
    }
  }

  @Test func aTemplateTellsMetersApart() throws {
    var topics = try topics("home/{meter}/{channel}/{metric}")
    #expect(
      try values(of: "meter=E1 voltage_l1_v=1", &topics) == [
        "home/E1/0/meter", "home/E1/0/voltage_l1_v",
      ])
    #expect(
      try values(of: "meter=G1 channel=1 gas_m3=1", &topics) == [
        "home/G1/1/meter", "home/G1/1/gas_m3",
      ])
    #expect(try values(of: "a=1", &topics) == ["home/unknown/0/a"])
    #expect(topics.takeLogMessages().isEmpty)
  }

  @Test func whatNoTopicCanHoldIsEscaped() throws {
    var topics = try topics("{meter}/{metric}")
    #expect(try values(of: "meter=a/b+#$% a=1", &topics).last == "a%2Fb%2B%23%24%25/a")
    #expect(try values(of: "meter=\\x00\\xFFé a=1", &topics).last == "%00%FF%C3%A9/a")
    #expect(try values(of: "meter=é a=1", &topics).last == "é/a")
    #expect(try values(of: "meter=é channel=+ a=1", &topics).last == "é-channel%2B/a")
  }

  @Test func aRecordHasATopicOfItsMeter() throws {
    var topics = try topics(Payload.record.topic, .record)
    #expect(try topic(of: "meter=E1 voltage_l1_v=1", &topics) == "dsmr/E1/record")
    #expect(try topic(of: "meter=G1 channel=1 gas_m3=1", &topics) == "dsmr/G1/record")
    #expect(try topic(of: "a=1", &topics) == "dsmr/unknown/record")
    // So do sub-meters without a number.
    #expect(try topic(of: "channel=1 gas_m3=1", &topics) == "dsmr/unknown-channel1/record")
    #expect(
      try topic(of: "meter=E1 channel=2 gas_m3=1", &topics) == "dsmr/E1-channel2/record")
    // The peak of a month does not take the place of the telegram, and is found below + as well.
    #expect(
      try topic(of: "meter=E1 power_import_month_peak_kw=1", &topics)
        == "dsmr/E1-power_import_month_peak_kw/record")
  }

  @Test func recordsOfATemplateWithoutMetersHaveTheirOwn() throws {
    var topics = try topics("home/json", .json)
    #expect(try topic(of: "meter=E1 voltage_l1_v=1", &topics) == "home/json")
    #expect(try topic(of: "meter=G1 channel=1 gas_m3=1", &topics) == "home/channel1/json")
    #expect(
      try topic(of: "meter=E1 power_import_month_peak_kw=1", &topics)
        == "home/power_import_month_peak_kw/json")
    #expect(try topic(of: "meter=E2 voltage_l1_v=1", &topics) == "home/E2/json")
    #expect(try topic(of: "meter=E1 voltage_l1_v=1", &topics) == "home/json")
  }

  /// A metric that is called as our own topic is.
  @Test func noMetricHasOurOwnTopic() throws {
    var topics = try topics(own: "dsmr/status")
    #expect(try values(of: "meter=E1 status=1", &topics) == ["dsmr/meter", "dsmr/E1/status"])
    #expect(topics.takeLogMessages().isEmpty)
  }

  /// A metric that is called as the status of each meter is.
  @Test func noMetricHasTheTopicOfAMeter() throws {
    let settings = try PublishSettings(
      Settings {
        ["MQTT_TOPIC": "{prefix}/{meter}/{metric}", "MQTT_METER_TIMEOUT": "60"][$0]
      })
    var topics = Topics(settings.template, capacity: 1 << 20) { settings.isStatus($0) }
    #expect(
      try values(of: "meter=E1 status=1", &topics) == ["dsmr/E1/meter", "dsmr/E1/E1/status"])
    #expect(settings.isStatus("dsmr/status") && settings.isStatus("dsmr/E2/status"))
    #expect(!settings.isStatus("dsmr/E1/a/status") && !settings.isStatus("other/E1/status"))
  }

  /// However many there are, each has a topic; what is forgotten are those that were silent for
  /// longest.
  @Test func whatIsRememberedIsBounded() throws {
    var topics = try topics()
    var known: Set<String> = []
    func take(_ meter: Int) throws -> String? {
      let record = try Record.fields("meter=E\(meter) a=1")
      topics.noteRecord(of: MeterKey(record), at: start)
      return topics.topic(of: "a", MeterKey(record))
    }
    for number in 0..<10_000 {
      let topic = try #require(try take(number))
      #expect(known.insert(topic).inserted, "\(topic)")
      // It is never silent.
      #expect(try take(0) == "dsmr/a")
    }
    #expect(topics.forgottenMeterCount > 5000)
    #expect(try take(9999) == "dsmr/E9999/a")
  }

  /// Who is forgotten has the same topic again, and nothing is to be said.
  @Test(arguments: [Payload.json, .record]) func recordsHaveTheSameTopics(_ payload: Payload) throws
  {
    var topics = try topics(payload.topic, payload)
    for round in 0..<2 {
      for number in 0..<12_000 {
        let found = try topic(of: "meter=E\(number) a=\(round)", &topics)
        try #require(found?.hasPrefix("dsmr/E\(number)/") == true)
      }
    }
    #expect(topics.forgottenMeterCount == 0 && topics.takeLogMessages().isEmpty)
  }

  @Test(arguments: [
    ("{prefix}/x", "no {metric}"), ("{metric", "unknown field in braces"), ("a}", "braces"),
    ("{prefix}/{unit}/{metric}", "braces"), ("#/{metric}", "invalid topic"),
    ("$x/{metric}", "invalid topic"), ("a\n/{metric}", "invalid topic"),
  ])
  func aTemplateThatMakesNoTopicsIsRefused(_ template: String, _ reason: String) {
    do {
      _ = try topics(template)
      Issue.record("taken: \(template)")
    } catch let failure as Failure {
      #expect(failure.reason.contains(reason))
    } catch {
      Issue.record(error)
    }
  }

  @Test func aRecordHasNoMetric() {
    #expect(throws: Failure.self) { try topics("{metric}", .json) }
    #expect(throws: Failure.self) { try topics("{prefix}/{metric}", .record) }
  }

  private func topics(
    _ template: String = Payload.value.topic, _ payload: Payload = .value, own: String? = nil,
    capacity: Int = 1 << 20
  ) throws -> Topics {
    let template = try TopicTemplate(template, prefix: "dsmr", payload) {
      Failure("--topic", $0, .usage)
    }
    return Topics(template, capacity: capacity) { $0 == own }
  }

  private func values(
    of text: String, after time: Duration = .zero, _ topics: inout Topics
  ) throws -> [String] {
    let record = try Record.fields(text)
    let origin = MeterKey(record)
    if record.isOfSubmeter { _ = topics.noteSubmeters([record], at: start + time) }
    topics.noteRecord(of: origin, at: start + time)
    var found: [String] = []
    record.forEachField { key, _ in
      let key = String(decoding: [UInt8](key), as: UTF8.self)
      guard key != "channel", let topic = topics.topic(of: key, origin) else { return }
      found.append(topic)
    }
    return found
  }

  private func topic(of text: String, _ topics: inout Topics) throws -> String? {
    let record = try Record.fields(text)
    topics.noteRecord(of: MeterKey(record), at: start)
    return topics.topic(of: MeterKey(record))
  }
}
