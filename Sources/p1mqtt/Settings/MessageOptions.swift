import ArgumentParser
import CommandLine

/// The options about what is published, and where.
struct MessageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What a message is: a value, or a record as json or as record (default: $MQTT_PAYLOAD or "
        + "value).", valueName: "kind"))
  var payload: String?

  @Option(
    help: ArgumentHelp(
      "The topics, of {prefix}, {meter}, {channel} and {metric} (default: $MQTT_TOPIC, or "
        + "{prefix}/{metric}, {prefix}/{meter}/json, {prefix}/{meter}/record).",
      valueName: "template"))
  var topic: String?

  @Option(
    help: ArgumentHelp(
      "What topics begin with (default: $MQTT_TOPIC_PREFIX or dsmr).", valueName: "topic"))
  var prefix: String?

  @Option(
    help: ArgumentHelp(
      "Quality of service: 0, 1 or 2 (default: $MQTT_QOS or 0; json and record have 1 at least).",
      valueName: "qos"))
  var qos: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Let the broker keep the last message of each topic (default: $MQTT_RETAIN or no).")
  var retain: Bool?

  @Option(
    help: ArgumentHelp(
      "Have the broker drop what nobody has fetched by then: MQTT 5 (default: $MQTT_EXPIRY or "
        + "never).", valueName: "seconds"))
  var expiry: String?

  @Option(
    defaultAsFlag: "True", parsing: .next,
    help: ArgumentHelp(
      "Publish online and offline to this topic (default: $MQTT_STATUS, or {prefix}/status, "
        + "or {prefix}/{id}/status with json and record).", valueName: "template"))
  var status: String?

  @Flag(help: "Do not publish online and offline.")
  var noStatus = false

  @Option(
    defaultAsFlag: "300", parsing: .next,
    help: ArgumentHelp(
      "Only what has changed, and all else every so often (default: $MQTT_ON_CHANGE or no).",
      valueName: "seconds"))
  var onChange: String?

  @Option(
    defaultAsFlag: "homeassistant", parsing: .next,
    help: ArgumentHelp(
      "Announce the metrics to Home Assistant, below this prefix (default: $MQTT_HOMEASSISTANT or "
        + "no).", valueName: "prefix"))
  var homeassistant: String?

  func validate() throws {
    guard !noStatus || status == nil else {
      throw ValidationError("--status and --no-status exclude each other")
    }
  }

  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .mqttPayload: .init("--payload", payload)
    case .mqttTopic: .init("--topic", topic)
    case .mqttTopicPrefix: .init("--prefix", prefix)
    case .mqttQoS: .init("--qos", qos)
    case .mqttRetain: .init("--retain", retain.map { $0 ? "True" : "False" })
    case .mqttExpiry: .init("--expiry", expiry)
    case .mqttStatus: noStatus ? .init("--no-status", "False") : .init("--status", status)
    case .mqttOnChange: .init("--on-change", onChange)
    case .mqttHomeAssistant: .init("--homeassistant", homeassistant)
    default: nil
    }
  }
}
