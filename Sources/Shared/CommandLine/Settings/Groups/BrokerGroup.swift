/// The broker of p1mqtt, how it is connected to, and who logs in.
public struct BrokerGroup: SettingGroup {
  public static let title = "Broker"

  /// The ports that IANA gives MQTT, without and with TLS.
  public static let defaultPort = 1883
  public static let defaultTLSPort = 8883

  public let broker = Setting(
    "MQTT_BROKER", option: "broker", .anything("address"), default: "localhost",
    help: "Connect to the broker at this address, or to the first of several that answers.",
    manual: """
      The address is
      .Ql broker.lan ,
      .Ql broker.lan:1884 ,
      .Ql mqtts://broker.lan
      for an encrypted connection, or
      .Ql unix:/run/mosquitto.sock
      for a Unix socket.
      Commas separate several addresses: see
      .Sx Several brokers .
      """)
  public let port = Setting(
    "MQTT_PORT", option: "port", .number(1...65_535, "number"),
    ifUnset: "\(defaultPort), or \(defaultTLSPort) with TLS",
    help: "Connect to this port of the broker.",
    manual: """
      The option takes precedence over a port in the address, and that port over
      .Ev MQTT_PORT .
      """)
  public let user = Setting(
    "MQTT_USER", option: "user", .text("name"),
    help: "Log in as this user; the password is in MQTT_PASS.")
  public let password = Setting(
    "MQTT_PASS", .anything("password"), isSecret: true,
    help: "Log in with this password.",
    manual: """
      It has no option, because
      .Xr ps 1
      shows options to every user of the machine.
      """)
  public let passwordFile = Setting(
    "MQTT_PASS_FILE", .file,
    help: "Read the password from the first line of this file.",
    manual: """
      Only its owner and group may have access to the file: use
      .Ql chmod 600 FILE .
      The file takes precedence over
      .Ev MQTT_PASS .
      """)
  public let tls = Setting(
    "MQTT_TLS", option: "tls", .flag,
    ifUnset: "True with an mqtts: address or another TLS setting", isInvertible: true,
    help: "Encrypt the connection.",
    manual: """
      See
      .Sx Encryption .
      """)
  public let caFile = Setting<String?>(
    "MQTT_CA_FILE", option: "ca-file", .file, ifUnset: "the authorities of the system",
    help: "Trust only the certificate authorities in this file (PEM).",
    manual: "For a broker with a self-signed certificate, use the file of that certificate.")
  public let certificateFile = Setting(
    "MQTT_CERT_FILE", option: "cert-file", .file,
    help: "Log in with the client certificate in this file (PEM).",
    manual: """
      It needs
      .Fl -key-file .
      """)
  public let keyFile = Setting(
    "MQTT_KEY_FILE", option: "key-file", .file,
    help: "Read the key of the client certificate from this file (PEM).",
    manual: """
      The key must not be encrypted.
      It needs
      .Fl -cert-file .
      """)
  public let alpn = Setting(
    // RFC 7301, 3.1.
    "MQTT_ALPN", option: "alpn", .text("name", limit: 255),
    help: "Request this protocol by ALPN.",
    manual: "Use it for a server that offers several protocols on one port.")
  public let clientID = Setting<String?>(
    "MQTT_CLIENT_UNIQ", option: "id", .text("id"),
    ifUnset: "a random one; for --receive, one that stays the same",
    help: "Use this client id.",
    manual: """
      Client ids must be unique: the broker disconnects the older of two clients with the same id.
      For
      .Fl -receive ,
      .Ev MQTT_CLIENT_UNIQ
      gets the suffix
      .Ql -receive ;
      the option does not.
      """)
  public let order = Setting(
    "MQTT_BROKER_ORDER", option: "broker-order", .choice(["listed", "shuffled"], "order"),
    default: "listed",
    help: "Try several brokers as they are listed, or shuffled by the client id.",
    manual: """
      With
      .Cm shuffled ,
      each client has its own order, which stays the same.
      Use it to spread many clients over all nodes.
      """)
  public let enabled = Setting(
    "MQTT_ENABLED", .flag, default: true,
    help: "Publish or receive records.",
    manual: """
      If it is
      .Cm False ,
      .Nm
      reads its input to the end, publishes nothing and exits with status 0.
      With
      .Fl -receive
      it exits with status 78.
      """)
  public let authentication = Setting(
    "MQTT_AUTH", .flag, ifUnset: "True if a user is set",
    help: "Log in to the broker.",
    manual: """
      .Cm False
      turns the login off without removing user and password.
      .Cm True
      needs a user.
      """)
  public let session = Setting(
    "MQTT_SESSION", option: "session", .choice(["clean", "persistent"], "kind"), default: "clean",
    help: "Use a clean or a persistent session.",
    manual: """
      In a
      .Cm persistent
      session, the broker remembers the messages in flight when the connection breaks.
      It needs a client id: see
      .Sx Sessions .
      """)
  public let version = Setting<String?>(
    "MQTT_PROTOCOL", option: "protocol", .protocolVersion,
    ifUnset: "5, or 3.1.1 if the broker does not support 5",
    help: "Use this version of MQTT: 3.1.1 or 5.")
  public let keepAlive = Setting(
    "MQTT_KEEPALIVE", option: "keepalive", .number(5...65_535, "seconds"), default: 30,
    help: "Ping the broker after this many idle seconds.",
    manual: """
      The time is 5 to 65535 seconds.
      The broker closes a connection that is idle for one and a half times this time.
      """)
  public let timeout = Setting(
    "MQTT_TIMEOUT", option: "timeout", .wholeSeconds(1...3600), default: .seconds(30),
    help: "Disconnect and retry if the broker does not answer within this time.",
    manual: "The time is 1 to 3600 seconds.")

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
