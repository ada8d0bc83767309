import Foundation
import TestSupport
import Testing

/// Where the brokers listen besides their plain ports, and whom they let in there.
@Suite struct BrokerListenerTests {
  /// Publishes through one listener, and expects that it arrives at the plain one.
  private func expectDelivery(
    to broker: some MQTTBroker, _ client: MQTTClient, _ topic: String
  ) async throws {
    try await broker.client.subscribed(to: topic) { subscriber in
      let result = try await client.publish("1", to: topic)
      #expect(result.status == .success, "\(result.errorText)")
      try await subscriber.wait { $0.map(\.text) == ["1"] }
    }
  }

  private func expectRejection(_ client: MQTTClient) async throws {
    let result = try await client.publish("1", to: "refused")
    #expect(result.status != .success)
  }

  private func secure(_ broker: some MQTTBroker, _ port: Int) async throws -> MQTTClient {
    let authority = try await Certificates.shared.path("ca.pem")
    return broker.client.with("-h", "localhost", "-p", "\(port)", "--cafile", authority)
  }

  @Test(arguments: ["-V311", "-V5"]) func mosquittoListensInEachWay(_ version: String) async throws
  {
    let certificates = try await Certificates.shared
    let client = ["--cert", certificates.path("client.pem")]
    try await Mosquitto.running(
      listeners: [
        .tls(), .tls(wantsClients: true, settings: ["tls_version tlsv1.2"]),
        .unixSocket, .ipv6,
      ]
    ) { broker in
      let plain = broker.client.with("-V", String(version.dropFirst(2)))
      let tls = try await secure(broker, broker.ports[0])
      try await expectDelivery(to: broker, tls, "tls")
      let wanting = try await secure(broker, broker.ports[1])
      let shown = wanting.with(client[0], client[1], "--key", certificates.path("client.key"))
      try await expectDelivery(to: broker, shown, "client")
      try await expectRejection(wanting)
      let stranger = wanting.with(
        "--cert", certificates.path("stranger.pem"), "--key", certificates.path("stranger.key"))
      try await expectRejection(stranger)
      try await expectDelivery(to: broker, plain.with("--unix", broker.socketPath), "unix")
      #expect(broker.ports[2] == 0)
      let six = plain.with("-h", "::1", "-p", "\(broker.ports[3])")
      try await expectDelivery(to: broker, six, "ipv6")
      // All of it again after a kill.
      await broker.kill()
      try await broker.start()
      try await expectDelivery(to: broker, plain.with("--unix", broker.socketPath), "unix")
      try await expectDelivery(to: broker, tls, "tls")
    }
  }

  @Test func certificateThatProvesNothing() async throws {
    try await Mosquitto.running(listeners: [.tls("other"), .tls("expired")]) { broker in
      for port in broker.ports { try await expectRejection(secure(broker, port)) }
      let other = try await secure(broker, broker.ports[0])
      try await expectDelivery(to: broker, other.with("--insecure"), "insecure")
    }
  }

  @Test func rabbitMQListensForTLS() async throws {
    let broker = try await RabbitMQ.shared
    let certificates = try await Certificates.shared
    let client = try await secure(broker, broker.securePort)
    try await expectDelivery(to: broker, client, "tls/a")
    let shown = client.with(
      "--cert", certificates.path("client.pem"), "--key", certificates.path("client.key"))
    try await expectDelivery(to: broker, shown, "tls/b")
    try await expectRejection(client.with("--cafile", certificates.path("stranger.pem")))
    let stranger = client.with(
      "--cert", certificates.path("stranger.pem"), "--key", certificates.path("stranger.key"))
    try await expectRejection(stranger)
  }

  @Test func mosquittoKeepsItsDataWhenItIsKilled() async throws {
    try await Mosquitto.running(settings: Mosquitto.durable) { broker in
      try await broker.client.subscribed(to: "kept", identifier: "away") { _ in }
      try await broker.client.publish("waiting", to: "kept", retain: true)
      let file = broker.process.directory.path("mosquitto.db")
      let isWritten = try await Deadline(in: .seconds(10)).poll {
        FileManager.default.contents(atPath: file)?.range(of: Data("waiting".utf8)) != nil
      }
      #expect(isWritten)
      await broker.kill()
      try await broker.start()
      try await broker.client.subscribed(to: "kept", identifier: "away") { subscriber in
        try await subscriber.wait { $0.contains { !$0.isRetained && $0.text == "waiting" } }
      }
    }
  }
}
