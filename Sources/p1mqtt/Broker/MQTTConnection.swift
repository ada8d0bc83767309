import CMosquitto
import CommandLine
import Glibc
import Sinks
import SystemPackage

/// A connection to a broker. Its owner waits for ``interests`` and calls ``proceed(_:)``.
@safe final class MQTTConnection {
  let client: OpaquePointer
  private(set) var settings: BrokerSettings
  /// The message that the broker publishes when the connection breaks; nil for none.
  let will: Message?
  var limits = BrokerLimits()
  let log = MQTTEventLog()
  /// The expiry of messages and of the statuses of meters, with MQTT 5; nil for none.
  let expiry, statusExpiry: MessageExpiry?
  private var attempt: ConnectionAttempt?
  /// The version of MQTT of this or the next connection.
  private(set) var version: MQTTVersion
  /// Whether the broker has accepted that version, or rejected the other one.
  private var isVersionKnown: Bool
  /// Whether the next attempt is with the version that the last one did not try.
  private var isOtherVersionNext = false
  private(set) var stage: Stage

  /// What the next connection is for. Each process begins with new packet identifiers, so a session of an
  /// earlier sender would confuse its messages with the new ones, and is discarded first.
  enum Stage {
    case discardingSession
    /// The library has no messages in flight.
    case fresh
    /// The library sends again the messages that were in flight when the last connection broke.
    case resuming
    /// Only acknowledgements are sent. The session is also that of earlier receivers: the broker keeps in
    /// it the messages that arrive while none is running.
    case receiving
  }

  /// For how many seconds the broker keeps the session after a connection broke (MQTT 5, 3.1.2.11.2): a
  /// day; for a receiver, as long as the broker allows.
  private var sessionExpiry: UInt32 { stage == .receiving ? .max : 86_400 }

  /// The largest packet that the broker may send, in bytes (MQTT 5, 3.1.2.11.4). Anybody can publish large
  /// messages to the topics of Home Assistant. A message to be received may hold several records.
  private var maximumPacketSize: UInt32 { stage == .receiving ? 1 << 20 : 64 << 10 }

  /// How often a connection that was shut down is read until its end.
  private static let maximumLastReads = 1000

  /// - Parameters:
  ///   - will: the message that the broker publishes when the connection breaks; nil for none.
  ///   - expiry: after how many seconds the broker drops a message that nobody has fetched; nil for never.
  ///   - statusExpiry: the same for the status of a meter.
  ///   - receives: whether to receive messages, in a session that outlives the process. They are then
  ///     acknowledged only when ``proceed(_:)`` is told that the socket can be written.
  /// - Throws: `Failure` for settings that libmosquitto rejects.
  init(
    _ settings: BrokerSettings, will: Message? = nil, expiry: Int? = nil,
    statusExpiry: Int? = nil, receives: Bool = false
  ) throws {
    self.settings = settings
    self.will = will
    self.expiry = expiry.map { MessageExpiry(seconds: $0) }
    self.statusExpiry = statusExpiry.map { MessageExpiry(seconds: $0) }
    version = settings.version ?? .version5
    isVersionKnown = settings.version != nil
    stage = receives ? .receiving : settings.isPersistent ? .discardingSession : .fresh
    tls_keep_until_exit()
    mosquitto_lib_init()
    guard let client = unsafe mosquitto_new(nil, true, nil) else {
      throw Failure("libmosquitto", Errno(rawValue: errno))
    }
    unsafe self.client = client
    try configure(isClean: true)
  }

  /// Whether messages are to expire and the broker does not speak MQTT 5.
  var lacksExpiry: Bool { (expiry ?? statusExpiry) != nil && version != .version5 }

  // MARK: - Connecting

  /// Whether the library sends messages in flight again by itself after the connection broke.
  var resendsInFlight: Bool { stage == .resuming }

  /// Changes the settings of the next connections.
  func renew(_ settings: BrokerSettings) {
    let node = self.settings.node
    self.settings = settings.using(node)
    nodeChanged(from: node)
  }

