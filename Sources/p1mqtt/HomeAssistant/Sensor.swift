import CommandLine

/// A metric as a sensor of Home Assistant: the JSON object that announces it.
struct Sensor {
  /// The object.
  let text: String

  /// - Parameters:
  ///   - key: the metric.
  ///   - topic: where its values are published.
  ///   - decimals: the decimals of its values.
  ///   - expiry: after how many seconds without a value it has no state; nil for never.
  init(
    _ key: String, _ topic: String, decimals: Int, expiry: Int? = nil, of device: DeviceIdentity,
    _ style: SensorStyle
  ) {
    let kind = SensorKind(key)
    var object = JSONObject()
    object.set("name", kind.name)
    object.set("unique_id", "\(device.id)_\(DeviceIdentity.escaped(key))")
    object.set("state_topic", topic)
    object.set("value_template", Sensor.template(key, kind, style))
    object.set("unit_of_measurement", kind.unit)
    object.set("device_class", kind.deviceClass)
    object.set("state_class", kind.stateClass)
    if kind.isNumber { object.set("suggested_display_precision", decimals) }
    object.set("icon", kind.icon)
    object.set("entity_category", kind.isDiagnostic ? "diagnostic" : nil)
    if kind.isHidden { object.set("enabled_by_default", false) }
    object.set("availability_topic", style.statusTopic)
    if let expiry { object.set("expire_after", expiry) }
    if style.qos > 0 { object.set("qos", style.qos) }
    var about = JSONObject()
    about.set("identifiers", [device.id])
    about.set("name", device.name)
    about.set("serial_number", device.serial)
    about.set("via_device", device.parent)
    object.set("device", about)
    var origin = JSONObject()
    origin.set("name", "p1mqtt")
    origin.set("sw_version", toolsVersion)
    object.set("origin", origin)
    text = object.text
  }

  /// The template that makes the state of a message; nil where the message is the state.
  private static func template(
    _ key: String, _ kind: SensorKind, _ style: SensorStyle
  ) -> String? {
    let value = style.isJSON ? "value_json['\(key)']" : "value"
    switch kind.values {
    // After a total of 0 Home Assistant books the whole next total as consumed.
    case .total: return "{{ \(value) if \(value) | float(0) > 0 }}"
    // Home Assistant rejects longer states.
    case .text: return "{{ (\(value) | string)[:255] }}"
    case .tariff: return "{{ 'tariff ' ~ \(value) }}"
    case .state(let words):
      let pairs = words.sorted { $0.key < $1.key }.map { "'\($0.key)': '\($0.value)'" }
      let code = style.isJSON ? "\(value) | string" : value
      return "{{ {\(pairs.joined(separator: ", "))}.get(\(code), \(value)) }}"
    case .number: return style.isJSON ? "{{ \(value) }}" : nil
    }
  }
}

/// How the values of all sensors are published.
struct SensorStyle {
  /// Whether a message is a JSON object with all values of a record.
  let isJSON: Bool
  let qos: Int
  /// The topic of the status; nil where none is published.
  let statusTopic: String?
}
