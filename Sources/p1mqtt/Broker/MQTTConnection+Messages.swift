import CMosquitto

extension MQTTConnection {
  /// What became of a message.
  enum Sending: Equatable {
    /// It is on its way, with a quality of service; an event names its number once it has arrived.
    case sent(Int32, qos: Int)
    /// It can never be sent.
    case refused(reason: String)
    /// The broker has said that it takes no such quality of service.
    case tooHigh(qos: Int)
    /// The connection is gone.
    case disconnected(reason: String)
  }

  /// Sends a message, or leaves it for when the socket takes it.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - qos: its quality of service, or the highest that the broker takes.
  /// - Returns: what became of it.
  func publish(_ message: Message, qos: Int) -> Sending {
    var number: Int32 = 0
    let qos = min(qos, limits.mostQoS)
    let properties =
      !message.isAnnouncement && version == .version5 ? unsafe expiry?.properties : nil
    let result = unsafe message.payload.span.withUnsafeBytes { bytes in
      MQTTResult(
        unsafe mosquitto_publish_v5(
          client, &number, message.topic, Int32(bytes.count), bytes.baseAddress, Int32(qos),
          message.isRetained && limits.canRetain, properties))
    }
    switch mosq_err_t(result.code) {
    case MOSQ_ERR_SUCCESS: return .sent(number, qos: qos)
    case MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET:
      return .refused(reason: result.reason)
    case MOSQ_ERR_QOS_NOT_SUPPORTED: return .tooHigh(qos: qos)
    // The library has it, and sends it once there is a connection again.
    case let code where keepsUnsent && qos > 0 && code != MOSQ_ERR_NOMEM:
      return .sent(number, qos: qos)
    default: return .disconnected(reason: result.reason)
    }
  }

  /// Subscribes; an event with the number of the request tells whether the broker grants it.
  ///
  /// - Returns: the number; nil where nothing can be sent, of which an event tells as well.
  @discardableResult
  func subscribe(to filter: String, qos: Int) -> Int32? {
    var number: Int32 = 0
    // The broker sends the messages that it retains once, and not again after each connection.
    let options = version == .version5 && qos > 0 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
    let result = MQTTResult(
      unsafe mosquitto_subscribe_v5(client, &number, filter, Int32(qos), options, nil))
    return result.isSuccess ? number : nil
  }
}

/// What a broker takes, as far as it has said or shown.
struct BrokerLimits {
  /// The highest quality of service.
  var mostQoS = 2
  /// Whether it keeps messages for those who come later.
  var canRetain = true
}

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