  /// Has the next attempt connect to the next node.
  func useNextNode() {
    let node = settings.node
    settings.useNextNode()
    nodeChanged(from: node)
  }

  private func nodeChanged(from node: BrokerSettings.Node) {
    // The library cannot turn TLS on or off for the session that it resumes.
    let isOtherEncryption = (node.tls != nil) != (settings.node.tls != nil)
    if stage == .resuming, isOtherEncryption { stage = .discardingSession }
    guard settings.node.name != node.name else { return }
    // Each node may have a version and limits of its own.
    isVersionKnown = settings.version != nil
    limits = BrokerLimits()
  }

  /// Starts an attempt to connect, whose result is an event.
  ///
  /// - Throws: `Failure` if the attempt cannot be started.
  func connect() throws {
    if stage != .resuming {
      // The broker may not have been the one that closed the last connection, so MQTT 5 is tried again.
      if !isVersionKnown, !isOtherVersionNext { version = .version5 }
      isOtherVersionNext = false
      try configure(isClean: stage == .discardingSession || !settings.isPersistent)
    } else {
      try configureLogin()
    }
    log.listen(to: self)
    let (host, hangUpReason) = (settings.node.host, settings.hangUpReason)
    log.begin(hangUpReason: hangUpReason)
    let (port, keepAlive) = (Int32(settings.node.port), Int32(settings.keepAlive))
    let (isVersion5, keepsSession) = (version == .version5, settings.isPersistent)
    let (packetSize, sessionExpiry) = (maximumPacketSize, sessionExpiry)
    nonisolated(unsafe) let client = unsafe self.client
    // The library calls back with a pointer to the log during the attempt.
    nonisolated(unsafe) let log = log
    attempt = try ConnectionAttempt {
      defer { unsafe withExtendedLifetime(log) {} }
      var properties: OpaquePointer?
      defer { unsafe mosquitto_property_free_all(&properties) }
      if isVersion5 {
        unsafe mosquitto_property_add_int32(
          &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), packetSize)
      }
      if isVersion5, keepsSession {
        unsafe mosquitto_property_add_int32(
          &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), sessionExpiry)
      }
      let result = MQTTResult(
        unsafe mosquitto_connect_bind_v5(client, host, port, keepAlive, nil, properties))
      // The broker closed the connection during the handshake.
      if result.isHangUp { return hangUpReason }
      return result.isSuccess ? nil : result.reason
    }
  }

  /// Whether an attempt to connect is running.
  var isConnecting: Bool { attempt != nil }

  /// Has the next attempt use MQTT 3.1.1, as the broker seems not to speak MQTT 5.
  ///
  /// - Parameter isConfirmed: whether the broker has said so.
  /// - Returns: whether 3.1.1 was not tried yet.
  func tryOtherVersion(isConfirmed: Bool) -> Bool {
    guard !isVersionKnown, version == .version5 else { return false }
    version = .version311
    isVersionKnown = isConfirmed
    isOtherVersionNext = true
    return true
  }

  /// Closes the connection without a DISCONNECT.
  ///
  /// - Throws: `Failure` if the client cannot be made anew.
  func abandon() throws {
    if stage == .resuming {
      let socket = unsafe mosquitto_socket(client)
      if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
      // Answers that have arrived are read first. In a handshake the library may not notice the end.
      for _ in 0..<MQTTConnection.maximumLastReads {
        guard unsafe mosquitto_socket(client) >= 0, unsafe mosquitto_loop_read(client, 1) == 0
        else {
          break
        }
      }
    } else {
      try configure(isClean: true)
    }
    log.forgetConnection()
  }

  /// Whether the broker has the session of an earlier connection, and so its subscriptions.
  var isSessionPresent: Bool { log.isSessionPresent }

  /// After how many idle seconds the broker is pinged.
  var keepAlive: Int { log.keepAlive ?? settings.keepAlive }

  /// Closes the connection, and discards the messages in flight and the session.
  ///
  /// - Throws: `Failure` if the client cannot be made anew.
  func discardSession() throws {
    if stage == .resuming { stage = .discardingSession }
    try abandon()
  }

  /// How often ``proceed(_:)`` is to be called to ping in time. The broker ends a connection that is idle
  /// one and a half times as long as the keep-alive (MQTT 5, 3.1.2.10).
  var maintenanceInterval: Duration {
    .seconds(min(max(keepAlive / 3, 1), 10))
  }

  /// Sends a DISCONNECT; an event of disconnection follows.
  func disconnect() {
    unsafe mosquitto_disconnect(client)
  }

  /// Sends a DISCONNECT, and waits until it is written: else the broker publishes the will.
  func disconnect(until deadline: ContinuousClock.Instant) throws {
    disconnect()
    while .now < deadline {
      let writing = interests.filter(\.isWrite)
      guard !writing.isEmpty else { return }
      try proceed(wait(for: writing, until: deadline))
    }
  }

  // MARK: - Events

  /// The events since the last call.
  func takeEvents() -> [MQTTEvent] {
    // While an attempt is running, its thread adds events.
    guard attempt == nil, !log.events.isEmpty else { return [] }
    defer { log.events = [] }
    return log.events
  }

  var interests: [Interest] {
    if let attempt { return [.reading(attempt.descriptor)] }
    let socket = unsafe mosquitto_socket(client)
    guard socket >= 0 else { return [] }
    let descriptor = FileDescriptor(rawValue: socket)
    let wantsWrite = unsafe mosquitto_want_write(client)
    return [.reading(descriptor)] + (wantsWrite ? [.writing(descriptor)] : [])
  }

  /// Reads and writes as the interests that have happened allow, and pings when that is due.
  ///
  /// - Throws: `Failure` if the client cannot be made anew.
  func proceed(_ happened: [Interest]) throws {
    if let attempt {
      guard happened.contains(.reading(attempt.descriptor)) else { return }
      self.attempt = nil
      if let reason = attempt.finish() { log.disconnected(reason) }
      return
    }
    let socket = unsafe mosquitto_socket(client)
    guard socket >= 0 else { return }
    var ready = happened.filter { $0.descriptor.rawValue == socket }
    // Writing sends acknowledgements of messages that were handled. One that is read now is not yet.
    if stage == .receiving, ready.contains(where: \.isWrite) { ready.removeAll { !$0.isWrite } }
    var result = MQTTResult(MOSQ_ERR_SUCCESS.rawValue)
    if ready.contains(where: { !$0.isWrite }) {
      result = MQTTResult(unsafe mosquitto_loop_read(client, 1))
      // The library does not notice the end of a connection during the handshake.
      if settings.node.tls != nil, !log.isAnswered, isClosed(socket) {
        log.left(MQTTResult(MOSQ_ERR_CONN_LOST.rawValue))
      }
    }
    if result.isSuccess, ready.contains(where: \.isWrite) {
      result = MQTTResult(unsafe mosquitto_loop_write(client, 1))
    }
    if result.isSuccess { result = MQTTResult(unsafe mosquitto_loop_misc(client)) }
    // For an error of TLS, the library does not call back.
    if !result.isSuccess { log.left(result) }
    try advance()
  }

  private func advance() throws {
    guard log.events.contains(.connected) else { return }
    if version == .version5 { isVersionKnown = true }
    unsafe mosquitto_log_callback_set(client, nil)
    switch stage {
    case .resuming where !log.isSessionPresent:
      // The library would go on with messages of QoS 2 of which the broker has lost its half.
      stage = .fresh
      try configure(isClean: true)
      log.events = []
      log.disconnected("the broker has forgotten the session", .forgotten)
    case .discardingSession:
      // The old session is discarded. The next connection has a session that the broker keeps.
      disconnect()
      unsafe mosquitto_loop_write(client, 1)
      stage = .fresh
      try connect()
    case .fresh where settings.isPersistent: stage = .resuming
    default: break
    }
  }

  private func isClosed(_ socket: Int32) -> Bool {
    guard unsafe mosquitto_socket(client) == socket else { return false }
    var byte: UInt8 = 0
    return unsafe recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
  }
}
