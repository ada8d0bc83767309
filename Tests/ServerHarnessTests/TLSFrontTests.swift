import TestSupport
import Testing

/// A server of which only the front speaks TLS.
@Suite struct TLSFrontTests {
  @Test func frontOfABrokerTellsHowClientsHaveCome() async throws {
    let certificates = try await Certificates.shared
    try await ScriptedBroker.running { broker in
      try await TLSFront.running(before: broker.port, protocols: ["mqtt", "x-amzn-mqtt-ca"]) {
        front in
        let client = broker.client.with("-h", "localhost", "-p", "\(front.port)")
        let trusting = client.with("--cafile", certificates.path("ca.pem"))
        try await trusting.publish("1", to: "a")
        let named = trusting.with(
          "--tls-alpn", "x-amzn-mqtt-ca", "--cert", certificates.path("client.pem"), "--key",
          certificates.path("client.key"))
        try await named.publish("2", to: "a")
        let rejected = try await client.with("--cafile", certificates.path("stranger.pem"))
          .publish("3", to: "a")
        #expect(rejected.status != .success)
        try await front.waitForHandshakes(3)
        #expect(
          front.handshakes.prefix(2) == [
            "TLSv1.3 - localhost -", "TLSv1.3 x-amzn-mqtt-ca localhost client",
          ])
        #expect(front.handshakes.last?.hasPrefix("failed: ") == true)
        #expect(broker.taken.map(\.text) == ["1", "2"])
      }
    }
  }

  @Test func frontThatWantsClients() async throws {
    let certificates = try await Certificates.shared
    try await ScriptedBroker.running { broker in
      try await TLSFront.running(before: broker.port, wantsClients: true) { front in
        let client = broker.client.with(
          "-h", "localhost", "-p", "\(front.port)", "--cafile", certificates.path("ca.pem"))
        let result = try await client.publish("1", to: "a")
        #expect(result.status != .success)
        try await front.waitForHandshakes()
        #expect(front.handshakes.first?.hasPrefix("failed: ") == true)
        #expect(broker.packets.isEmpty)
      }
    }
  }
}
