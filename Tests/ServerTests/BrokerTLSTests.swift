import TestSupport
import Testing

/// p1mqtt with TLS: no record is sent to a broker without a trusted certificate.
@Suite struct BrokerTLSTests {
  private func p1mqtt(
    _ port: Int, _ arguments: [String], _ environment: [String: String] = [:]
  ) -> Program {
    Program(
      "p1mqtt",
      ["--broker", "localhost", "--port", "\(port)", "--no-status"] + arguments,
      environment: [
        "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
      ].merging(environment) { $1 })
  }

  private func path(_ name: String) async throws -> String {
    try await Certificates.shared.path(name)
  }

  /// Expects that the value arrives and nothing is logged.
  private func expectDelivery(
    _ program: Program, to client: MQTTClient, prefix: String = "dsmr"
  ) async throws {
    try await client.subscribed(to: "\(prefix)/#") { subscriber in
      let result = try await program.run(input: "n=1\n", within: .seconds(60))
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
      try await subscriber.wait(within: .seconds(30)) { $0.map(\.text) == ["1"] }
    }
  }

  /// Expects that the value is not delivered, for one of the reasons.
  private func expectRejection(_ program: Program, _ port: Int, _ reasons: String...) async throws {
    var program = program
    program.arguments += ["--linger", "1"]
    let result = try await program.runToItsFailure()
    #expect(result.status == .exited(69))
    let name = "p1mqtt: localhost:\(port): "
    let lines = result.errorText.split(separator: "\n").map(String.init)
    #expect(lines.last == "\(name)1 value could not be delivered")
    let expected = reasons.map { "\(name)\($0); trying again" }
    #expect(expected.contains(lines.first ?? ""), "\(result.errorText)")
    #expect(lines.dropLast().allSatisfy { expected.contains($0) }, "\(result.errorText)")
  }

  // MARK: - Broker certificates

  @Test func authorityThatIsTrusted() async throws {
    try await Mosquitto.running(listeners: [.tls()]) { broker in
      let authority = ["--ca-file", try await path("ca.pem")]
      try await expectDelivery(p1mqtt(broker.ports[0], authority), to: broker.client)
      try await expectDelivery(
        p1mqtt(broker.ports[0], authority + ["--session", "persistent", "--id", "me"]),
        to: broker.client)
    }
  }

  @Test func authoritiesOfTheSystem() async throws {
    let environment = ["SSL_CERT_FILE": try await path("ca.pem")]
    let certificate = [
      "--cert-file", try await path("client.pem"), "--key-file", try await path("client.key"),
    ]
    try await Mosquitto.running(listeners: [.tls()]) { broker in
      let port = broker.ports[0]
      try await expectDelivery(p1mqtt(port, ["--tls"], environment), to: broker.client)
      // The address alone turns TLS on.
      var program = p1mqtt(port, [], environment)
      program.arguments += ["--broker", "mqtts://localhost"]
      try await expectDelivery(program, to: broker.client)
      // A certificate of the client does not replace the check of the broker's.
      try await expectRejection(
        p1mqtt(port, certificate), port,
        "the certificate of the broker is not trusted: self-signed certificate in certificate chain"
      )
    }
  }

  @Test func authorityThatIsNotTrusted() async throws {
    let stranger = try await path("stranger.pem")
    try await Mosquitto.running(listeners: [.tls()]) { broker in
      for arguments in [["--tls"], ["--ca-file", stranger]] {
        try await expectRejection(
          p1mqtt(broker.ports[0], arguments), broker.ports[0],
          "the certificate of the broker is not trusted: "
            + "self-signed certificate in certificate chain")
      }
    }
  }

  @Test func certificatesThatProveNothing() async throws {
    let authority = ["--ca-file", try await path("ca.pem")]
    try await Mosquitto.running(listeners: [.tls("other"), .tls("expired"), .tls("stranger")]) {
      broker in
      try await expectRejection(
        p1mqtt(broker.ports[0], authority), broker.ports[0],
        "the certificate of the broker is for another host name")
      try await expectRejection(
        p1mqtt(broker.ports[1], authority), broker.ports[1],
        "the certificate of the broker is not trusted: certificate has expired")
      try await expectRejection(
        p1mqtt(broker.ports[2], authority), broker.ports[2],
        "the certificate of the broker is not trusted: self-signed certificate")
    }
  }

