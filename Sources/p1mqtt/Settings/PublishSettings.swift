import CommandLine

/// What is published, and how.
struct PublishSettings {
  let payload: Payload
  /// What every topic begins with, before a slash.
  let prefix: String
  let template: TopicTemplate
  let qos: Int
  /// Whether the broker retains the last message of each topic.
  let retains: Bool
  /// After how many seconds the broker drops a message that nobody has fetched; nil for never.
  let expiry: Int?
  /// Where `online` and `offline` are published; nil for nowhere.
  let statusTopic: String?
  /// After how many seconds without a telegram the status of a meter is `offline`; nil where none is published.
  let meterTimeout: Int?
  /// After how many seconds a value is published though it has not changed; nil where each one is.
  let repeatInterval: Int?
  /// What the topics of Home Assistant's discovery begin with; nil where nothing is announced.
  let discoveryPrefix: String?
  let discoveryForm: DiscoveryForm

  private static let group = MessageGroup()

  /// - Throws: `Failure` for a setting that cannot be used.
  init(_ settings: Settings) throws {
    let group = PublishSettings.group
    payload = try settings.value(group.payload, of: Payload.self)
    discoveryPrefix = try PublishSettings.discoveryPrefix(settings)
    discoveryForm = try settings.value(group.discoveryForm, of: DiscoveryForm.self)
    prefix = try PublishSettings.prefix(settings, announcing: discoveryPrefix != nil)
    template = try TopicTemplate(
      settings[group.topic] ?? payload.topic, prefix: prefix, payload
    ) { settings.failure(group.topic, $0) }
    qos = max(try settings[group.qos], payload.leastQoS)
    retains = try settings[group.retain]
    expiry = try settings[group.expiry]
    statusTopic = try PublishSettings.statusTopic(prefix, payload, settings)
    meterTimeout = try settings[group.meterTimeout]
    repeatInterval = try PublishSettings.repeatInterval(settings)
    guard discoveryPrefix == nil || payload != .record else {
      throw settings.failure(
        group.homeAssistant, "Home Assistant cannot read records; use --payload value or json")
    }
    if let discoveryPrefix, let statusTopic, statusTopic == "\(discoveryPrefix)/status" {
      throw settings.failure(
        discoveryPrefix == prefix ? group.prefix : group.status,
        "\"\(statusTopic)\" is the status topic of Home Assistant; choose another one")
    }
  }

  /// Whether a topic is that of the status of p1mqtt or of a meter.
  func isStatus(_ topic: String) -> Bool {
    topic == statusTopic
      || meterTimeout != nil && MeterStatuses.isTopic(topic, below: prefix)
  }

  /// What every topic begins with.
  ///
  /// - Parameter announcing: whether the metrics are announced to Home Assistant.
  /// - Throws: `Failure` for a prefix that no topic can have.
  static func prefix(_ settings: Settings, announcing: Bool = false) throws -> String {
    let usual = announcing ? MessageGroup.prefixForHomeAssistant : MessageGroup.usualPrefix
    return try topic(settings[group.prefix] ?? usual, group.prefix, settings)
  }

  /// The prefix in the ids of meters without a number, which stay the same whatever the default prefix is.
  var identityPrefix: String {
    prefix == MessageGroup.prefixForHomeAssistant ? MessageGroup.usualPrefix : prefix
  }

  /// The status topic. Values have one sender below a prefix; records may have many there, each with a
  /// status of its own.
  private static func statusTopic(
    _ prefix: String, _ payload: Payload, _ settings: Settings
  ) throws -> String? {
    let usual = payload.isTimed ? MessageGroup.recordStatusTopic : MessageGroup.valueStatusTopic
    let text = try settings[group.status] ?? usual
    let isWanted = ValueForm.truth(text)
    if isWanted == false { return nil }
    let template = isWanted == true ? usual : text
    guard template.contains("/") else {
      throw settings.failure(
        group.status, "\"\(template)\" is neither True nor False, nor a topic such as \(usual)")
    }
    let rest = template.replacing("{prefix}", with: "").replacing("{id}", with: "")
    guard !rest.contains(where: { "{}".contains($0) }) else {
      throw settings.failure(
        group.status, "\"\(template)\" has an unknown field in braces; use {prefix} or {id}")
    }
    let id = try settings[BrokerGroup().clientID] ?? BrokerSettings.hostName
    let topic = template.replacing("{id}", with: TopicLevel.escaped(id.utf8Bytes))
      .replacing("{prefix}", with: prefix)
    if let fault = TopicTemplate.fault(in: topic) { throw settings.failure(group.status, fault) }
    return topic
  }

  private static func repeatInterval(_ settings: Settings) throws -> Int? {
    guard let text = try settings[group.onChange] else { return nil }
    let seconds = Int(text)
    // In the environment and in p1.conf, 1 is True, as for any other setting.
    if seconds != 1 || !settings.isOption(group.onChange), let isWanted = ValueForm.truth(text) {
      return isWanted ? group.onChange.bareValue.flatMap { Int($0) } : nil
    }
    guard let seconds, (1...86_400).contains(seconds) else {
      throw settings.failure(
        group.onChange,
        "\"\(text)\" is neither True nor False, nor a whole number of seconds from 1 to 86400")
    }
    return seconds
  }

  private static func discoveryPrefix(_ settings: Settings) throws -> String? {
    guard let text = try settings[group.homeAssistant] else { return nil }
    // Whatever is neither yes nor no is a prefix.
    if let isWanted = ValueForm.truth(text) {
      return isWanted ? group.homeAssistant.bareValue : nil
    }
    return try topic(text, group.homeAssistant, settings)
  }

  /// A setting that is a topic, without slashes at its end.
  private static func topic(
    _ text: String, _ setting: any AnySetting, _ settings: Settings
  ) throws -> String {
    var topic = text
    while topic.hasSuffix("/") { topic.removeLast() }
    if let fault = TopicTemplate.fault(in: topic) { throw settings.failure(setting, fault) }
    return topic
  }
}

/// What a message says.
enum Payload: String, CaseIterable {
  /// A value alone: a topic a metric.
  case value
  /// A record, as a JSON object.
  case json
  /// A record, as the pipe has it: p1record(5).
  case record

  /// Whether it says when it was measured, so that it counts however late it comes.
  var isTimed: Bool { self != .value }

  /// The least quality of service that will do. A message of QoS 0 is not acknowledged, and what counts
  /// however late is kept until it is.
  var leastQoS: Int { isTimed ? 1 : 0 }

  /// The default topics.
  var topic: String {
    switch self {
    case .value: MessageGroup.valueTopic
    case .json: MessageGroup.jsonTopic
    case .record: MessageGroup.recordTopic
    }
  }
}
