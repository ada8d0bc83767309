import ArgumentParser
import CommandLine

/// The options about the broker.
struct BrokerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Its name, or mqtt://…, mqtts://… or unix:/… (default: $MQTT_BROKER or localhost).",
      valueName: "address"))
  var broker: String?

  @Option(
    help: ArgumentHelp(
      "Its port (default: $MQTT_PORT or 1883, with TLS 8883).", valueName: "number"))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "The client id (default: $MQTT_CLIENT_UNIQ or one of its own).", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("The user (default: $MQTT_USER).", valueName: "name"))
  var user: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "The version of MQTT: 3.1.1 or 5 (default: $MQTT_PROTOCOL, or 5 where the broker speaks it).",
      valueName: "version"))
  var version: String?

  @Option(
    help: ArgumentHelp(
      "What the broker remembers of a connection that broke: clean (nothing) or persistent "
        + "(default: $MQTT_SESSION or clean).", valueName: "kind"))
  var session: String?

  @Option(
    help: ArgumentHelp(
      "Ask a silent broker whether it is there (default: $MQTT_KEEPALIVE or 30).",
      valueName: "seconds"))
  var keepalive: String?

  @Option(
    help: ArgumentHelp(
      "Disconnect and retry if the broker does not answer in time (default: $MQTT_TIMEOUT or "
        + "30).", valueName: "seconds"))
  var timeout: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Encrypt the connection (default: $MQTT_TLS, or what the other settings ask for).")
  var tls: Bool?

  @Option(
    help: ArgumentHelp(
      "Trust these authorities, not those of the system (default: $MQTT_CA_FILE).",
      valueName: "file"))
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      "The certificate to show to the broker (default: $MQTT_CERT_FILE).", valueName: "file"))
  var certFile: String?

  @Option(
    help: ArgumentHelp("The key to that certificate (default: $MQTT_KEY_FILE).", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "The protocol to ask for by ALPN (default: $MQTT_ALPN).", valueName: "name"))
  var alpn: String?

  @Option(
    help: ArgumentHelp(
      "Whose key $MQTT_PSK is, which stands in for certificates (default: $MQTT_PSK_IDENTITY).",
      valueName: "name"))
  var pskIdentity: String?

  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .mqttBroker: .init("--broker", broker)
    case .mqttPort: .init("--port", port)
    case .mqttClientID: .init("--id", id)
    case .mqttUser: .init("--user", user)
    case .mqttProtocol: .init("--protocol", version)
    case .mqttSession: .init("--session", session)
    case .mqttKeepAlive: .init("--keepalive", keepalive)
    case .mqttTimeout: .init("--timeout", timeout)
    case .mqttTLS: .init("--tls", tls.map { $0 ? "True" : "False" })
    case .mqttCAFile: .init("--ca-file", caFile)
    case .mqttCertificateFile: .init("--cert-file", certFile)
    case .mqttKeyFile: .init("--key-file", keyFile)
    case .mqttALPN: .init("--alpn", alpn)
    case .mqttPSKIdentity: .init("--psk-identity", pskIdentity)
    default: nil
    }
  }
}
