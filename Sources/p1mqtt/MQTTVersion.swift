/// A version of MQTT.
enum MQTTVersion {
  case version311
  /// It tells why a message is refused, and when one is to be forgotten.
  case version5
}
