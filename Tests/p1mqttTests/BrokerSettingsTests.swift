import CommandLine
import Testing

@testable import p1mqtt

/// A broker of several nodes.
@Suite struct BrokerSettingsTests {
  private func settings(_ values: [String: String]) throws -> BrokerSettings {
    try BrokerSettings(Settings { values[$0] })
  }

  @Test func nodesHavePortsAndEncryptionOfTheirOwn() throws {
    var broker = try settings(["MQTT_BROKER": "a.lan, b.lan:1884 ,mqtts://c.lan"])
    #expect(broker.name == "a.lan:1883, b.lan:1884, c.lan:8883")
    #expect(broker.nodes.map { $0.tls != nil } == [false, false, true])
    for name in ["a.lan:1883", "b.lan:1884", "c.lan:8883", "a.lan:1883"] {
      #expect(broker.node.name == name)
      broker.useNextNode()
    }
    // Settings that were read again go on with the same node.
    let again = try settings(["MQTT_BROKER": "x.lan,b.lan:1884"])
    #expect(again.using(broker.node).node.name == "b.lan:1884")
    broker.useNextNode()
    #expect(again.using(broker.node).node.name == "x.lan:1883")
  }

  /// A client keeps its order; many clients use all nodes.
  @Test func nodesAreShuffledByTheClientID() throws {
    var first: [String: Int] = [:]
    for number in 0..<300 {
      let values = [
        "MQTT_BROKER": "a,b,c", "MQTT_BROKER_ORDER": "shuffled",
        "MQTT_CLIENT_UNIQ": "meter\(number)",
      ]
      let broker = try settings(values)
      #expect(try settings(values).name == broker.name)
      #expect(Set(broker.nodes.map(\.host)) == ["a", "b", "c"])
      first[broker.node.host, default: 0] += 1
    }
    #expect(first.count == 3 && first.values.allSatisfy { $0 > 50 }, "\(first)")
  }
}
