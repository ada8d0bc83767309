import TestSupport
import Testing

/// Addresses and ports of a broker, and invalid options of p1mqtt.
@Suite struct MQTTAddressTests {
  @Test(arguments: ["mqtt://127.0.0.1:PORT", "mqtt://127.0.0.1:PORT/", "MQTT://127.0.0.1:PORT"])
  func anAddressMayHaveThePort(_ address: String) async throws {
    try await ScriptedBroker.running { broker in
      let address = address.replacing("PORT", with: "\(broker.port)")
      // The port of the address takes priority over the variable.
      let program = Program("p1mqtt", ["--broker", address], environment: ["MQTT_PORT": "1"])
      let result = try await program.run(input: "n=1\n")
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success)
      #expect(broker.lines == ["dsmr/n 1"])
    }
  }

  @Test(arguments: ["::1", "[::1]", "mqtt://[::1]"]) func ipv6Address(_ host: String)
    async throws
  {
    try await ScriptedBroker.running(isIPv6: true) { broker in
      let arguments = ["--broker", host, "--port", "\(broker.port)"]
      let result = try await Program("p1mqtt", arguments).run(input: "n=1\n")
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success)
      #expect(broker.lines == ["dsmr/n 1"])
    }
  }

  @Test func ipv6AddressWithAPort() async throws {
    try await ScriptedBroker.running(isIPv6: true) { broker in
      let program = Program("p1mqtt", ["--broker", "mqtt://[::1]:\(broker.port)"])
      let result = try await program.run(input: "n=1\n")
      try await broker.wait { $0.openCount == 0 }
      #expect(result.status == .success)
      #expect(broker.lines == ["dsmr/n 1"])
    }
  }

  @Test(arguments: ["unix:", "unix://"]) func aSocketHasAPath(_ scheme: String) async throws {
    try await TemporaryDirectory.with { directory in
      let path = directory.path("s")
      try await ScriptedBroker.running(socket: path) { broker in
        let program = Program("p1mqtt", ["--broker", scheme + path])
        let result = try await program.run(input: "n=1\n")
        try await broker.wait { $0.openCount == 0 }
        #expect(result.status == .success)
        #expect(broker.lines == ["dsmr/n 1"])
      }
      let gone = try await Program("p1mqtt", ["--broker", scheme + path, "--linger", "0"])
        .run(input: "n=1\n")
      #expect(gone.status == .exited(69))
      #expect(gone.errorText.hasPrefix("p1mqtt: \(path): "), "\(gone.errorText)")
    }
  }

  /// Nothing listens on these ports; the message names the port.
  @Test(arguments: [
    (["--broker", "127.0.0.9"], "127.0.0.9:1883"),
    (["--broker", "127.0.0.9", "--tls"], "127.0.0.9:8883"),
    (["--broker", "mqtts://127.0.0.9"], "127.0.0.9:8883"),
    (["--broker", "mqtts://127.0.0.9", "--port", "9"], "127.0.0.9:9"),
    (["--broker", "mqtt://127.0.0.9:99", "--port", "9"], "127.0.0.9:9"),
    (["--broker", "::1", "--port", "9"], "[::1]:9"),
  ])
  func defaultPorts(_ arguments: [String], _ name: String) async throws {
    try await expectNoConnection(
      Program("p1mqtt", arguments),
      """
      p1mqtt: \(name): Connection refused; trying again
      p1mqtt: \(name): 1 value could not be delivered

      """)
  }

  @Test(arguments: [
    (["--broker", "a.lan, "], "--broker: \"\" is not a host name or an IP address"),
    (["--broker", "a.lan,b.lan:x"], "--broker: \"b.lan:x\" has no port"),
    (["--broker", "http://broker"], "--broker: \"http://broker\" "),
    (["--broker", "mqtt://broker:"], "--broker: \"mqtt://broker:\" has no port"),
    (["--broker", "mqtt://broker:0"], "--broker: \"mqtt://broker:0\" has no port"),
    (["--broker", "mqtt://broker/topic"], "--broker: \"mqtt://broker/topic\" is not a host name"),
    (
      ["--broker", "unix:mqtt.sock"],
      "--broker: \"unix:mqtt.sock\" is not the absolute path of a socket"
    ),
    (
      ["--broker", "mqtt://me:hunter2@broker"],
      "--broker: an address must not contain a user or a password; use --user"
    ),
    (
      ["--broker", "mqtt://broker", "--tls"],
      "--tls: an mqtt: or unix: address is not encrypted; use mqtts:"
    ),
    (
      ["--broker", "unix:/x", "--alpn", "mqtt"],
      "--alpn: an mqtt: or unix: address is not encrypted; use mqtts:"
    ),
    (["--protocol", "4"], "--protocol: \"4\" is none of 3.1.1, 5"),
    (
      ["--session", "persistent"],
      "--session: the broker finds a session by its client id; set --id"
    ),
    (["--session", "long"], "--session: \"long\" is none of clean, persistent"),
    (["--keepalive", "1"], "--keepalive: \"1\" is not a whole number from 5 to 65535"),
    (["--expiry", "0"], "--expiry: \"0\" is not a whole number from 1 to "),
    (["--payload", "xml"], "--payload: \"xml\" is none of value, json, record"),
    (
      ["--topic", "{prefix}/{what}"],
      "--topic: \"{prefix}/{what}\" has an unknown field in braces; use"
    ),
    (["--topic", "a"], "--topic: \"a\" has no {metric}"),
    (["--payload", "json", "--topic", "{metric}"], "--topic: \"{metric}\" has {metric}, but"),
    (["--on-change", "x"], "--on-change: "), (["--spool", "x"], "--spool: a spool keeps records"),
    (
      ["--payload", "record", "--homeassistant"],
      "--homeassistant: Home Assistant cannot read records"
    ),
    (
      ["--cert-file", "/dev/null"], "--cert-file: /dev/null: it contains no certificate in PEM form"
    ),
    (["--key-file", "/dev/null"], "--key-file: /dev/null: it contains no private key in PEM form"),
    (["--ca-file", "/none"], "--ca-file: /none: No such file or directory"),
  ])
  func invalidOptions(_ arguments: [String], _ reason: String) async throws {
    let result = try await Program("p1mqtt", arguments).run(input: "n=1\n")
    #expect(result.status == .exited(64), "\(result.errorText)")
    #expect(result.errorText.hasPrefix("p1mqtt: \(reason)"), "\(result.errorText)")
    #expect(result.errorText.split(separator: "\n").count == 1)
    #expect(!result.errorText.contains("hunter2"))
  }

  @Test(arguments: [
    (["MQTT_BROKER": "a b"], "MQTT_BROKER: \"a b\" is not a host name"),
    (["MQTT_PROTOCOL": "3"], "MQTT_PROTOCOL: \"3\" is none of 3.1.1, 5"),
    (
      ["MQTT_SESSION": "persistent"],
      "MQTT_SESSION: the broker finds a session by its client id; set --id"
    ),
    (["MQTT_TLS": "maybe"], "MQTT_TLS: \"maybe\" is neither True nor False"),
    (["MQTT_TLS": "False", "MQTT_ALPN": "x"], "MQTT_TLS: TLS is off, but "),
    (["MQTT_STATUS": "perhaps"], "MQTT_STATUS: \"perhaps\" is neither True nor False"),
  ])
  func invalidVariables(_ environment: [String: String], _ reason: String) async throws {
    let result = try await Program("p1mqtt", environment: environment).run(input: "n=1\n")
    #expect(result.status == .exited(78), "\(result.errorText)")
    #expect(result.errorText.hasPrefix("p1mqtt: \(reason)"), "\(result.errorText)")
    #expect(result.errorText.split(separator: "\n").count == 1)
  }

  /// p1mqtt must not ask for the password of a key: standard input is for records.
  @Test func keyWithAPassword() async throws {
    let certificates = try await Certificates.shared
    let key = certificates.path("locked.key")
    let result = try await Program(
      "p1mqtt", ["--tls", "--cert-file", certificates.path("client.pem"), "--key-file", key]
    ).run(input: "n=1\n")
    #expect(result.status == .exited(64))
    #expect(
      result.errorText
        == "p1mqtt: --key-file: \(key): the key is encrypted; decrypt it with openssl pkey\n")
  }
}
