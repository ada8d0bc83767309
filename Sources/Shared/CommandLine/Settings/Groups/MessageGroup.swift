/// What p1mqtt publishes, and to which topics.
public struct MessageGroup: SettingGroup {
  public static let title = "Messages"

  /// The default prefixes.
  public static let usualPrefix = "dsmr"
  public static let prefixForHomeAssistant = "p1"
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
    help: "Publish one message per value (value), or per record as JSON (json) or text (record).",
    manual: """
      See
      .Sx Payloads .
      """)
  public let prefix = Setting<String?>(
    "MQTT_TOPIC_PREFIX", option: "prefix", .anything("topic"),
    ifUnset: "\(usualPrefix), or \(prefixForHomeAssistant) with --homeassistant",
    help: "Begin topics with this text.",
    manual: """
      The text may contain slashes, as in
      .Ql p1/attic ,
      but no
      .Ql +
      or
      .Ql # .
      In templates,
      .Ql {prefix}
      stands for this text.
      """)
  public let retain = Setting(
    "MQTT_RETAIN", option: "retain", .flag, default: false, isInvertible: true,
    help: "Let the broker retain the last message of each topic.",
    manual: """
      Clients that subscribe later get this message at once.
      The broker keeps it even if the meter no longer sends the metric.
      """)
  public let homeAssistant = Setting<String?>(
    "MQTT_HOMEASSISTANT", option: "homeassistant", .anything("prefix"),
    whenBare: "homeassistant", ifUnset: "off", isInvertible: true,
    help: "Announce the metrics to Home Assistant below this prefix.",
    manual: """
      Without a prefix, it is
      .Ql homeassistant ,
      the discovery prefix of Home Assistant: see
      .Sx HOME ASSISTANT .
      .Ev MQTT_HOMEASSISTANT
      is
      .Cm True ,
      .Cm False
      or a prefix.
      """)
  public let onChange = Setting<String?>(
    "MQTT_ON_CHANGE", option: "on-change", .anything("seconds"), whenBare: "300", ifUnset: "off",
    isInvertible: true,
    help: "Publish only what changed, and everything at this interval.",
    manual: """
      The interval is 1 to 86400 seconds, and 300 without a number; 0 turns the option off.
      With
      .Fl -payload Cm value ,
      values are compared one by one.
      The timestamp is published if any value changed.
      With
      .Cm json
      and
      .Cm record ,
      whole records are compared, without their timestamps.
      After each connection, everything is published once.
      .Ev MQTT_ON_CHANGE
      is
      .Cm True
      (300 seconds),
      .Cm False
      or a number of seconds; 1 means
      .Cm True .
      """)
  public let topic = Setting<String?>(
    "MQTT_TOPIC", option: "topic", .anything("template"),
    ifUnset: "\(valueTopic), \(jsonTopic) or \(recordTopic)",
    help: "Make topics from this template.",
    manual: """
      The template may contain
      .Ql {prefix} ,
      .Ql {meter} ,
      .Ql {channel}
      and
      .Ql {metric} :
      see
      .Sx Topics .
      """)
  public let qos = Setting(
    "MQTT_QOS", option: "qos", .number(0...2, "qos"), default: 0,
    help: "Publish with this quality of service: 0, 1 or 2.",
    manual: """
      0 is at most once, 1 at least once, 2 exactly once.
      Records
      .Pq Cm json No and Cm record
      are published with at least 1, because they need an acknowledgement.
      If the broker supports only a lower QoS,
      .Nm
      uses the highest that it supports.
      If it supports only 0, records stay in the spool or the buffer.
      """)
  public let status = Setting<String?>(
    "MQTT_STATUS", option: "status", .anything("template"), whenBare: "True",
    ifUnset: "\(valueStatusTopic), or \(recordStatusTopic) with json and record",
    isInvertible: true,
    help: "Publish online and offline to this topic.",
    manual: """
      The template must contain a slash.
      It may contain
      .Ql {prefix}
      and
      .Ql {id} ,
      the client id: see
      .Sx The status .
      .Cm True
      selects the usual topic;
      .Cm False
      is the same as
      .Fl -no-status .
      """)
  public let meterTimeout = Setting<Int?>(
    "MQTT_METER_TIMEOUT", option: "meter-timeout", .number(1...86_400, "seconds"), ifUnset: "off",
    help: "Publish the status of each meter: offline after this time without a telegram.",
    manual: """
      The time is 1 to 86400 seconds.
      The topic is
      .Pa {prefix}/{meter}/status :
      see
      .Sx The status of meters .
      """)
  public let expiry = Setting(
    "MQTT_EXPIRY", option: "expiry", .number(1...31_536_000, "seconds"), ifUnset: "never",
    help: "Let the broker drop messages that it cannot deliver within this time.",
    manual: """
      The time is 1 to 31536000 seconds.
      It needs MQTT 5; with MQTT 3.1.1, messages do not expire.
      """)
  public let discoveryForm = Setting(
    "MQTT_HOMEASSISTANT_DISCOVERY", option: "homeassistant-discovery",
    .choice(["device", "component"], "form"), default: "device",
    help: "Announce each meter, or each of its metrics: device or component.",
    manual: """
      Home Assistant before version 2024.11 needs
      .Cm component .
      When you change this setting, Home Assistant 2024.12 and later keep the sensors with their
      history and settings.
      """)

  public init() {}
}

/// Receiving records with p1mqtt.
public struct ReceivingGroup: SettingGroup {
  public static let title = "Receiving"

  public let receive = Setting(
    nil, option: "receive", .flag, default: false,
    help: "Receive records from the broker and write them to standard output.",
    manual: """
      See
      .Sx RECEIVING RECORDS .
      """)
  public let filter = Setting<String?>(
    "MQTT_RECEIVE_FILTER", .anything("filters"), ifUnset: "the topics of records",
    help: "With --receive, subscribe to these topics.",
    manual: """
      Spaces separate several filters:
      .Ql north/+/record south/+/record .
      Arguments of the command line replace them.
      """)

  public init() {}
}
