import CMosquitto
import Console
import Glibc
import SystemPackage

/// A connection to a broker (MQTT 3.1.1), driven from outside: by what its socket is ready for.
@safe final class MQTTConnection {
  /// What happened on the connection.
  enum Event: Equatable {
    /// The broker has accepted us.
    case connected
    /// The connection is gone, or was never accepted; a protocol error is an answer that there is
    /// none of in MQTT.
    case disconnected(String, isProtocolError: Bool)
    /// A message has arrived: written out (QoS 0) or acknowledged (1 and 2).
    case published(Int32)
  }

  private let client: OpaquePointer
  private let settings: MQTTSettings
  private let log = EventLog()
  private var attempt: ConnectionAttempt?

  /// What the callbacks, which see no more than a pointer, have noted.
  private final class EventLog {
    var events: [Event] = []
  }

  /// Seconds of silence after which either side asks whether the other is still there.
  private static let keepAlive: Int32 = 60

  /// - Throws: `Failure` where the settings cannot be used.
  init(_ settings: MQTTSettings) throws {
    self.settings = settings
    mosquitto_lib_init()
    guard let client = unsafe mosquitto_new(nil, true, nil) else {
      throw Failure("libmosquitto", Errno(rawValue: errno))
    }
    unsafe self.client = client
    try configure()
  }

  /// Makes the client as new: whatever it still had to send is forgotten, for that is the queue's
  /// to decide.
  private func configure() throws {
    let context = unsafe Unmanaged.passUnretained(log).toOpaque()
    try check(
      unsafe mosquitto_reinitialise(client, settings.clientID, true, context), .mqttClientID)
    if let login = settings.login {
      try check(
        unsafe mosquitto_username_pw_set(client, login.user, login.password?.value), .mqttUser)
    }
    unsafe mosquitto_connect_callback_set(client) { _, context, code in
      unsafe MQTTConnection.note(
        code == 0
          ? .connected
          : .disconnected(
            MQTTConnection.sentence(String(cString: mosquitto_connack_string(code))),
            isProtocolError: false),
        in: context)
    }
    unsafe mosquitto_disconnect_callback_set(client) { _, context, code in
      unsafe MQTTConnection.note(
        .disconnected(
          MQTTConnection.reason(code), isProtocolError: code == MOSQ_ERR_PROTOCOL.rawValue),
        in: context)
    }
    unsafe mosquitto_publish_callback_set(client) { _, context, message in
      unsafe MQTTConnection.note(.published(message), in: context)
    }
  }

  /// What happened since the last call.
  func takeEvents() -> [Event] {
    defer { log.events.removeAll(keepingCapacity: true) }
    return log.events
  }

  /// Starts to connect, anew each time; events tell how that went.
  ///
  /// - Throws: `Failure` where there can be no try.
  func connect() throws {
    try abandon()
    nonisolated(unsafe) let client = unsafe self.client
    let (host, port) = (settings.host, Int32(settings.port))
    attempt = try ConnectionAttempt {
      let code = unsafe mosquitto_connect(client, host, port, MQTTConnection.keepAlive)
      return code == MOSQ_ERR_SUCCESS.rawValue ? nil : MQTTConnection.reason(code)
    }
  }

  /// Whether a try to connect is under way.
  var isTrying: Bool { attempt != nil }

  /// What to wait for.
  var interests: [Interest] {
    if let attempt { return [.reading(attempt.descriptor)] }
    let socket = unsafe mosquitto_socket(client)
    guard socket >= 0 else { return [] }
    let descriptor = FileDescriptor(rawValue: socket)
    let wantsWrite = unsafe mosquitto_want_write(client)
    return [.reading(descriptor)] + (wantsWrite ? [.writing(descriptor)] : [])
  }

  /// Goes on, as far as what happened allows.
  func proceed(_ happened: [Interest]) {
    if let attempt {
      guard happened.contains(.reading(attempt.descriptor)) else { return }
      self.attempt = nil
      if let reason = attempt.finish() {
        log.events.append(.disconnected(reason, isProtocolError: false))
      }
      return
    }
    let socket = unsafe mosquitto_socket(client)
    guard socket >= 0 else { return }
    let ready = happened.filter { $0.descriptor.rawValue == socket }
    // Each call tells of an error by the event of disconnection as well.
    if ready.contains(where: { !$0.isWrite }) { unsafe mosquitto_loop_read(client, 1) }
    if ready.contains(where: \.isWrite) { unsafe mosquitto_loop_write(client, 1) }
    unsafe mosquitto_loop_misc(client)
  }

  /// What became of a message.
  enum Sending: Equatable {
    /// It is on its way; an event names its number once it has arrived.
    case sent(Int32)
    /// It can never be sent.
    case refused(reason: String)
    /// The connection is gone.
    case disconnected(reason: String)
  }

  /// Sends a message, or leaves it for when the socket takes it.
  func publish(_ payload: Span<UInt8>, to topic: String, qos: Int) -> Sending {
    var number: Int32 = 0
    let code = unsafe payload.withUnsafeBytes { bytes in
      unsafe mosquitto_publish(
        client, &number, topic, Int32(bytes.count), bytes.baseAddress, Int32(qos),
        settings.retains)
    }
    switch mosq_err_t(code) {
    case MOSQ_ERR_SUCCESS: return .sent(number)
    case MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET:
      return .refused(reason: MQTTConnection.reason(code))
    default: return .disconnected(reason: MQTTConnection.reason(code))
    }
  }

  /// Leaves the broker without a word.
  ///
  /// - Throws: `Failure` where there is no memory for a new start.
  func abandon() throws {
    try configure()
    log.events = []
  }

  /// Says goodbye; an event of disconnection follows.
  func disconnect() {
    unsafe mosquitto_disconnect(client)
  }

  private func check(_ code: Int32, _ setting: Setting) throws {
    guard code == MOSQ_ERR_SUCCESS.rawValue else {
      throw Failure(setting.rawValue, MQTTConnection.reason(code), .configuration)
    }
  }

  private static func note(_ event: Event, in context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<EventLog>.fromOpaque(context).takeUnretainedValue().events.append(event)
  }

  private static func reason(_ code: Int32) -> String {
    let number = errno
    if code == MOSQ_ERR_ERRNO.rawValue {
      return number == 0 ? "no answer of a broker" : Errno(rawValue: number).description
    }
    return sentence(unsafe String(cString: mosquitto_strerror(code)))
  }

  /// What libmosquitto says, without its full stop.
  private static func sentence(_ text: String) -> String {
    text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}
