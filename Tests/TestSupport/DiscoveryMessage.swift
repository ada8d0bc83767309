/// A message of MQTT discovery, as Home Assistant would find it.
public struct DiscoveryMessage: Sendable, Encodable {
  public var topic: String
  /// The text of the message, which is JSON; an empty one removes a sensor.
  public var payload: String
  /// What its state topic may carry, to be rendered.
  public var values: [String]
  /// What the topics of discovery begin with.
  public var prefix: String

  /// Describes a message.
  public init(
    topic: String, payload: String, values: [String] = [], prefix: String = "homeassistant"
  ) {
    self.topic = topic
    self.payload = payload
    self.values = values
    self.prefix = prefix
  }
}
