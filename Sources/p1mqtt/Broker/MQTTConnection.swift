import CMosquitto
import CommandLine
import Glibc
import Sinks
import SystemPackage

/// A connection to a broker, driven from outside: by what its socket is ready for.
@safe final class MQTTConnection {
  let client: OpaquePointer
  private(set) var settings: BrokerSettings
  /// What the broker publishes in our place once we are gone, and keeps; nil for nothing.
  let will: Message?
  /// What the broker takes.
  var limits = BrokerLimits()
  let log: MQTTEventLog
  /// When the broker forgets a message, which MQTT 5 can say; nil for never.
  let expiry: MessageExpiry?
  private var attempt: ConnectionAttempt?
  /// The version of MQTT that is spoken, or tried.
  private(set) var version: MQTTVersion
  /// Whether the broker has said that it speaks that version, or not the other one.
  private var isVersionKnown: Bool
  /// Whether the next try is with the version that was not tried just now.
  private var isOtherVersionNext = false
  private(set) var stage: Stage

  /// What a connection is for. The numbers of messages begin anew with each process: what a broker
  /// remembers of an earlier one by the same numbers is not ours, and forgotten first.
  enum Stage {
    case forgetting
    /// Nothing is on its way that the library would send again.
    case beginning
    /// What was on its way when the last one broke is sent again by the library.
    case resuming
    /// Nothing is sent but acknowledgements: the session is that of earlier processes, too, as the
    /// broker keeps in it what comes while none receives.
    case receiving
  }

  /// For how many seconds the broker keeps the session after a connection broke (MQTT 5,
  /// 3.1.2.11.2): a day, and of a receiver for ever, or as long as the broker allows.
  private var sessionExpiry: UInt32 { stage == .receiving ? .max : 86_400 }

  /// The largest packet that the broker may send, in bytes (MQTT 5, 3.1.2.11.4). Announcements of
  /// Home Assistant are far smaller than this, but anybody can publish there. A message that was sent
  /// to be received may hold several records.
  private var mostPacketSize: UInt32 { stage == .receiving ? 1 << 20 : 64 << 10 }

  /// So often a connection that was shut is read at most, until its end.
  private static let mostLastReads = 1000

  /// - Parameters:
  ///   - settings: which broker.
  ///   - will: what it publishes once we are gone; nil for nothing.
  ///   - expiry: after how many seconds it forgets a message that nobody has fetched; nil for never.
  ///   - receives: whether messages are received in a session that outlives the process, and are
  ///     acknowledged only as ``proceed(_:)`` finds the socket ready to write.
  /// - Throws: `Failure` where the settings cannot be used.
  init(
    _ settings: BrokerSettings, will: Message? = nil, expiry: Int? = nil, receives: Bool = false
  ) throws {
    self.settings = settings
    log = MQTTEventLog(of: settings)
    self.will = will
    self.expiry = expiry.map { MessageExpiry(seconds: $0) }
    version = settings.version ?? .version5
    isVersionKnown = settings.version != nil
    stage = receives ? .receiving : settings.isPersistent ? .forgetting : .beginning
    tls_stay()
    mosquitto_lib_init()
    guard let client = unsafe mosquitto_new(nil, true, nil) else {
      throw Failure("libmosquitto", Errno(rawValue: errno))
    }
    unsafe self.client = client
    try configure(isClean: true)
  }

  /// Whether messages are to be forgotten, and this broker cannot be told so.
  var lacksExpiry: Bool { expiry != nil && version != .version5 }

  // MARK: - Connecting

  /// Whether messages that are on their way outlive the connection: they are sent again by itself.
  var keepsUnsent: Bool { stage == .resuming }

  /// The settings were read again: connections are made by these from now on.
  func renew(_ settings: BrokerSettings) {
    self.settings = settings
  }

