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
