/// What p1mqtt publishes, and to which topics.
public struct MessageGroup: SettingGroup {
  public static let title = "Messages"

  /// The default topics of values and records.
  public static let valueTopic = "{prefix}/{metric}"
  public static let jsonTopic = "{prefix}/{meter}/json"
  public static let recordTopic = "{prefix}/{meter}/record"
  /// The default topics of the status: values have one sender below a prefix, records may have many.
  public static let valueStatusTopic = "{prefix}/status"
  public static let recordStatusTopic = "{prefix}/{id}/status"

  public let payload = Setting(
    "MQTT_PAYLOAD", option: "payload", .choice(["value", "json", "record"], "kind"),
    default: "value",
    help: "Publish a message per value, or per record as JSON or as it is.",
    manual: """
      With
      .Cm value
      each metric has a topic; with
      .Cm json
      and
      .Cm record
      each meter: see
      .Sx Payloads .
      """)
  public let topic = Setting<String?>(
    "MQTT_TOPIC", option: "topic", .anything("template"),
    ifUnset: "\(valueTopic), \(jsonTopic) or \(recordTopic)",
    help: "Make topics from this template.",
    manual: """
      It is text with
      .Ql {prefix} ,
      .Ql {meter} ,
      .Ql {channel}
      and
      .Ql {metric}
      in it: see
      .Sx Topics .
      """)
  public let prefix = Setting(
    "MQTT_TOPIC_PREFIX", option: "prefix", .anything("topic"), default: "dsmr",
    help: "Begin topics with this text.",
    manual: """
      It stands for
      .Ql {prefix} ,
      and may have slashes, but not
      .Ql +
      or
      .Ql # .
      A slash at its end is left out.
      """)
  public let qos = Setting(
    "MQTT_QOS", option: "qos", .number(0...2, "qos"), default: 0,
    help: "Publish with this quality of service.",
    manual: """
      0 is at most once, 1 at least once, 2 exactly once.
      With
      .Fl -payload Cm json
      and
      .Cm record
      it is at least 1, as a message with QoS 0 is not acknowledged.
      If the broker grants less, values are published with what it grants.
      Records then wait as in an outage, if it grants only 0.
      """)
  public let retain = Setting(
    "MQTT_RETAIN", option: "retain", .flag, default: false, isInvertible: true,
    help: "Let the broker retain the last message of each topic.",
    manual: """
      Clients that subscribe later get it at once.
      The last message of a metric that no longer comes stays at the broker, such as a message of the
      grid operator.
      """)
  public let expiry = Setting(
    "MQTT_EXPIRY", option: "expiry", .number(1...31_536_000, "seconds"), ifUnset: "never",
    help: "Let the broker drop messages that nobody fetched in time.",
    manual: """
      From 1 to 31536000 seconds.
      This needs MQTT 5.
      With 3.1.1
      .Nm
      logs a warning and publishes messages that do not expire.
      """)
  public let status = Setting<String?>(
    "MQTT_STATUS", option: "status", .anything("template"), whenBare: "True",
    ifUnset: "\(valueStatusTopic), or \(recordStatusTopic) with json and record",
    help: "Publish online and offline to this topic.",
    manual: """
      It is text with
      .Ql {prefix}
      and
      .Ql {id} ,
      the client id, in it, and has a slash: see
      .Sx The status .
      The value
      .Cm True
      is the default topic,
      .Cm False
      the same as
      .Fl -no-status .
      """)
  public let noStatus = Setting(
    nil, option: "no-status", .flag, default: false,
    help: "Do not publish online and offline.")
  public let onChange = Setting<String?>(
    "MQTT_ON_CHANGE", option: "on-change", .anything("seconds"), whenBare: "300", ifUnset: "off",
    help: "Publish only what changed, and the rest every so many seconds.",
    manual: """
      From 1 to 86400 seconds, and 300 without a number; 0 turns it off.
      With
      .Fl -payload Cm value
      this goes for each topic, and the timestamp is published if anything changed.
      With
      .Cm json
      and
      .Cm record
      a record is left out if it differs from the last one of its topic only in its time.
      After each connection, and when Home Assistant is back, everything is published once.
      .Ev MQTT_ON_CHANGE
      is
      .Cm True ,
      .Cm False
      or a number of seconds from 2.
      """)
  public let homeAssistant = Setting<String?>(
    "MQTT_HOMEASSISTANT", option: "homeassistant", .anything("prefix"),
    whenBare: "homeassistant", ifUnset: "off",
    help: "Announce the metrics to Home Assistant below this prefix.",
    manual: """
      Without a prefix it is
      .Ql homeassistant :
      see
      .Sx Home Assistant .
      .Ev MQTT_HOMEASSISTANT
      is
      .Cm True ,
      .Cm False
      or a prefix.
      """)

  public init() {}
}

/// The other direction of p1mqtt.
public struct ReceivingGroup: SettingGroup {
  public static let title = "Receiving"

  public let receive = Setting(
    nil, option: "receive", .flag, default: false,
    help: "Write records that the broker has to standard output.",
    manual: """
      See
      .Sx Receiving records .
      """)

  public init() {}
}