  /// Starts to connect; events tell how that went.
  ///
  /// - Throws: `Failure` where there can be no try.
  func connect() throws {
    if stage != .resuming {
      // Who has only hung up may not have been the broker.
      if !isVersionKnown, !isOtherVersionNext { version = .version5 }
      isOtherVersionNext = false
      try configure(isClean: stage == .forgetting || !settings.isPersistent)
    } else {
      try configureLogin()
    }
    log.listen(to: self)
    log.begin()
    let (host, hangUpReason) = (settings.host, settings.hangUpReason)
    let (port, keepAlive) = (Int32(settings.port), Int32(settings.keepAlive))
    let (isVersion5, keepsSession) = (version == .version5, settings.isPersistent)
    let (packetSize, sessionExpiry) = (mostPacketSize, sessionExpiry)
    nonisolated(unsafe) let client = unsafe self.client
    // The library notes there what happens, for as long as the try takes.
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
      // It is said of a broker that hangs up in the handshake.
      if result.isHangUp { return hangUpReason }
      return result.isSuccess ? nil : result.reason
    }
  }

  /// Whether a try to connect is under way.
  var isTrying: Bool { attempt != nil }

  /// The broker does not speak MQTT 5, or so it seems: 3.1.1 is for the next try.
  ///
  /// - Parameter isSaid: whether the broker has said so itself.
  /// - Returns: whether that is worth a try at once.
  func tryOtherVersion(isSaid: Bool) -> Bool {
    guard !isVersionKnown, version == .version5 else { return false }
    version = .version311
    isVersionKnown = isSaid
    isOtherVersionNext = true
    return true
  }

  /// Leaves the broker without a word.
  ///
  /// - Throws: `Failure` where there is no memory for a new start.
  func abandon() throws {
    if stage == .resuming {
      let socket = unsafe mosquitto_socket(client)
      if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
      // What the broker has said until then comes first. A handshake may not see that it has ended.
      for _ in 0..<MQTTConnection.mostLastReads {
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

  /// Whether the broker knew the session, and so its subscriptions, when it accepted the connection.
  var isSessionPresent: Bool { log.isSessionPresent }

  /// After how many seconds of silence the broker is asked whether it is there.
  var keepAlive: Int { log.keepAlive ?? settings.keepAlive }

  /// Forgets what is on its way.
  ///
  /// - Throws: `Failure` where there is no memory for a new start.
  func forget() throws {
    if stage == .resuming { stage = .forgetting }
    try abandon()
  }

  /// So often it is to be looked after. A broker takes us for dead after half as long again as it was
  /// told to wait (MQTT 5, 3.1.2.10).
  var upkeep: Duration {
    .seconds(min(max(keepAlive / 3, 1), 10))
  }

  /// Says goodbye; an event of disconnection follows.
  func disconnect() {
    unsafe mosquitto_disconnect(client)
  }

  // MARK: - What happens

  /// What happened since the last call.
  func takeEvents() -> [MQTTEvent] {
    // Those of a try are told once it has ended.
    guard attempt == nil, !log.events.isEmpty else { return [] }
    defer { log.events = [] }
    return log.events
  }

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
  ///
  /// - Throws: `Failure` where there is no memory for a new start.
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
    // What is acknowledged here was handled before: a message that is read now is not.
    if stage == .receiving, ready.contains(where: \.isWrite) { ready.removeAll { !$0.isWrite } }
    var result = MQTTResult(MOSQ_ERR_SUCCESS.rawValue)
    if ready.contains(where: { !$0.isWrite }) {
      result = MQTTResult(unsafe mosquitto_loop_read(client, 1))
      // Where a handshake is cut off, the library waits for more.
      if settings.tls != nil, !log.isAnswered, isClosed(socket) {
        log.left(MQTTResult(MOSQ_ERR_CONN_LOST.rawValue))
      }
    }
    if result.isSuccess, ready.contains(where: \.isWrite) {
      result = MQTTResult(unsafe mosquitto_loop_write(client, 1))
    }
    if result.isSuccess { result = MQTTResult(unsafe mosquitto_loop_misc(client)) }
    // An error of the encryption is no event.
    if !result.isSuccess { log.left(result) }
    try advance()
  }

  private func advance() throws {
    guard log.events.contains(.connected) else { return }
    if version == .version5 { isVersionKnown = true }
    unsafe mosquitto_log_callback_set(client, nil)
    switch stage {
    case .resuming where !log.isSessionPresent:
      // The library goes on as if it were: of a message that it need only release, nobody has the rest.
      stage = .beginning
      try configure(isClean: true)
      log.events = []
      log.disconnected("the broker has forgotten the session")
    case .forgetting:
      // It has forgotten; now for one that it remembers.
      disconnect()
      unsafe mosquitto_loop_write(client, 1)
      stage = .beginning
      try connect()
    case .beginning where settings.isPersistent: stage = .resuming
    default: break
    }
  }

  private func isClosed(_ socket: Int32) -> Bool {
    guard unsafe mosquitto_socket(client) == socket else { return false }
    var byte: UInt8 = 0
    return unsafe recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
  }
}