  @Test func aFileWithoutAnAuthority() async throws {
    let key = try await path("client.key")
    let result = try await Program("p1mqtt", ["--ca-file", key]).run(input: "n=1\n")
    #expect(result.status == .exited(64))
    #expect(
      result.errorText == "p1mqtt: --ca-file: \(key): it contains no certificate in PEM form\n")
  }

  @Test func rabbitMQIsTrusted() async throws {
    let broker = try await RabbitMQ.shared
    let authority = ["--ca-file", try await path("ca.pem"), "--prefix", "secure"]
    // RabbitMQ closes an MQTT 5 connection; MQTT 3.1.1 is then tried over TLS as well.
    try await expectDelivery(
      p1mqtt(broker.securePort, authority), to: broker.client, prefix: "secure")
    try await expectRejection(
      p1mqtt(broker.securePort, ["--tls"]), broker.securePort,
      "the certificate of the broker is not trusted: self-signed certificate in certificate chain")
    try await expectRejection(
      p1mqtt(broker.securePort, authority + ["--protocol", "5"]), broker.securePort,
      "the broker closed the connection without an answer: it may not support MQTT 5, or it may require a client certificate, or "
        + "its port may not use TLS")
  }

  // MARK: - Client certificates

  private static let isSilent =
    "the broker closed the connection without an answer: it may require a client certificate, or its port may not use TLS"
  private static let isSilentAboutOurs =
    "the broker closed the connection without an answer: it may not trust the client certificate, or its port may not use TLS"

  @Test(arguments: ["tlsv1.2", "tlsv1.3"])
  func certificatesThatABrokerWants(_ version: String) async throws {
    let authority = ["--ca-file", try await path("ca.pem")]
    let client = [
      "--cert-file", try await path("client.pem"), "--key-file", try await path("client.key"),
    ]
    let stranger = [
      "--cert-file", try await path("stranger.pem"), "--key-file", try await path("stranger.key"),
    ]
    let listener = BrokerListener.tls(wantsClients: true, settings: ["tls_version \(version)"])
    try await Mosquitto.running(listeners: [listener]) { broker in
      let port = broker.ports[0]
      try await expectDelivery(p1mqtt(port, authority + client), to: broker.client)
      try await expectDelivery(
        p1mqtt(port, client, ["SSL_CERT_FILE": try await path("ca.pem")]), to: broker.client)
      // The broker may close the connection before p1mqtt has read its TLS alert.
      try await expectRejection(
        p1mqtt(port, authority), port,
        "the broker requires a client certificate; set --cert-file and --key-file",
        Self.isSilent)
      try await expectRejection(
        p1mqtt(port, authority + stranger), port,
        "the broker does not trust the certificate of --cert-file",
        Self.isSilentAboutOurs)
    }
  }

  @Test func rabbitMQRejectsAnUntrustedCertificate() async throws {
    let broker = try await RabbitMQ.shared
    let arguments = [
      "--ca-file", try await path("ca.pem"), "--cert-file", try await path("stranger.pem"),
      "--key-file", try await path("stranger.key"), "--prefix", "stranger",
    ]
    try await expectRejection(
      p1mqtt(broker.securePort, arguments), broker.securePort,
      "the broker does not trust the certificate of --cert-file", Self.isSilentAboutOurs)
  }

  // MARK: - TLS and plain ports

  @Test func plainConnectionToAPortForTLS() async throws {
    try await Mosquitto.running(listeners: [.tls()]) { broker in
      try await expectRejection(
        p1mqtt(broker.ports[0], []), broker.ports[0],
        "the broker closed the connection without an answer: its port may require TLS")
    }
    let rabbit = try await RabbitMQ.shared
    let result = try await p1mqtt(rabbit.securePort, ["--linger", "1"]).runToItsFailure()
    #expect(result.status == .exited(69))
    #expect(
      result.errorText.hasPrefix("p1mqtt: localhost:\(rabbit.securePort): "), "\(result.errorText)")
  }

  @Test func tlsToAPlainPort() async throws {
    let authority = ["--ca-file", try await path("ca.pem")]
    let mosquitto = try await Mosquitto.shared
    try await expectRejection(
      p1mqtt(mosquitto.port, authority), mosquitto.port, Self.isSilent)
    let rabbit = try await RabbitMQ.shared
    try await expectRejection(p1mqtt(rabbit.port, authority), rabbit.port, Self.isSilent)
  }

  // MARK: - ALPN

  /// openssl prints what the client offers in the handshake, and then what it sends.
  @Test func protocolAndNameInTheHandshake() async throws {
    let port = Loopback.freePorts(1)[0]
    let server = Program(
      "openssl",
      [
        "s_server", "-accept", "127.0.0.1:\(port)", "-tlsextdebug", "-alpn", "mqtt,x-amzn-mqtt-ca",
        "-cert", try await path("server.pem"), "-key", try await path("server.key"),
      ])
    let authority = ["--ca-file", try await path("ca.pem")]
    for alpn in [["--alpn", "x-amzn-mqtt-ca"], []] {
      try await server.whileRunning { server in
        try await server.waitForOutput("ACCEPT")
        try await p1mqtt(port, authority + alpn).whileRunning { sink in
          try await sink.write("n=1\n\n")
          try await server.waitForOutput("MQTT")
        }
        let selected = server.text.contains("ALPN protocols selected: x-amzn-mqtt-ca")
        #expect(selected == !alpn.isEmpty, "\(server.text)")
        #expect(server.text.contains("ALPN protocols") == !alpn.isEmpty)
        #expect(server.text.contains(".localhost"), "\(server.text)")
      }
    }
  }
}
