import CommandLine

/// What `p1mqtt --receive` subscribes to.
struct ReceiveSettings {
  let filters: [String]
  /// Whether the filters are given, and not those of the topics of records.
  let hasOwnFilters: Bool
  /// What the topics of records begin with.
  let prefix: String

  private static let messages = MessageGroup()

  /// - Parameters:
  ///   - arguments: the filters of the command line; without any, those of the settings, or of the topics that p1mqtt
  ///     publishes records to with the same settings.
  ///   - settings: the settings.
  /// - Throws: `Failure` for a setting or a filter that cannot be used.
  init(_ arguments: [String], _ settings: Settings) throws {
    let setting = ReceivingGroup().filter
    let filters =
      try arguments.isEmpty
      ? (settings[setting] ?? "").split(separator: " ").map(String.init) : arguments
    if let fault = filters.lazy.compactMap(TopicFilter.fault).first {
      throw arguments.isEmpty ? settings.failure(setting, fault) : Failure(nil, fault, .usage)
    }
    prefix = try PublishSettings.prefix(settings)
    hasOwnFilters = !filters.isEmpty
    self.filters =
      filters.isEmpty ? [try ReceiveSettings.filterOfRecords(below: prefix, settings)] : filters
  }

  /// The filter of all topics that the template makes: a level that a record decides is any.
  private static func filterOfRecords(
    below prefix: String, _ settings: Settings
  ) throws -> String {
    let text = try settings[messages.topic] ?? Payload.record.topic
    let template = try TopicTemplate(text, prefix: prefix, .record) {
      settings.failure(messages.topic, $0)
    }
    guard template.tellsMeters else {
      throw settings.failure(
        messages.topic, "\"\(text)\" has no level {meter}; set MQTT_RECEIVE_FILTER")
    }
    let filter = template.topic(meter: "+", channel: "+", metric: "")
    guard TopicFilter.fault(in: filter) == nil else {
      throw settings.failure(
        messages.topic,
        "\"\(text)\" has {meter} or {channel} as a part of a level; set MQTT_RECEIVE_FILTER")
    }
    return filter
  }

  /// Rejects options of publishing, which would do nothing. A variable may be meant for other commands.
  ///
  /// - Parameter groups: the groups of the tool, with those that both sinks have.
  /// - Throws: `Failure` for the first of them.
  static func rejectPublishing(_ groups: [any SettingGroup], _ settings: Settings) throws {
    let session = BrokerGroup().session.key
    let usedGroups: [any SettingGroup] = [
      BrokerGroup(), ReceivingGroup(), MonitoringGroup(), GeneralSettings(),
    ]
    let used =
      usedGroups.flatMap(\.settings).map(\.key) + [messages.topic.key, messages.prefix.key]
    let unused = groups.flatMap(\.settings).filter {
      $0.key == session || !used.contains($0.key)
    }
    if let setting = unused.first(where: settings.isOption) {
      throw settings.failure(setting, "cannot be used with --receive")
    }
  }
}
