/// What all sensors have alike: how their values are published.
struct SensorStyle {
  /// Whether a value stands in a JSON object with others.
  let isJSON: Bool
  let qos: Int
  /// Where it says whether values come; nil where it does not.
  let statusTopic: String?
}
