/// The broker of p1mqtt, how it is connected to, and who logs in.
public struct BrokerGroup: SettingGroup {
  public static let title = "Broker"

  /// The ports that IANA gives MQTT, without and with TLS.
  public static let defaultPort = 1883
  public static let defaultTLSPort = 8883

  public let enabled = Setting(
    "MQTT_ENABLED", .flag, default: true,
    help: "Publish or receive records.",
    manual: """
      If it is
      .Cm False ,
      .Nm
      reads its input to the end, publishes nothing and exits with status 0; with
      .Fl -receive
      it exits with status 78.
      """)
  public let broker = Setting(
    "MQTT_BROKER", option: "broker", .anything("address"), default: "localhost",
    help: "Connect to the broker at this address.",
    manual: """
      The address is a host name or an IP address,
      .Ql mqtt://host:port ,
      .Ql mqtts://host:port
      for an encrypted connection, or
      .Ql unix:/run/mosquitto.sock
      for a Unix socket.
      """)
  public let port = Setting(
    "MQTT_PORT", option: "port", .number(1...65_535, "number"),
    ifUnset: "\(defaultPort), or \(defaultTLSPort) with TLS",
    help: "Connect to this port of the broker.",
    manual: """
      A port in the address comes before
      .Ev MQTT_PORT ,
      but not before the option.
      """)
  public let clientID = Setting<String?>(
    "MQTT_CLIENT_UNIQ", option: "id", .text("id"), ifUnset: "a random one",
    help: "Use this client id.",
    manual: """
      Client ids must be unique: the broker disconnects the older of two clients with the same id.
      For
      .Fl -receive ,
      .Ev MQTT_CLIENT_UNIQ
      gets the suffix
      .Ql -receive ,
      so that a sender and a receiver can have the same settings; the option is used as it is.
      """)
  public let authentication = Setting(
    "MQTT_AUTH", .flag, ifUnset: "True if there is a user",
    help: "Log in as the user.",
    manual: """
      If it is
      .Cm False ,
      .Nm
      logs in as nobody, even if a user is set.
      If it is
      .Cm True ,
      a user must be set.
      """)
  public let user = Setting(
    "MQTT_USER", option: "user", .text("name"),
    help: "Log in as this user.")
  public let password = Setting(
    "MQTT_PASS", .anything("password"), isSecret: true,
    help: "Log in with this password.",
    manual: """
      No option has it, as
      .Xr ps 1
      shows options to everybody.
      """)
  public let passwordFile = Setting(
    "MQTT_PASS_FILE", .file,
    help: "Read the password from the first line of this file.",
    manual: """
      It comes before
      .Ev MQTT_PASS .
      A file that others can read is rejected.
      """)
  public let version = Setting<String?>(
    "MQTT_PROTOCOL", option: "protocol", .protocolVersion,
    ifUnset: "5, then 3.1.1 if the broker does not know 5",
    help: "Speak this version of MQTT.",
    manual: """
      The version is
      .Cm 3.1.1
      or
      .Cm 5 .
      """)
  public let session = Setting(
    "MQTT_SESSION", option: "session", .choice(["clean", "persistent"], "kind"), default: "clean",
    help: "Choose what the broker remembers when the connection breaks.",
    manual: """
      With
      .Cm clean
      it remembers nothing; with
      .Cm persistent ,
      which needs a client id, the messages in flight: see
      .Sx Sessions .
      """)
  public let keepAlive = Setting(
    "MQTT_KEEPALIVE", option: "keepalive", .number(5...65_535, "seconds"), default: 30,
    help: "Ping the broker after this many idle seconds.",
    manual: """
      From 5 to 65535.
      The broker ends a connection that was idle one and a half times as long.
      """)
  public let timeout = Setting(
    "MQTT_TIMEOUT", option: "timeout", .wholeSeconds(1...3600), default: .seconds(30),
    help: "Disconnect and retry if the broker does not answer in time.",
    manual: "From 1 to 3600 seconds.")
  public let tls = Setting(
    "MQTT_TLS", option: "tls", .flag,
    ifUnset: "on with an mqtts: address or one of the options below", isInvertible: true,
    help: "Encrypt the connection.",
    manual: """
      See
      .Sx Encryption .
      """)
  public let caFile = Setting<String?>(
    "MQTT_CA_FILE", option: "ca-file", .file, ifUnset: "those of the system",
    help: "Trust the certificate authorities in this file only.",
    manual: """
      The file is in PEM.
      For a broker with a self-signed certificate it is that certificate.
      """)
  public let certificateFile = Setting(
    "MQTT_CERT_FILE", option: "cert-file", .file,
    help: "Present the certificate in this file to the broker.",
    manual: """
      The file is in PEM.
      It needs
      .Fl -key-file .
      """)
  public let keyFile = Setting(
    "MQTT_KEY_FILE", option: "key-file", .file,
    help: "Use the private key in this file for the certificate.",
    manual: """
      The file is in PEM, and the key has no passphrase.
      It needs
      .Fl -cert-file .
      """)
  public let alpn = Setting(
    // RFC 7301, 3.1.
    "MQTT_ALPN", option: "alpn", .text("name", limit: 255),
    help: "Ask for this protocol by ALPN.",
    manual: """
      Use it for a server with more than one protocol behind a port.
      """)

  public init() {}
}

extension ValueForm<String> {
  /// A version of MQTT.
  fileprivate static var protocolVersion: ValueForm {
    let words = ["3.1.1", "5"]
    return ValueForm("version", completion: .words(words)) { text throws(InvalidValue) in
      switch text {
      case "3.1.1", "311": return "3.1.1"
      case "5", "5.0": return "5"
      default: throw InvalidValue("\"\(text)\" is none of \(words.joined(separator: ", "))")
      }
    }
  }
}
