import CommandLine
import Glibc

/// Which broker, and how to connect to it: the options first, then the environment.
struct BrokerSettings {
  /// A name or an address, or the path of a Unix socket, with port 0.
  let host: String
  let port: Int
  /// What messages call the broker.
  let name: String
  /// How the broker tells us from its other clients.
  let clientID: String
  let login: (user: String, password: Secret?)?
  /// Nil where the connection is not encrypted.
  let tls: TLSSettings?
  /// Nil for the highest that the broker speaks.
  let version: MQTTVersion?
  /// Whether the broker is to remember what was on its way when a connection broke.
  let isPersistent: Bool
  /// After how many seconds of silence the broker is asked whether it is there.
  let keepAlive: Int

  /// After so long without an answer the broker is left.
  let timeout: Duration

  /// - Parameters:
  ///   - environment: the settings.
  ///   - prefix: what the topics of the records begin with that are received; nil to send.
  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ environment: Environment, receivingBelow prefix: String? = nil) throws {
    let address = try BrokerAddress(environment.string(.mqttBroker) ?? "localhost") {
      environment.refused(.mqttBroker, $0)
    }
    tls = try TLSSettings(environment, address)
    host = address.host
    let port = try environment.number(.mqttPort, in: 1...65_535)
    guard !address.isSocket || !environment.isOption(.mqttPort) else {
      throw environment.refused(.mqttPort, "a Unix socket has no port")
    }
    // What an address says comes before a variable, not before an option.
    let isPortMeant = address.port == nil || environment.isOption(.mqttPort)
    self.port =
      address.isSocket
      ? 0 : (isPortMeant ? port : nil) ?? address.port ?? (tls == nil ? 1883 : 8883)
    let isIPv6 = host.contains(":")
    name = address.isSocket ? host : isIPv6 ? "[\(host)]:\(self.port)" : "\(host):\(self.port)"
    login = try BrokerSettings.login(environment)
    version = try environment.choice(
      .mqttProtocol,
      ["3.1.1": MQTTVersion.version311, "5": .version5, "311": .version311, "5.0": .version5])
    keepAlive = try environment.number(.mqttKeepAlive, in: 5...65_535) ?? 30
    timeout = .seconds(try environment.number(.mqttTimeout, in: 1...3600) ?? 30)
    let id = try environment.text(.mqttClientID)
    if let prefix {
      isPersistent = true
      clientID =
        environment.isOption(.mqttClientID)
        ? id ?? "" : id.map { "\($0)-receive" } ?? BrokerSettings.receiverID(below: prefix)
      return
    }
    isPersistent =
      try environment.choice(.mqttSession, ["clean": false, "persistent": true]) ?? false
    guard id != nil || !isPersistent else {
      throw environment.refused(
        .mqttSession,
        "a session is found again by a client id: set \(SettingName.mqttClientID.rawValue)")
    }
    // Two clients of one name would put each other out for ever.
    clientID = id ?? "p1mqtt-\(String(UInt32.random(in: .min ... .max), radix: 16))"
  }

  /// The settings as their files are now, for a p1mqtt that is to go on.
  ///
  /// - Parameters:
  ///   - environment: the settings.
  ///   - prefix: what the topics of the records begin with that are received; nil to send.
  /// - Returns: what they come to.
  /// - Throws: `Failure` for a file that cannot be used, or might have to be waited for.
  static func again(
    _ environment: Environment, receivingBelow prefix: String? = nil
  ) throws -> BrokerSettings {
    try environment.refuseStreams([
      .mqttPasswordFile, .mqttPSKFile, .mqttCAFile, .mqttCertificateFile, .mqttKeyFile,
    ])
    return try BrokerSettings(environment, receivingBelow: prefix)
  }

  /// The id of a receiver that has none of its own. It has to be the same after each start, as the
  /// broker keeps the session by it, and another one than that of a sender on the same machine.
  private static func receiverID(below prefix: String) -> String {
    let name = prefix.map { character in
      character.isASCII && (character.isLetter || character.isNumber) || ".-".contains(character)
        ? character : "_"
    }
    return "p1receive-\(hostName)-\(String(name))"
  }

  /// The name of the machine, which is the same after each start.
  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "p1mqtt" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What is said of a broker that leaves without an answer, and what most often is behind that.
  var hangUpReason: String {
    var causes: [String] = []
    if version == .version5 { causes.append("it may not speak MQTT 5") }
    if let tls {
      if tls.sharedKey == nil {
        causes.append(tls.certificate == nil ? "it may want a certificate" : "it may not take ours")
      }
      causes.append("its port may be one without TLS")
    } else {
      causes.append("its port may be one for TLS")
    }
    return "no answer before the broker left: \(causes.joined(separator: ", or "))"
  }

  /// User and password, where there is a user and authentication is not turned off.
  private static func login(_ environment: Environment) throws -> (String, Secret?)? {
    let isWanted = try environment.flag(.mqttAuthentication)
    guard isWanted != false else { return nil }
    guard let user = try environment.text(.mqttUser) else {
      guard isWanted == nil else {
        throw Failure(
          SettingName.mqttAuthentication.rawValue, "needs \(SettingName.mqttUser.rawValue)",
          .configuration)
      }
      let passwords = [SettingName.mqttPasswordFile, .mqttPassword]
      guard passwords.allSatisfy({ environment.string($0) == nil }) else {
        let user = SettingName.mqttUser.rawValue
        throw Failure(user, "a password needs a user: --user, or \(user)", .configuration)
      }
      return nil
    }
    return (user, try Secret.read(environment, .mqttPassword, file: .mqttPasswordFile))
  }
}

/// A version of MQTT.
enum MQTTVersion {
  case version311
  /// It tells why a message is refused, and when one is to be forgotten.
  case version5
}
