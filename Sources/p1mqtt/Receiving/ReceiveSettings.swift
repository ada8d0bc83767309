import CommandLine

/// What `p1mqtt --receive` subscribes to.
struct ReceiveSettings {
  let filters: [String]

  /// - Parameters:
  ///   - filters: the filters of the command line; without any, those of the topics that p1mqtt
  ///     publishes records to with the same settings.
  ///   - environment: the settings.
  /// - Throws: `Failure` for a setting or a filter that cannot be used.
  init(_ filters: [String], _ environment: Environment) throws {
    try ReceiveSettings.refuseSettingsOfSending(environment)
    for filter in filters {
      if let fault = TopicFilter.fault(in: filter) { throw Failure(nil, fault, .usage) }
    }
    self.filters =
      filters.isEmpty ? [try ReceiveSettings.filterOfRecords(environment)] : filters
  }

  /// The filter of all topics that a template makes: a level that a record decides is any.
  private static func filterOfRecords(_ environment: Environment) throws -> String {
    let text = environment.string(.mqttTopic) ?? Payload.record.topic
    let prefix = try PublishSettings.prefix(environment)
    let template = try TopicTemplate(text, prefix: prefix, .record) {
      environment.refused(.mqttTopic, $0)
    }
    guard template.tellsMeters else {
      throw environment.refused(
        .mqttTopic, "\"\(text)\" has no level {meter}; give the filter as an argument")
    }
    let filter = template.topic(meter: "+", channel: "+", metric: "")
    guard TopicFilter.fault(in: filter) == nil else {
      throw environment.refused(
        .mqttTopic,
        "\"\(text)\" has {meter} or {channel} in part of a level; give the filter as an argument")
    }
    return filter
  }

  /// An option of sending would do nothing. A variable may be meant for other commands.
  private static func refuseSettingsOfSending(_ environment: Environment) throws {
    let settings: [SettingName] = [
      .mqttSession, .mqttPayload, .mqttQoS, .mqttRetain, .mqttExpiry, .mqttStatus, .mqttOnChange,
      .mqttHomeAssistant, .mqttEvery, .mqttExtremes, .mqttSpool, .mqttSpoolSize, .mqttSync,
      .mqttBuffer, .mqttLinger,
    ]
    if let setting = settings.first(where: environment.isOption) {
      throw environment.refused(setting, "cannot be used with --receive")
    }
  }
}
