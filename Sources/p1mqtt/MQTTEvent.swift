/// What happened on a connection to a broker.
enum MQTTEvent: Equatable {
  /// The broker has accepted us.
  case connected
  /// The connection is gone, or was never accepted.
  case disconnected(String, MQTTFault)
  /// A message has arrived: written out (QoS 0) or acknowledged (1 and 2).
  case published(Int32)
  /// The broker has refused a message; it may take it later where that is passing.
  case refused(Int32, reason: String, isPassing: Bool)
  /// The broker has answered a subscription.
  case subscribed(isGranted: Bool)
  /// A message has come.
  case received(topic: String, payload: [UInt8], isRetained: Bool)
}
