/// An event on a connection to a broker.
enum MQTTEvent: Equatable {
  /// The broker has accepted the connection.
  case connected
  /// The connection broke, or the broker has refused it.
  case disconnected(String, DisconnectCause)
  /// The message with this packet identifier was written (QoS 0) or acknowledged (QoS 1 and 2).
  case published(Int32)
  /// The broker has rejected the message with this packet identifier, perhaps only for now.
  case rejected(Int32, reason: String, isTemporary: Bool)
  /// The broker has answered the subscription with this packet identifier: it grants a quality of service,
  /// or rejects for a reason from 128 on (MQTT 5, 3.9.3).
  case subscribed(Int32, code: Int32)
  /// The broker has sent a message.
  case received(topic: String, payload: [UInt8], isRetained: Bool)
}

/// Why a connection ended, as far as the next one can do something about it.
enum DisconnectCause {
  /// The broker has answered that it does not speak this version of MQTT.
  case version
  /// The broker has rejected the user or the password.
  case login
  /// The broker closed the connection without an answer, as an old one may do that cannot read MQTT 5.
  case hangUp
  /// The broker retains no messages, not even the will.
  case retaining
  /// The broker takes no messages of this quality of service, not even the will.
  case qos
  /// The broker has sent a packet that MQTT does not allow there.
  case protocolError
  /// The broker has lost the session. It accepts a new one.
  case forgotten
  case other
}
