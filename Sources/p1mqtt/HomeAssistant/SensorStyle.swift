/// How the values of all sensors are published.
struct SensorStyle {
  /// Whether a message is a JSON object with all values of a record.
  let isJSON: Bool
  let qos: Int
  /// The topic of the status; nil where none is published.
  let statusTopic: String?
}

extension SensorConfiguration {
  /// - Parameters:
  ///   - key: the metric.
  ///   - topic: where its values are published.
  ///   - decimals: the decimals of its values.
  ///   - expiry: after how many seconds without a value it has no state; nil for never.
  init(
    _ key: String, _ topic: String, decimals: Int, expiry: Int?, of device: DeviceIdentity,
    _ style: SensorStyle
  ) {
    let kind = SensorKind(key)
    self.init(
      name: kind.name,
      uniqueId: "\(device.id)_\(DeviceIdentity.escaped(key))",
      stateTopic: topic,
      valueTemplate: SensorConfiguration.template(key, kind, style),
      unitOfMeasurement: kind.unit,
      deviceClass: kind.deviceClass,
      stateClass: kind.stateClass,
      suggestedDisplayPrecision: kind.isNumber ? decimals : nil,
      icon: kind.icon,
      entityCategory: kind.isDiagnostic ? "diagnostic" : nil,
      enabledByDefault: kind.isHidden ? false : nil,
      expireAfter: expiry,
      qos: style.qos > 0 ? style.qos : nil)
  }

  /// The template that makes the state of a message; nil where the message is the state.
  ///
  /// The state of an empty message is unknown: it has the broker delete the value of a meter that was replaced. If
  /// Home Assistant expects a number, it ignores such a message.
  private static func template(_ key: String, _ kind: SensorKind, _ style: SensorStyle) -> String? {
    let value = style.isJSON ? "value_json['\(key)']" : "value"
    switch kind.values {
    // After a total of 0 Home Assistant books the whole next total as consumed.
    case .total: return "{{ \(value) if \(value) | float(0) > 0 }}"
    // Home Assistant rejects longer states.
    case .text: return "{{ (\(value) | string)[:255]\(style.isJSON ? "" : " or None") }}"
    case .tariff: return "{{ 'tariff ' ~ \(value)\(style.isJSON ? "" : " if value else None") }}"
    case .state(let words):
      let pairs = words.sorted { $0.key < $1.key }.map { "'\($0.key)': '\($0.value)'" }
      let code = style.isJSON ? "\(value) | string" : value
      return
        "{{ {\(pairs.joined(separator: ", "))}.get(\(code), \(value)\(style.isJSON ? "" : " or None")) }}"
    case .number where style.isJSON: return "{{ \(value) }}"
    case .number: return kind.deviceClass == "timestamp" ? "{{ value or None }}" : nil
    }
  }
}
