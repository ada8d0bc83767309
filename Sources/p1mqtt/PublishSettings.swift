import Console

/// What is published, and how: the options first, then the environment.
struct PublishSettings {
  let payload: Payload
  /// What every topic begins with, before a slash.
  let prefix: String
  let template: TopicTemplate
  let qos: Int
  /// Whether the broker keeps the last message of each topic for those who come later.
  let retains: Bool
  /// After how many seconds the broker forgets a message that nobody has fetched; nil for never.
  let expiry: Int?
  /// Where it says whether it is there; nil where it does not.
  let statusTopic: String?
  /// After how many seconds a value is published though it has not changed; nil where each one is.
  let silence: Int?
  /// What the topics of Home Assistant's discovery begin with; nil where nothing is announced.
  let discoveryPrefix: String?

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ environment: Environment) throws {
    payload =
      try environment.choice(.mqttPayload, ["value": .value, "json": .json, "record": .record])
      ?? .value
    prefix = try PublishSettings.topic(.mqttTopicPrefix, environment) ?? "dsmr"
    template = try TopicTemplate(
      environment.string(.mqttTopic) ?? payload.topic, prefix: prefix, payload
    ) { environment.refused(.mqttTopic, $0) }
    qos = max(try environment.number(.mqttQoS, in: 0...2) ?? 0, payload.leastQoS)
    retains = try environment.flag(.mqttRetain) ?? false
    expiry = try environment.number(.mqttExpiry, in: 1...31_536_000)
    statusTopic = try environment.flag(.mqttStatus) ?? true ? "\(prefix)/status" : nil
    silence = try PublishSettings.silence(environment)
    discoveryPrefix = try PublishSettings.discoveryPrefix(environment)
    guard discoveryPrefix == nil || payload != .record else {
      throw environment.refused(
        .mqttHomeAssistant, "Home Assistant reads no records: take --payload value or json")
    }
    guard discoveryPrefix != prefix || statusTopic == nil else {
      throw environment.refused(
        .mqttTopicPrefix, "\"\(prefix)/status\" is where Home Assistant says that it is there")
    }
  }

  private static func silence(_ environment: Environment) throws -> Int? {
    let seconds = environment.string(.mqttOnChange).flatMap { Int($0) } ?? 0
    // A variable that is 1 is True, as any other is.
    guard seconds != 0, seconds != 1 || environment.isOption(.mqttOnChange) else {
      return try environment.flag(.mqttOnChange) ?? false ? 300 : nil
    }
    return try environment.number(.mqttOnChange, in: 1...86_400)
  }

  private static func discoveryPrefix(_ environment: Environment) throws -> String? {
    // Whatever is neither yes nor no is a prefix.
    if let isWanted = try? environment.flag(.mqttHomeAssistant) {
      return isWanted ? "homeassistant" : nil
    }
    return try topic(.mqttHomeAssistant, environment)
  }

  /// A setting that is a topic, without slashes at its end.
  private static func topic(_ setting: Setting, _ environment: Environment) throws -> String? {
    guard var topic = environment.string(setting) else { return nil }
    while topic.hasSuffix("/") { topic.removeLast() }
    if let fault = TopicTemplate.fault(in: topic) { throw environment.refused(setting, fault) }
    return topic
  }
}
