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
    /// The connection is gone, or was never accepted.
    case disconnected(reason: String)
    /// A message has arrived: written out (QoS 0) or acknowledged (1 and 2).
    case published(Int32)
  }

  private let client: OpaquePointer
  private let settings: MQTTSettings
  private let log = EventLog()
  private var attempt: ConnectionAttempt?
  private var wasConnected = false

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
    let context = unsafe Unmanaged.passUnretained(log).toOpaque()
    guard let client = unsafe mosquitto_new(settings.clientID, true, context) else {
      throw Failure(Setting.mqttClientID.rawValue, Errno(rawValue: errno), .configuration)
    }
    unsafe self.client = client
    if let login = settings.login {
      let code = unsafe mosquitto_username_pw_set(client, login.user, login.password?.value)
      guard code == MOSQ_ERR_SUCCESS.rawValue else {
        throw Failure(Setting.mqttUser.rawValue, MQTTConnection.reason(code), .configuration)
      }
    }
    unsafe mosquitto_connect_callback_set(client) { _, context, code in
      unsafe MQTTConnection.note(
        code == 0
          ? .connected
          : .disconnected(reason: String(cString: mosquitto_connack_string(code))),
        in: context)
    }
    unsafe mosquitto_disconnect_callback_set(client) { _, context, code in
      unsafe MQTTConnection.note(.disconnected(reason: MQTTConnection.reason(code)), in: context)
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

  /// Starts to connect, or to connect again; events tell how that went.
  func connect() throws {
    nonisolated(unsafe) let client = unsafe self.client
    let isFirst = !wasConnected
    let (host, port) = (settings.host, Int32(settings.port))
    wasConnected = true
    attempt = try ConnectionAttempt {
      let code =
        isFirst
        ? unsafe mosquitto_connect(client, host, port, MQTTConnection.keepAlive)
        : unsafe mosquitto_reconnect(client)
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
      if let reason = attempt.finish() { log.events.append(.disconnected(reason: reason)) }
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
  func publish(_ payload: Span<UInt8>, to topic: String) -> Sending {
    var number: Int32 = 0
    let code = unsafe payload.withUnsafeBytes { bytes in
      unsafe mosquitto_publish(
        client, &number, topic, Int32(bytes.count), bytes.baseAddress, Int32(settings.qos),
        settings.retains)
    }
    switch mosq_err_t(code) {
    case MOSQ_ERR_SUCCESS: return .sent(number)
    case MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_OVERSIZE_PACKET:
      return .refused(reason: MQTTConnection.reason(code))
    default: return .disconnected(reason: MQTTConnection.reason(code))
    }
  }

  /// Says goodbye; an event of disconnection follows.
  func disconnect() {
    unsafe mosquitto_disconnect(client)
  }

  private static func note(_ event: Event, in context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<EventLog>.fromOpaque(context).takeUnretainedValue().events.append(event)
  }

  private static func reason(_ code: Int32) -> String {
    code == MOSQ_ERR_ERRNO.rawValue
      ? Errno(rawValue: errno).description : unsafe String(cString: mosquitto_strerror(code))
  }
}
