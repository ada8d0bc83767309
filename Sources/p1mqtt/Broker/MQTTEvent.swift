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
  /// The broker has answered the subscription with this number: the quality of service that it grants,
  /// or from 128 on the code of a refusal (MQTT 5, 3.9.3).
  case subscribed(Int32, code: Int32)
  /// A message has come.
  case received(topic: String, payload: [UInt8], isRetained: Bool)
}

/// Why a connection is gone, as far as another one may fare better.
enum MQTTFault {
  /// The broker has said that it does not speak this version of MQTT.
  case version
  /// The broker has left before any answer, as one may that cannot even read this version.
  case hangUp
  /// The broker keeps no messages, not even the one for when we are gone.
  case retaining
  /// The broker takes no message of this quality of service, not even the one for when we are gone.
  case qos
  /// The broker's answer is none that MQTT has.
  case protocolError
  case other
}
