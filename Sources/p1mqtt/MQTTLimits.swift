/// How much is sent at once, and how long is waited.
struct MQTTLimits {
  /// The quality of service of messages, and the least that will do.
  let qos: Int
  let leastQoS: Int
  /// After so long without an answer the broker is left.
  let silence: Duration
  /// How long the broker is waited for after the end of the input.
  let linger: Duration
  /// Whether messages are to be forgotten after a while.
  let expires: Bool
  /// Whether no more is read while what waits has no room.
  let holds: Bool
}
