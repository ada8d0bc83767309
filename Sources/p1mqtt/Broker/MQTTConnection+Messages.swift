import CMosquitto

extension MQTTConnection {
  /// The result of ``publish(_:qos:)``.
  enum Sending: Equatable {
    /// It is in flight with this packet identifier, which is that of an event when it has arrived.
    case sent(Int32, qos: Int)
    /// It can never be sent.
    case rejected(reason: String)
    /// The broker takes no message of this quality of service.
    case tooHigh(qos: Int)
    case disconnected(reason: String)
  }

  /// Sends a message, or queues it until the socket can be written.
  ///
  /// - Parameter qos: the quality of service; a lower one is used if the broker takes no higher one.
  func publish(_ message: Message, qos: Int) -> Sending {
    var number: Int32 = 0
    let qos = min(qos, limits.highestQoS)
    let expiry =
      switch message.purpose {
      case .value, .record: expiry
      case .onlineMeter: statusExpiry
      case .status, .offlineMeter, .discovery, .change: nil as MessageExpiry?
      }
    let properties = version == .version5 ? unsafe expiry?.properties : nil
    let result = unsafe message.payload.span.withUnsafeBytes { bytes in
      MQTTResult(
        unsafe mosquitto_publish_v5(
          client, &number, message.topic, Int32(bytes.count), bytes.baseAddress, Int32(qos),
          message.isRetained && limits.canRetain, properties))
    }
    switch mosq_err_t(result.code) {
    case MOSQ_ERR_SUCCESS: return .sent(number, qos: qos)
    case MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET:
      return .rejected(reason: result.reason)
    case MOSQ_ERR_QOS_NOT_SUPPORTED: return .tooHigh(qos: qos)
    // The library has queued it for the next connection.
    case let code where resendsInFlight && qos > 0 && code != MOSQ_ERR_NOMEM:
      return .sent(number, qos: qos)
    default: return .disconnected(reason: result.reason)
    }
  }

  /// Subscribes to topics. An event with the same packet identifier has the answer of the broker.
  ///
  /// - Returns: the packet identifier; nil if the connection broke.
  @discardableResult
  func subscribe(to filter: String, qos: Int) -> Int32? {
    var number: Int32 = 0
    // Retained messages are to be received once, and not again after each connection.
    let options = version == .version5 && qos > 0 ? Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue) : 0
    let result = MQTTResult(
      unsafe mosquitto_subscribe_v5(client, &number, filter, Int32(qos), options, nil))
    return result.isSuccess ? number : nil
  }
}

/// What a broker takes, as far as is known.
struct BrokerLimits {
  /// The highest quality of service.
  var highestQoS = 2
  /// Whether it retains messages.
  var canRetain = true
}

/// The expiry of a message (MQTT 5, 3.3.2.3.3) in the form of libmosquitto.
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
