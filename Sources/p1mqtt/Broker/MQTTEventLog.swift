import CMosquitto

/// The events that the callbacks of libmosquitto have noted, to which it passes a pointer to this. During
/// an attempt to connect, its thread calls back, and only for ``complain(_:_:)``.
final class MQTTEventLog {
  var events: [MQTTEvent] = []
  /// Whether the broker has answered the CONNECT of this connection.
  private(set) var isAnswered = false
  /// After how many idle seconds the broker wants to be pinged (MQTT 5, 3.2.2.3.14); nil if it did not say.
  private(set) var keepAlive: Int?
  /// Whether the broker retains messages (MQTT 5, 3.2.2.3.5).
  private(set) var canRetain = true
  /// Whether the broker has the session of an earlier connection (MQTT 5, 3.2.2.1.1).
  private(set) var isSessionPresent = false
  /// What is wrong with the encryption. The library only logs that, and has one error code for all of it.
  private var complaint: String?
  /// Why the broker may have closed the connection without an answer.
  private var hangUpReason = ""

  /// Forgets the last connection, before a new one.
  func begin(hangUpReason: String) {
    self.hangUpReason = hangUpReason
    events = []
    isAnswered = false
    complaint = nil
  }

  /// Notes the end of the connection, with the first reason.
  func disconnected(_ reason: String, _ fault: DisconnectCause = .other) {
    let isKnown = events.contains {
      if case .disconnected = $0 { true } else { false }
    }
    if !isKnown { events.append(.disconnected(complaint ?? reason, fault)) }
  }

  /// Removes the events of a connection that was closed on purpose.
  func forgetConnection() {
    events.removeAll {
      if case .disconnected = $0 { true } else { $0 == .connected }
    }
  }

  /// Sets the callbacks of the library.
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
    let text = unsafe String(
      cString: code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code))
    let reason = MQTTResult.sentence(text).replacing("Connection Refused: ", with: "")
    // 1, 4 and 5 are of MQTT 3.1.1 (3.2.2.3).
    let fault: DisconnectCause =
      switch UInt32(code) {
      case 1, MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue: .version
      case 4, 5, MQTT_RC_BAD_USERNAME_OR_PASSWORD.rawValue, MQTT_RC_NOT_AUTHORIZED.rawValue: .login
      case MQTT_RC_RETAIN_NOT_SUPPORTED.rawValue: .retaining
      case MQTT_RC_QOS_NOT_SUPPORTED.rawValue: .qos
      default: .other
      }
    let remedy = fault == .login ? "; check MQTT_USER and MQTT_PASS" : ""
    disconnected("connection rejected: \(reason)\(remedy)", fault)
  }

  /// Notes the end of the connection, for a result of the library.
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
      .rejected(
        number, reason: MQTTResult(code).reason,
        isTemporary: code == MQTT_RC_QUOTA_EXCEEDED.rawValue))
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

  /// An error of OpenSSL in the terms of a user.
  private func meaning(_ error: Substring) -> String {
    let meanings = [
      (
        "certificate required",
        "the broker requires a client certificate; set --cert-file and --key-file"
      ),
      ("unknown ca", "the broker does not trust the certificate of --cert-file"),
      ("bad certificate", "the broker does not trust the certificate of --cert-file"),
      ("certificate unknown", "the broker does not trust the certificate of --cert-file"),
      ("certificate expired", "the certificate of --cert-file has expired"),
      ("no application protocol", "the broker does not support the protocol of --alpn"),
      ("wrong version number", "this port of the broker does not use TLS"),
    ]
    return meanings.first { error.contains($0.0) }?.1 ?? "TLS: \(error)"
  }

  private func complain(_ text: String, _ reason: String?) {
    guard complaint == nil else { return }
    if text.contains("host name verification failed") {
      complaint = "the certificate of the broker is for another host name"
    } else if let reason {
      complaint = "the certificate of the broker is not trusted: \(reason)"
    } else if text.hasPrefix("OpenSSL Error"), text.hasSuffix("unexpected eof while reading") {
      // The end of the connection is reported anyway.
    } else if text.hasPrefix("OpenSSL Error") {
      // error:0A000410:SSL routines::sslv3 alert handshake failure
      complaint = meaning(text.split(separator: ":").last ?? "an error")
    } else if text.hasPrefix("Error: ") {
      complaint = MQTTResult.sentence(String(text.dropFirst("Error: ".count)))
    }
  }
}
