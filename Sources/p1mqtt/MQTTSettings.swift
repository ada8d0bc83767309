import Console
import Glibc

/// Which broker, and how messages go to it: the options first, then the environment.
struct MQTTSettings {
  var host = "localhost"
  var port = 1883
  /// How the broker tells us from its other clients.
  var clientID: String
  /// What every topic begins with, before a slash.
  var topicPrefix = "dsmr"
  var login: (user: String, password: Secret?)?
  var qos = 0
  /// Whether the broker keeps the last value of each topic for those who come later.
  var retains = false

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ environment: Environment) throws {
    host = environment.string(.mqttBroker) ?? host
    port = try environment.number(.mqttPort, in: 1...65_535) ?? port
    // Two clients of one name would put each other out for ever.
    clientID = environment.string(.mqttClientID) ?? "p1mqtt-\(getpid())"
    topicPrefix = environment.string(.mqttTopicPrefix) ?? topicPrefix
    while topicPrefix.hasSuffix("/") { topicPrefix.removeLast() }
    guard !topicPrefix.contains(where: { "+#".contains($0) }) else {
      throw environment.refused(
        .mqttTopicPrefix, "\"\(topicPrefix)\" has + or #, which no topic may")
    }
    qos = try environment.number(.mqttQoS, in: 0...2) ?? qos
    retains = try environment.flag(.mqttRetain) ?? retains
    login = try MQTTSettings.login(environment)
  }

  /// User and password, where there is a user and authentication is not turned off.
  private static func login(_ environment: Environment) throws -> (String, Secret?)? {
    let isWanted = try environment.flag(.mqttAuthentication)
    guard isWanted != false else { return nil }
    guard let user = environment.string(.mqttUser) else {
      guard isWanted == nil else {
        throw Failure(
          Setting.mqttAuthentication.rawValue, "needs \(Setting.mqttUser.rawValue)",
          .configuration)
      }
      return nil
    }
    return (user, try Secret.read(environment, .mqttPassword, file: .mqttPasswordFile))
  }

  /// What messages call the broker.
  var name: String { "\(host):\(port)" }
}
