import CMosquitto

/// What the callbacks of libmosquitto, which see no more than a pointer, have noted. While a try to
/// connect is under way, they are called on its thread, and only to ``complain(_:_:)``.
final class MQTTEventLog {
  var events: [MQTTEvent] = []
  /// Whether the broker has said something on this connection.
  private(set) var isAnswered = false
  /// After how many seconds of silence the broker wants to be asked whether it is there, where it says
  /// so: MQTT 5.
  private(set) var keepAlive: Int?
  /// Whether the broker keeps messages: MQTT 5 tells.
  private(set) var canRetain = true
  /// Whether the broker knows what was on its way on an earlier connection (MQTT 5, 3.2.2.1.1).
  private(set) var isSessionPresent = false
  /// What is wrong with the encryption, of which the library's codes say no more than that.
  private var complaint: String?
  /// What is said where the broker leaves without an answer.
  private let hangUpReason: String

  /// - Parameter settings: what connections are made by.
  init(of settings: BrokerSettings) {
    hangUpReason = settings.hangUpReason
  }

  /// A connection begins: what there was of the last one is no more of interest.
  func begin() {
    events = []
    isAnswered = false
    complaint = nil
  }

  /// The connection is gone.
  func disconnected(_ reason: String, _ fault: MQTTFault = .other) {
    let isSaid = events.contains {
      if case .disconnected = $0 { true } else { false }
    }
    if !isSaid { events.append(.disconnected(complaint ?? reason, fault)) }
  }

  /// We have left the broker ourselves.
  func forgetConnection() {
    events.removeAll {
      if case .disconnected = $0 { true } else { $0 == .connected }
    }
  }

  /// Has the library note here what happens.
  func listen(to connection: MQTTConnection) {
    let client = unsafe connection.client
    unsafe mosquitto_connect_v5_callback_set(client) { _, context, code, flags, properties in
      var retains: UInt8 = 1
      unsafe mosquitto_property_read_byte(
        properties, Int32(MQTT_PROP_RETAIN_AVAILABLE.rawValue), &retains, false)
      var keepAlive: UInt16 = 0
      unsafe mosquitto_property_read_int16(
        properties, Int32(MQTT_PROP_SERVER_KEEP_ALIVE.rawValue), &keepAlive, false)
      let log = unsafe MQTTEventLog.of(context)
      log?.keepAlive = keepAlive == 0 ? nil : Int(keepAlive)
      log?.isSessionPresent = flags & 1 == 1
      log?.answered(code, retains: retains != 0)
    }
    unsafe mosquitto_disconnect_v5_callback_set(client) { _, context, code, _ in
      let result = MQTTResult(code)
      unsafe MQTTEventLog.of(context)?.left(result)
    }
    unsafe mosquitto_publish_v5_callback_set(client) { _, context, number, code, _ in
      unsafe MQTTEventLog.of(context)?.published(number, code)
    }
    unsafe mosquitto_subscribe_callback_set(client) { _, context, number, count, granted in
      // Each request has one filter.
      guard count > 0, let code = unsafe granted?.pointee else { return }
      unsafe MQTTEventLog.of(context)?.events.append(.subscribed(number, code: code))
    }
    unsafe mosquitto_message_callback_set(client) { _, context, message in
      guard let message = unsafe message?.pointee else { return }
      unsafe MQTTEventLog.of(context)?.received(message)
    }
    unsafe mosquitto_log_callback_set(client) { client, context, _, text in
      guard let client = unsafe client, let text = unsafe text else { return }
      let reason = unsafe tls_verify_error(client).map { unsafe String(cString: $0) }
      unsafe MQTTEventLog.of(context)?.complain(String(cString: text), reason)
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> MQTTEventLog? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<MQTTEventLog>.fromOpaque(context).takeUnretainedValue()
  }

  private func answered(_ code: Int32, retains: Bool) {
    isAnswered = true
    complaint = nil
    canRetain = retains
    guard code != 0 else {
      events.append(.connected)
      return
    }
    // MQTT 3.1.1, 3.2.2.3: 1 is an unacceptable version.
    let isVersion = code == 1 || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue
    let text = unsafe String(
      cString: code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code))
    let reason = MQTTResult.sentence(text)
    let fault =
      switch UInt32(code) {
      case MQTT_RC_RETAIN_NOT_SUPPORTED.rawValue: MQTTFault.retaining
      case MQTT_RC_QOS_NOT_SUPPORTED.rawValue: MQTTFault.qos
      default: isVersion ? MQTTFault.version : .other
      }
    disconnected(code < 128 ? reason : "Connection Refused: \(reason)", fault)
  }

  /// The broker is gone, for what the library has returned.
  func left(_ result: MQTTResult) {
    if result.isHangUp, !isAnswered, complaint == nil {
      disconnected(hangUpReason, .hangUp)
    } else {
      disconnected(
        result.reason, result.code == MOSQ_ERR_PROTOCOL.rawValue ? .protocolError : .other)
    }
  }

  private func published(_ number: Int32, _ code: Int32) {
    guard code >= 128 else {
      events.append(.published(number))
      return
    }
    events.append(
      .refused(
        number, reason: MQTTResult(code).reason,
        isPassing: code == MQTT_RC_QUOTA_EXCEEDED.rawValue))
  }

  private func received(_ message: mosquitto_message) {
    var payload: [UInt8] = []
    if let start = unsafe message.payload {
      let count = unsafe Int(message.payloadlen)
      unsafe payload.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
    }
    let topic = unsafe String(cString: message.topic)
    let isRetained = unsafe message.retain
    events.append(.received(topic: topic, payload: payload, isRetained: isRetained))
  }

  /// What OpenSSL's words mean to a user, as far as they have one meaning.
  private func meaning(_ error: Substring) -> String {
    let meanings = [
      ("certificate required", "the broker wants a certificate, and none is set"),
      ("unknown ca", "the broker does not trust our certificate"),
      ("bad certificate", "the broker does not trust our certificate"),
      ("certificate unknown", "the broker does not trust our certificate"),
      ("certificate expired", "our certificate has expired"),
      ("no application protocol", "the broker does not know the protocol asked for by ALPN"),
      ("wrong version number", "the broker speaks no TLS on this port"),
    ]
    return meanings.first { error.contains($0.0) }?.1 ?? "TLS: \(error)"
  }

  private func complain(_ text: String, _ reason: String?) {
    guard complaint == nil else { return }
    if text.contains("host name verification failed") {
      complaint = "the certificate of the broker is one of another host"
    } else if let reason {
      complaint = "the certificate of the broker is not trusted: \(reason)"
    } else if text.hasPrefix("OpenSSL Error"), text.hasSuffix("unexpected eof while reading") {
      // The broker has hung up, which is said without this.
    } else if text.hasPrefix("OpenSSL Error") {
      // error:0A000410:SSL routines::sslv3 alert handshake failure
      complaint = meaning(text.split(separator: ":").last ?? "an error")
    } else if text.hasPrefix("Error: ") {
      complaint = MQTTResult.sentence(String(text.dropFirst("Error: ".count)))
    }
  }
}
