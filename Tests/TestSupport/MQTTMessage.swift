/// A message as a subscriber received it.
public struct MQTTMessage: Sendable, Equatable {
  public let topic: String
  public let qos: Int
  public let isRetained: Bool
  public let payload: [UInt8]

  /// The payload as text.
  public var text: String { String(decoding: payload, as: UTF8.self) }

  /// Describes a message.
  public init(topic: String, qos: Int, isRetained: Bool = false, payload: [UInt8]) {
    self.topic = topic
    self.qos = qos
    self.isRetained = isRetained
    self.payload = payload
  }
}
