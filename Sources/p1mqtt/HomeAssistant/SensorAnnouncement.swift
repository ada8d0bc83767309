/// An announcement of p1mqtt that the broker retains.
struct SensorAnnouncement {
  /// The topic of its values.
  let state: String
  /// The topic of the status of its sender; nil where it has none.
  let status: String?
  /// The id of the electricity meter of a sub-meter; nil for an electricity meter.
  let parent: String?
  private let text: String

  /// - Parameter text: a payload; nil if it is no announcement of p1mqtt.
  init?(_ text: String) {
    guard text.contains("\"origin\":{\"name\":\"p1mqtt\""),
      let state = SensorAnnouncement.value(of: "state_topic", in: text)
    else {
      return nil
    }
    self.text = text
    self.state = state
    status = SensorAnnouncement.value(of: "availability_topic", in: text)
    parent = SensorAnnouncement.value(of: "via_device", in: text)
  }

  /// After how many seconds without a value the sensor has no state; nil for never.
  var expiry: Int? {
    let parts = text.split(separator: "\"expire_after\":", maxSplits: 1)
    return parts.count == 2 ? Int(parts[1].prefix { $0.isNumber }) : nil
  }

  var deviceName: String? {
    text.split(separator: "\"device\":{", maxSplits: 1).last.flatMap {
      SensorAnnouncement.value(of: "name", in: $0)
    }
  }

  private static func value(of name: String, in text: some StringProtocol) -> String? {
    let parts = text.split(separator: "\"\(name)\":\"", maxSplits: 1)
    return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : nil
  }
}
