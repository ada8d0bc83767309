import CommandLine
import Records

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
    prefix = try PublishSettings.prefix(environment)
    template = try TopicTemplate(
      environment.string(.mqttTopic) ?? payload.topic, prefix: prefix, payload
    ) { environment.refused(.mqttTopic, $0) }
    qos = max(try environment.number(.mqttQoS, in: 0...2) ?? 0, payload.leastQoS)
    retains = try environment.flag(.mqttRetain) ?? false
    expiry = try environment.number(.mqttExpiry, in: 1...31_536_000)
    statusTopic = try PublishSettings.statusTopic(prefix, payload, environment)
    silence = try PublishSettings.silence(environment)
    discoveryPrefix = try PublishSettings.discoveryPrefix(environment)
    guard discoveryPrefix == nil || payload != .record else {
      throw environment.refused(
        .mqttHomeAssistant, "Home Assistant reads no records: take --payload value or json")
    }
    if let discoveryPrefix, let statusTopic, statusTopic == "\(discoveryPrefix)/status" {
      let setting = discoveryPrefix == prefix ? SettingName.mqttTopicPrefix : .mqttStatus
      throw environment.refused(
        setting, "\"\(statusTopic)\" is the status topic of Home Assistant; choose another one")
    }
  }

  /// What every topic begins with.
  static func prefix(_ environment: Environment) throws -> String {
    try topic(.mqttTopicPrefix, environment) ?? "dsmr"
  }

  /// The status topic. Values have one sender below a prefix; records may have many
  /// there, each with a status of its own.
  private static func statusTopic(
    _ prefix: String, _ payload: Payload, _ environment: Environment
  ) throws -> String? {
    let text = environment.string(.mqttStatus)
    let isWanted = try? environment.flag(.mqttStatus)
    if isWanted == false { return nil }
    let usual = payload.isTimed ? "{prefix}/{id}/status" : "{prefix}/status"
    let template = isWanted == true ? usual : text ?? usual
    guard template.contains("/") else {
      throw environment.refused(
        .mqttStatus, "\"\(template)\" is neither True nor False, nor a topic such as \(usual)")
    }
    let rest = template.replacing("{prefix}", with: "").replacing("{id}", with: "")
    guard !rest.contains(where: { "{}".contains($0) }) else {
      throw environment.refused(
        .mqttStatus, "\"\(template)\" has something else in braces than {prefix} {id}")
    }
    let id = TopicLevel.escaped(
      (environment.string(.mqttClientID) ?? BrokerSettings.hostName).utf8Bytes)
    let topic = template.replacing("{id}", with: id).replacing("{prefix}", with: prefix)
    if let fault = TopicTemplate.fault(in: topic) { throw environment.refused(.mqttStatus, fault) }
    return topic
  }

  private static func silence(_ environment: Environment) throws -> Int? {
    guard let text = environment.string(.mqttOnChange) else { return nil }
    let seconds = Int(text)
    // A variable that is 1 is True, as any other is.
    if seconds != 1 || !environment.isOption(.mqttOnChange),
      let isWanted = try? environment.flag(.mqttOnChange)
    {
      return isWanted ? 300 : nil
    }
    guard let seconds, (1...86_400).contains(seconds) else {
      throw environment.refused(
        .mqttOnChange,
        "\"\(text)\" is neither True nor False, nor a whole number of seconds from 1 to 86400")
    }
    return seconds
  }

  private static func discoveryPrefix(_ environment: Environment) throws -> String? {
    // Whatever is neither yes nor no is a prefix.
    if let isWanted = try? environment.flag(.mqttHomeAssistant) {
      return isWanted ? "homeassistant" : nil
    }
    return try topic(.mqttHomeAssistant, environment)
  }

  /// A setting that is a topic, without slashes at its end.
  private static func topic(_ setting: SettingName, _ environment: Environment) throws -> String? {
    guard var topic = environment.string(setting) else { return nil }
    while topic.hasSuffix("/") { topic.removeLast() }
    if let fault = TopicTemplate.fault(in: topic) { throw environment.refused(setting, fault) }
    return topic
  }
}

/// What a message says.
enum Payload {
  /// A value alone: a topic a metric.
  case value
  /// A record, as a JSON object.
  case json
  /// A record, as the pipe has it: p1record(5).
  case record

  /// Whether it says when it was measured, so that it counts however late it comes.
  var isTimed: Bool { self != .value }

  /// The least quality of service that will do: with 0 nobody says that a message has arrived, and
  /// what counts however late waits for that.
  var leastQoS: Int { isTimed ? 1 : 0 }

  /// The topics that it goes to where no others are asked for.
  var topic: String {
    switch self {
    case .value: "{prefix}/{metric}"
    case .json: "{prefix}/{meter}/json"
    case .record: "{prefix}/{meter}/record"
    }
  }
}
