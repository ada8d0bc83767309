import Foundation
import TestSupport
import Testing

/// The status topic: values have one sender for each prefix, records may have several.
@Suite struct MQTTStatusTests {
  @Test(arguments: [
    ("value", [], "dsmr/status"), ("value", ["--id", "attic"], "dsmr/status"),
    ("json", ["--id", "attic"], "dsmr/attic/status"),
    ("record", ["--id", "attic", "--prefix", "north/p1"], "north/p1/attic/status"),
    ("record", ["--id", "a/+#"], "dsmr/a%2F%2B%23/status"),
    ("record", ["--id", "{a}", "--prefix", "{id}"], "{id}/{a}/status"),
    ("record", ["--id", "attic", "--status"], "dsmr/attic/status"),
    ("record", ["--id", "attic", "--status", "there/{id}"], "there/attic"),
    ("value", ["--id", "attic", "--status", "{prefix}/{id}/there"], "dsmr/attic/there"),
  ])
  func theStatusHasATopic(
    _ payload: String, _ arguments: [String], _ topic: String
  ) async throws {
    try await ScriptedBroker.running { broker in
      let result = try await broker.p1mqtt(arguments + ["--payload", payload]).run(input: "n=1\n")
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      try await broker.wait { $0.openCount == 0 }
      let statuses = broker.accepted.filter { $0.topic == topic }
      #expect(statuses.map(\.text) == ["online", "offline"])
      #expect(statuses.allSatisfy { $0.qos == 1 })
      #expect(broker.connects.map(\.will?.topic) == [topic])
      #expect(broker.connects.map(\.will?.text) == ["offline"])
      #expect(broker.accepted.count == 3)
    }
  }

  /// If each start had a new id, each would leave a retained topic behind.
  @Test func defaultTopicHasTheIDOfTheMachine() async throws {
    try await ScriptedBroker.running { broker in
      for _ in 0..<2 {
        let result = try await broker.p1mqtt(["--payload", "json"]).run(input: "n=1\n")
        #expect(result.status == .success)
      }
      let name = ProcessInfo.processInfo.hostName
      let topics = Set(broker.connects.map(\.will?.topic))
      #expect(topics.count == 1)
      let level = try #require(topics.first??.split(separator: "/")[1])
      #expect(name.hasPrefix(level) || level.hasPrefix(name), "\(level)")
    }
  }

  @Test(arguments: [["--no-status"], []]) func statusCanBeTurnedOff(_ arguments: [String])
    async throws
  {
    try await ScriptedBroker.running { broker in
      let environment = arguments.isEmpty ? ["MQTT_STATUS": "False"] : [:]
      let program = broker.p1mqtt(arguments + ["--payload", "json"], environment)
      let result = try await program.run(input: "n=1\n")
      #expect(result.status == .success)
      try await broker.wait { $0.openCount == 0 }
      #expect(broker.accepted.map(\.topic) == ["dsmr/unknown/json"])
      #expect(broker.connects.first?.will == nil)
    }
  }

  @Test func variableSetsTheTopic() async throws {
    try await ScriptedBroker.running { broker in
      let program = broker.p1mqtt([], ["MQTT_STATUS": "home/there"])
      let result = try await program.run(input: "n=1\n")
      #expect(result.status == .success)
      #expect(broker.connects.map(\.will?.topic) == ["home/there"])
    }
  }

  /// Discovery messages name the status topic.
  @Test func discoveryNamesTheTopic() async throws {
    try await ScriptedBroker.running { broker in
      let arguments = ["--payload", "json", "--homeassistant", "--id", "attic"]
      let result = try await broker.p1mqtt(arguments).run(input: "power_import_kw=1\n")
      #expect(result.status == .success)
      try await broker.wait { $0.openCount == 0 }
      let sensor = broker.accepted.first { $0.topic.hasPrefix("homeassistant/") }
      #expect(sensor?.text.contains(#""availability_topic":"p1/attic/status""#) == true)
      // The status of another client is ignored.
      let filters = broker.packets(.subscribe).flatMap(\.filters)
      #expect(filters.contains("p1/attic/status"))
    }
  }
}
