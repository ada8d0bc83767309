import CommandLine

/// A metric as a sensor of Home Assistant's: the JSON object that announces it.
struct Sensor {
  /// The object.
  let text: String

  /// - Parameters:
  ///   - key: the metric.
  ///   - topic: where its values are published.
  ///   - device: whose it is.
  ///   - style: how values are published.
  init(_ key: String, _ topic: String, of device: DeviceIdentity, _ style: SensorStyle) {
    let kind = SensorKind(key)
    var object = JSONObject()
    object.set("name", kind.name)
    object.set("unique_id", "\(device.id)_\(DeviceIdentity.escaped(key))")
    object.set("state_topic", topic)
    object.set("value_template", Sensor.template(key, kind, style))
    object.set("unit_of_measurement", kind.unit)
    object.set("device_class", kind.deviceClass)
    object.set("state_class", kind.stateClass)
    object.set("entity_category", kind.isDiagnostic ? "diagnostic" : nil)
    object.set("availability_topic", style.statusTopic)
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

  /// Reads what announces a sensor.
  ///
  /// - Parameter text: the object, as written here.
  /// - Returns: the topic of its values, that of the status of who publishes them, where that is said,
  ///   and the id of the meter that reads its device, where one does; nil for any other text.
  static func read(_ text: String) -> (state: String, status: String?, parent: String?)? {
    func value(of name: String) -> String? {
      let parts = text.split(separator: "\"\(name)\":\"", maxSplits: 1)
      return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : nil
    }
    guard text.contains("\"origin\":{\"name\":\"p1mqtt\""), let state = value(of: "state_topic")
    else {
      return nil
    }
    return (state, value(of: "availability_topic"), value(of: "via_device"))
  }

  /// What makes the state of a message; nil where that is the message itself.
  private static func template(
    _ key: String, _ kind: SensorKind, _ style: SensorStyle
  ) -> String? {
    let value = style.isJSON ? "value_json['\(key)']" : "value"
    switch kind.values {
    // Home Assistant takes a total of 0 for a new meter, and books all of the next one.
    case .total: return "{{ \(value) if \(value) | float(0) > 0 }}"
    // It takes no state that is longer.
    case .text: return "{{ (\(value) | string)[:255] }}"
    case .number: return style.isJSON ? "{{ \(value) }}" : nil
    }
  }
}

/// What all sensors have alike: how their values are published.
struct SensorStyle {
  /// Whether a value stands in a JSON object with others.
  let isJSON: Bool
  let qos: Int
  /// Where it says whether values come; nil where it does not.
  let statusTopic: String?
}
