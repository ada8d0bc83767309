import CommandLine
import Glibc
import SystemPackage

/// Which broker, and how to connect to it.
struct BrokerSettings {
  /// A node of a broker that has several.
  struct Node {
    /// A name or an address, or the path of a Unix socket, with port 0.
    let host: String
    let port: Int
    /// What messages call it.
    let name: String
    /// Nil where the connection is not encrypted.
    let tls: TLSSettings?
  }

  /// At least one, in the order in which they are tried.
  private(set) var nodes: [Node]
  private var index = 0
  /// The node to connect to.
  var node: Node { nodes[index] }
  /// All nodes, for people.
  var name: String { nodes.map(\.name).joined(separator: ", ") }
  /// How the broker tells this client from its others.
  private(set) var clientID: String
  let login: (user: String, password: Secret?)?
  /// Nil for the highest version that the broker speaks.
  let version: MQTTVersion?
  /// Whether the broker is to remember what was in flight when a connection broke.
  private(set) var isPersistent: Bool
  /// After how many idle seconds the broker is pinged.
  let keepAlive: Int
  /// How long an answer of the broker may take.
  let timeout: Duration

  private static let group = BrokerGroup()

  /// - Parameters:
  ///   - settings: the settings.
  ///   - receiving: what is received; nil to publish.
  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings, for receiving: ReceiveSettings? = nil) throws {
    let group = BrokerSettings.group
    let addresses = try settings[group.broker].split(
      separator: ",", omittingEmptySubsequences: false)
    nodes = try addresses.map { address in
      let isBlank = { (character: Character) in character == " " }
      return try Node(
        settings, String(address.drop(while: isBlank).reversed().drop(while: isBlank).reversed()))
    }
    login = try BrokerSettings.login(settings)
    version = try settings[group.version].map { $0 == "5" ? .version5 : .version311 }
    keepAlive = try settings[group.keepAlive]
    timeout = try settings[group.timeout]
    let id = try settings[group.clientID]
    if let receiving {
      isPersistent = true
      clientID =
        settings.isOption(group.clientID)
        ? id ?? "" : id.map { "\($0)-receive" } ?? BrokerSettings.receiverID(for: receiving)
    } else {
      clientID = id ?? BrokerSettings.randomID
      isPersistent = try settings[group.session] == "persistent"
    }
    if try settings[group.order] == "shuffled" { shuffleNodes() }
    guard id != nil || receiving != nil || !isPersistent else {
      throw settings.failure(
        group.session, "the broker finds a session by its client id; set \(group.clientID.text)")
    }
  }

  /// Selects the next node, after the last one the first.
  mutating func useNextNode() { index = (index + 1) % nodes.count }

  /// Selects the node with a name, if it is still there.
  func using(_ node: Node) -> BrokerSettings {
    var settings = self
    settings.index = nodes.firstIndex { $0.name == node.name } ?? 0
    return settings
  }

  /// Orders the nodes by the client id, so that each client keeps its order and all clients together use all nodes.
  private mutating func shuffleNodes() {
    let id = clientID
    nodes.sort { BrokerSettings.hash("\(id) \($0.name)") < BrokerSettings.hash("\(id) \($1.name)") }
  }

  private static var randomID: String {
    "p1mqtt-\(String(UInt32.random(in: .min ... .max), radix: 16))"
  }

  /// The same with a session of its own, which disconnects no p1mqtt that runs.
  var forOneCheck: BrokerSettings {
    var settings = self
    settings.clientID = BrokerSettings.randomID
    settings.isPersistent = false
    return settings
  }

  /// The settings with the present contents of their files, for a running p1mqtt.
  ///
  /// - Throws: `Failure` for a file that cannot be used, or that might have to be waited for.
  static func again(
    _ settings: Settings, for receiving: ReceiveSettings? = nil
  ) throws -> BrokerSettings {
    let settings = try settings.readAgain()
    try settings.rejectStreams([
      group.passwordFile, group.caFile, group.certificateFile, group.keyFile,
    ])
    return try BrokerSettings(settings, for: receiving)
  }

  /// The client id of a receiver for which none is set. It is the same after each start, as the broker
  /// finds the session by it. It is not that of a sender on the same machine, nor that of a receiver of other
  /// topics, nor that of another service.
  private static func receiverID(for receiving: ReceiveSettings) -> String {
    let name = receiving.prefix.map { character in
      character.isASCII && (character.isLetter || character.isNumber || ".-".contains(character))
        ? character : "_"
    }
    // systemd gives each instance of a service a directory, which comes before those in it.
    let directory = processVariable("STATE_DIRECTORY")?.prefix { $0 != ":" }
    let service = directory.flatMap { FilePath(String($0)).lastComponent?.string }
    let id = "p1receive-\(hostName)-\(String(name))\(service.map { "-\($0)" } ?? "")"
    guard receiving.hasOwnFilters else { return id }
    return "\(id)-\(String(hash(receiving.filters.joined(separator: "\n")), radix: 16))"
  }

  /// The FNV-1a hash of a text.
  private static func hash(_ text: String) -> UInt32 {
    text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }

  /// The name of the machine, which is the same after each start.
  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "p1mqtt" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Why a broker may have closed the connection without an answer.
  var hangUpReason: String {
    var causes: [String] = []
    if version == .version5 { causes.append("it may not support MQTT 5") }
    if let tls = node.tls {
      causes.append(
        tls.certificate == nil
          ? "it may require a client certificate" : "it may not trust the client certificate")
      causes.append("its port may not use TLS")
    } else {
      causes.append("its port may require TLS")
    }
    return
      "the broker closed the connection without an answer: \(causes.joined(separator: ", or "))"
  }

  /// User and password, where there is a user and authentication is not turned off.
  private static func login(_ settings: Settings) throws -> (String, Secret?)? {
    let isWanted = try settings[group.authentication]
    guard isWanted != false else { return nil }
    if let user = try settings[group.user] {
      return (user, try Secret.read(settings, group.password, file: group.passwordFile))
    }
    guard isWanted == nil else {
      throw settings.failure(group.authentication, "it needs a user; set \(group.user.text)")
    }
    let passwords: [any AnySetting] = [group.passwordFile, group.password]
    if let password = passwords.first(where: settings.isSet) {
      throw settings.failure(password, "a password needs a user; set \(group.user.text)")
    }
    return nil
  }
}

enum MQTTVersion {
  case version311
  /// It tells why a message is rejected, and when one expires.
  case version5
}

extension BrokerSettings.Node {
  private static let group = BrokerGroup()

  /// - Parameter text: one of the addresses of the broker.
  /// - Throws: `Failure` for a setting that cannot be used.
  fileprivate init(_ settings: Settings, _ text: String) throws {
    let group = BrokerSettings.Node.group
    let address = try BrokerAddress(text) { settings.failure(group.broker, $0) }
    tls = try TLSSettings(settings, address)
    host = address.host
    let port = try settings[group.port]
    guard !address.isSocket || !settings.isOption(group.port) else {
      throw settings.failure(group.port, "a Unix socket has no port")
    }
    // A port in the address comes before the environment, but not before the option.
    let isPortUsed = address.port == nil || settings.isOption(group.port)
    self.port =
      address.isSocket
      ? 0
      : (isPortUsed ? port : nil) ?? address.port
        ?? (tls == nil ? BrokerGroup.defaultPort : BrokerGroup.defaultTLSPort)
    let isIPv6 = host.contains(":")
    name = address.isSocket ? host : isIPv6 ? "[\(host)]:\(self.port)" : "\(host):\(self.port)"
  }
}
