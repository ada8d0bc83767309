import CMosquitto

/// What the callbacks of libmosquitto, which see no more than a pointer, have noted.
final class MQTTEventLog {
  var events: [MQTTEvent] = []
  /// Whether the broker has said something on this connection.
  private(set) var isAnswered = false
  /// What is wrong with the encryption, of which the library's codes say no more than that.
  private var complaint: String?

  /// A connection begins.
  func begin() {
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

  /// Has the library note here what happens.
  func listen(to connection: MQTTConnection) {
    let client = unsafe connection.client
    unsafe mosquitto_connect_v5_callback_set(client) { _, context, code, _, _ in
      unsafe MQTTEventLog.of(context)?.answered(code)
    }
    unsafe mosquitto_disconnect_v5_callback_set(client) { _, context, code, _ in
      unsafe MQTTEventLog.of(context)?.left(code)
    }
    unsafe mosquitto_publish_v5_callback_set(client) { _, context, number, code, _ in
      unsafe MQTTEventLog.of(context)?.published(number, code)
    }
    unsafe mosquitto_subscribe_callback_set(client) { _, context, _, count, granted in
      guard let granted = unsafe granted else { return }
      let isGranted = (0..<Int(count)).allSatisfy { unsafe granted[$0] < 128 }
      unsafe MQTTEventLog.of(context)?.events.append(.subscribed(isGranted: isGranted))
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

  private func answered(_ code: Int32) {
    isAnswered = true
    guard code != 0 else {
      events.append(.connected)
      return
    }
    // MQTT 3.1.1, 3.2.2.3: 1 is an unacceptable version.
    let isVersion = code == 1 || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue
    let text = unsafe String(
      cString: code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code))
    let reason = MQTTConnection.sentence(text)
    disconnected(
      code < 128 ? reason : "Connection Refused: \(reason)", isVersion ? .version : .other)
  }

  private func left(_ code: Int32) {
    let isRefusal = code == MOSQ_ERR_CONN_LOST.rawValue && !isAnswered
    let fault =
      code == MOSQ_ERR_PROTOCOL.rawValue ? MQTTFault.answer : isRefusal ? .version : .other
    disconnected(MQTTConnection.reason(code), fault)
  }

  private func published(_ number: Int32, _ code: Int32) {
    guard code >= 128 else {
      events.append(.published(number))
      return
    }
    events.append(
      .refused(
        number, reason: MQTTConnection.reason(code),
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

  private func complain(_ text: String, _ reason: String?) {
    guard complaint == nil else { return }
    if text.contains("host name verification failed") {
      complaint = "the certificate of the broker is one of another host"
    } else if let reason {
      complaint = "the certificate of the broker is not trusted: \(reason)"
    } else if text.hasPrefix("OpenSSL Error") {
      // error:0A000410:SSL routines::sslv3 alert handshake failure
      complaint = "TLS: \(text.split(separator: ":").last ?? "an error")"
    } else if text.hasPrefix("Error: ") {
      complaint = MQTTConnection.sentence(String(text.dropFirst("Error: ".count)))
    }
  }
}
