/// How messages are sent, and how long an answer may take.
struct MQTTLimits {
  /// The quality of service of messages, and the least that will do.
  let qos: Int
  let leastQoS: Int
  /// After so long without an answer the broker is left.
  let silence: Duration
}
