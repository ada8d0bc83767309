import Foundation
import TestSupport
import Testing

/// Both brokers, with the clients of mosquitto.
@Suite struct BrokerTests {
  /// The brokers that tests share.
  enum Kind: CaseIterable {
    case mosquitto
    case rabbitMQ

    var broker: any MQTTBroker {
      get async throws {
        switch self {
        case .mosquitto: try await Mosquitto.shared
        case .rabbitMQ: try await RabbitMQ.shared
        }
      }
    }
  }

  @Test(arguments: Kind.allCases) func whatIsPublishedIsReceived(_ kind: Kind) async throws {
    let client = try await kind.broker.client
    try await client.subscribed(to: "meter/#") { subscriber in
      let first = try await client.publish("1.5\tkWh\nµ", to: "meter/a b/power")
      #expect(first.status == .success, "\(first.errorText)")
      try await client.publish("", to: "meter/b", qos: 0)
      try await subscriber.wait { $0.count == 2 }
      #expect(
        subscriber.messages == [
          MQTTMessage(topic: "meter/a b/power", qos: 1, payload: Array("1.5\tkWh\nµ".utf8)),
          MQTTMessage(topic: "meter/b", qos: 0, payload: []),
        ])
    }
  }

  @Test(arguments: Kind.allCases) func retainedMessageIsMarked(_ kind: Kind) async throws {
    let client = try await kind.broker.client
    try await client.publish("kept", to: "retained/a", retain: true)
    // RabbitMQ delivers it to a subscription without wildcards only.
    try await client.subscribed(to: "retained/a") { subscriber in
      try await subscriber.wait { $0.map(\.text) == ["kept"] }
      #expect(subscriber.messages.first?.isRetained == true)
    }
  }

  /// More messages than mosquitto queues by default.
  @Test(arguments: Kind.allCases) func allMessagesWaitForASubscriber(_ kind: Kind) async throws {
    let client = try await kind.broker.client
    try await client.subscribed(to: "waiting", identifier: "late") { _ in }
    let numbers = (0..<1500).map(String.init)
    let publisher = Program(
      "/usr/bin/mosquitto_pub", client.arguments + ["-t", "waiting", "-q", "1", "-l"])
    let result = try await publisher.run(
      input: numbers.joined(separator: "\n") + "\n", within: .seconds(20))
    #expect(result.status == .success)
    try await client.subscribed(to: "waiting", identifier: "late") { subscriber in
      try await subscriber.wait(within: .seconds(20)) { $0.count >= numbers.count }
      #expect(subscriber.messages.map(\.text) == numbers)
    }
  }

  @Test(arguments: Kind.allCases) func wrongOrNoPasswordIsRefused(_ kind: Kind) async throws {
    let port = try await kind.broker.port
    for login in [Login(user: Login.standard.user, password: "wrong"), nil] {
      let client = MQTTClient(port: port, login: login)
      let result = try await client.publish("x", to: "meter/rejected")
      #expect(result.status != .success)
      #expect(result.errorText.contains("refused") || result.errorText.contains("authori"))
      #expect(try await !client.isServed())
      await #expect(throws: ProgramFailure.self) { try await client.subscribed(to: "#") { _ in } }
    }
  }

  @Test func anonymousClientsAreLetInOnRequest() async throws {
    try await Mosquitto.running(login: nil) { broker in
      let result = try await broker.client.publish("x", to: "a")
      #expect(result.status == .success)
    }
  }

  @Test func mosquittoStopsPausesAndComesBackWithItsData() async throws {
    var server: Mosquitto?
    try await Mosquitto.running(settings: ["persistence true"]) { broker in
      server = broker
      try await broker.client.publish("before", to: "a", retain: true)
      try await broker.client.subscribed(to: "a") { subscriber in
        try await subscriber.wait { $0.count == 1 }
        try await broker.stop()
        #expect(broker.process.processes.isEmpty)
        let rejected = try await broker.client.publish("x", to: "a")
        #expect(rejected.status != .success)
        try await broker.start()
        try await subscriber.waitUntilSubscribed(times: 2)
        try await subscriber.wait { $0.map(\.text) == ["before", "before"] }
        broker.pause()
        async let publishing = broker.client.publish("after", to: "a")
        try await Task.sleep(for: .milliseconds(300))
        #expect(subscriber.messages.count == 2)
        broker.resume()
        let published = try await publishing
        #expect(published.status == .success)
        try await subscriber.wait { $0.last?.text == "after" }
        await broker.kill()
        #expect(broker.process.processes.isEmpty)
      }
    }
    let ended = try #require(server)
    try await Leftovers.expectNone(of: ended)
  }

  @Test func rabbitMQComesBackWithItsDataAndLeavesNothing() async throws {
    var server: RabbitMQ?
    try await RabbitMQ.running { broker in
      server = broker
      // A subscription that the broker keeps, and a message that waits for it.
      try await broker.client.subscribed(to: "kept", identifier: "away") { _ in }
      let result = try await broker.client.publish("waiting", to: "kept")
      #expect(result.status == .success)
      #expect(broker.process.processes.count >= 3)
      try await broker.stop()
      #expect(broker.process.processes.isEmpty)
      try await broker.start()
      try await broker.client.subscribed(to: "kept", identifier: "away") { subscriber in
        try await subscriber.wait { $0.map(\.text) == ["waiting"] }
      }
      // The same after a kill.
      let again = try await broker.client.publish("again", to: "kept")
      #expect(again.status == .success)
      await broker.kill()
      #expect(broker.process.processes.isEmpty)
      try await broker.start()
      try await broker.client.subscribed(to: "kept", identifier: "away") { subscriber in
        try await subscriber.wait { $0.last?.text == "again" }
      }
    }
    let ended = try #require(server)
    try await Leftovers.expectNone(of: ended)
  }
}
