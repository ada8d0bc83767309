import CMosquitto

/// How long a broker keeps a message that nobody has fetched (MQTT 5, 3.3.2.3.3), as libmosquitto
/// wants it.
@safe final class MessageExpiry {
  private(set) var properties: OpaquePointer?

  init(seconds: Int) {
    unsafe mosquitto_property_add_int32(
      &properties, Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue), UInt32(seconds))
  }

  deinit {
    unsafe mosquitto_property_free_all(&properties)
  }
}
