import Foundation
import TestSupport
import Testing

/// Invalid values of settings of p1mqtt: it exits at once, with one line that says why.
@Suite struct MQTTSettingsTests {
  /// Options, their variables, and invalid values of both.
  private static let wrongValues: [(option: String, variable: String, values: [String])] = [
    (
      "--broker", "MQTT_BROKER",
      [
        "%", "[", "[::1", "::1%", "a b", "a..b", "-a", "http://b", "mqtt://", "mqtt://:1883",
        "mqtt://b:0", "mqtt://b:65536", "mqtt://b:x", "mqtt://b/c", "me:hunter2@b", "a,,b",
        "unix:", "unix:sock", "256.1.1.1", "a\u{1}b", String(repeating: "a", count: 300),
      ]
    ),
    ("--broker-order", "MQTT_BROKER_ORDER", ["random"]),
    ("--port", "MQTT_PORT", ["0", "65536", "-1", "x", "1.5", "99999999999999999999"]),
    ("--id", "MQTT_CLIENT_UNIQ", ["a\u{1}", String(repeating: "a", count: 1001)]),
    ("--user", "MQTT_USER", ["a\u{1}", String(repeating: "a", count: 1001)]),
    ("--protocol", "MQTT_PROTOCOL", ["4", "3", "5.1", "mqtt"]),
    ("--session", "MQTT_SESSION", ["long", "persistent"]),
    ("--keepalive", "MQTT_KEEPALIVE", ["0", "4", "65536", "x", "30.5"]),
    ("--timeout", "MQTT_TIMEOUT", ["0", "3601", "x", "1.5"]),
    ("", "MQTT_TLS", ["maybe", "2"]),
    ("--ca-file", "MQTT_CA_FILE", ["/none", "/", "/dev/null", "/dev/zero"]),
    ("--cert-file", "MQTT_CERT_FILE", ["/none", "/", "/dev/null"]),
    ("--key-file", "MQTT_KEY_FILE", ["/none", "/", "/dev/null"]),
    ("--alpn", "MQTT_ALPN", ["a\u{1}", String(repeating: "a", count: 256)]),
    ("", "MQTT_PASS", ["hunter2"]),
    ("", "MQTT_PASS_FILE", ["/none"]), ("", "MQTT_AUTH", ["maybe", "True"]),
    ("", "MQTT_ENABLED", ["maybe"]), ("--payload", "MQTT_PAYLOAD", ["xml", "values"]),
    (
      "--topic", "MQTT_TOPIC",
      ["a", "{metric", "metric}", "{metrics}", "#/{metric}", "$a/{metric}", "a\u{1}/{metric}"]
    ),
    ("--prefix", "MQTT_TOPIC_PREFIX", ["/", "+", "a/#", "$SYS", "a\u{1}"]),
    ("--qos", "MQTT_QOS", ["3", "-1", "1.0", "x"]), ("", "MQTT_RETAIN", ["maybe"]),
    ("--expiry", "MQTT_EXPIRY", ["0", "31536001", "x", "1.5"]),
    (
      "--status", "MQTT_STATUS",
      ["perhaps", "{prefix}/{meter}", "a/{", "#/a", "$a/b", "a/\u{1}"]
    ),
    ("", "MQTT_RECEIVE_FILTER", ["a+", "a/# #/a"]),
    ("--meter-timeout", "MQTT_METER_TIMEOUT", ["0", "86401", "x", "True"]),
    ("--on-change", "MQTT_ON_CHANGE", ["1.5", "86401", "often", "99999999999999999999"]),
    ("--homeassistant", "MQTT_HOMEASSISTANT", ["/", "+", "$a"]),
    ("--homeassistant-discovery", "MQTT_HOMEASSISTANT_DISCOVERY", ["sensor", "True"]),
    ("--spool", "MQTT_SPOOL", ["waiting"]), ("--spool-size", "MQTT_SPOOL_SIZE", ["0", "x", "1.5"]),
    ("--sync", "MQTT_SYNC", ["-1", "3601", "x", "nan"]),
    ("--buffer", "MQTT_BUFFER", ["0", "4097", "x"]),
    ("", "MQTT_HOLD", ["maybe"]), ("--linger", "MQTT_LINGER", ["-1", "86401", "x"]),
    ("--every", "MQTT_EVERY", ["-1", "86401", "x", "1.5"]), ("", "MQTT_EXTREMES", ["maybe", "1"]),
  ]

  @Test(arguments: wrongValues.map(\.variable))
  func wrongValueIsRejected(_ variable: String) async throws {
    let row = try #require(Self.wrongValues.first { $0.variable == variable })
    // What is received matters only then.
    let arguments = variable == "MQTT_RECEIVE_FILTER" ? ["--receive"] : []
    for value in row.values {
      try await expect(78, Program("p1mqtt", arguments, environment: [variable: value]), value)
      guard !row.option.isEmpty else { continue }
      try await expect(64, Program("p1mqtt", ["\(row.option)=\(value)"]), value)
    }
    // An empty variable counts as not set; an empty option is an error unless the option needs no
    // value.
    let flags = ["", "--status", "--on-change", "--homeassistant"]
    guard !flags.contains(row.option) else { return }
    try await expect(64, Program("p1mqtt", ["\(row.option)="]), "")
  }

  @Test func optionsThatExcludeEachOther() async throws {
    try await expect(
      64, Program("p1mqtt", ["--no-status", "--status"]),
      ": --status and --no-status exclude each other")
  }

  /// Every setting has a row above.
  @Test func everySettingHasARow() throws {
    let named = Set(Self.wrongValues.map(\.variable))
    let page = try ManualPage("p1mqtt.1")
    #expect(named == Set(page.settings.filter { $0.hasPrefix("MQTT_") }))
  }

  /// Otherwise OpenSSL would fail at each attempt to connect, for ever.
  @Test func filesThatOpenSSLCannotUse() async throws {
    let certificates = try await Certificates.shared
    try await TemporaryDirectory.with { directory in
      func damaged(_ word: String) throws -> String {
        try directory.write(
          "-----BEGIN \(word)-----\nAAAA\n-----END \(word)-----\n", to: "damaged")
      }
      let (own, key) = (certificates.path("client.pem"), certificates.path("client.key"))
      let bad = try damaged("CERTIFICATE")
      try await expect(64, Program("p1mqtt", ["--ca-file", bad]), "\(bad): its certificates")
      try await expect(
        64, Program("p1mqtt", ["--cert-file", bad, "--key-file", key]), "\(bad): its certificate")
      let badKey = try damaged("PRIVATE KEY")
      try await expect(
        64, Program("p1mqtt", ["--cert-file", own, "--key-file", badKey]), "\(badKey): its key")
      let other = certificates.path("server.key")
      try await expect(
        64, Program("p1mqtt", ["--cert-file", own, "--key-file", other]),
        "\(other): the key does not belong to the certificate")
    }
  }

  /// Expects that p1mqtt exits with the status and one line before it connects.
  private func expect(_ status: Int32, _ program: Program, _ text: String) async throws {
    let result = try await program.run(input: "n=1\n", within: .seconds(20))
    #expect(result.status == .exited(status), "\(program): \(result.errorText)")
    #expect(result.messages.count == 1, "\(program): \(result.errorText)")
    #expect(!result.errorText.contains("hunter2") && !result.errorText.contains("\u{1}"))
    #expect(!result.errorText.contains("Fatal"))
    if text.contains(": ") { #expect(result.errorText.contains(text), "\(result.errorText)") }
  }
}
