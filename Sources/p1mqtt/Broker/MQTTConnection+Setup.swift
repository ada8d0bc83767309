import CMosquitto
import CommandLine
import Glibc
import SystemPackage

private let group = BrokerGroup()

extension MQTTConnection {
  /// Makes the client anew. Messages that it had queued are discarded; ``Publications`` still has them.
  ///
  /// - Parameter isClean: whether the broker is to discard the session of earlier connections.
  /// - Throws: `Failure` for settings that libmosquitto rejects.
  func configure(isClean: Bool) throws {
    let context = unsafe Unmanaged.passUnretained(log).toOpaque()
    try check(
      unsafe mosquitto_reinitialise(client, settings.clientID, isClean, context), group.clientID)
    let number = version == .version5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
    unsafe mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, number)
    // Without threads the library sends the acknowledgement of a message before it calls back with the
    // message. Told that there are threads, it only queues it, and `mosquitto_loop_write` sends it.
    if stage == .receiving { unsafe mosquitto_threaded_set(client, true) }
    // There are many small messages, which Nagle's algorithm would delay.
    unsafe mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
    if let will {
      let code = unsafe will.payload.span.withUnsafeBytes { bytes in
        unsafe mosquitto_will_set(
          client, will.topic, Int32(bytes.count), bytes.baseAddress,
          Int32(min(1, limits.highestQoS)), will.isRetained && limits.canRetain)
      }
      try check(code, MessageGroup().status)
    }
    try configureLogin()
  }

  /// Sets the login and the encryption.
  ///
  /// - Throws: `Failure` for settings that libmosquitto rejects.
  func configureLogin() throws {
    if let login = settings.login {
      try check(
        unsafe mosquitto_username_pw_set(client, login.user, login.password?.value), group.user)
    }
    if let tls = settings.node.tls { try configure(tls) }
  }

  private func configure(_ tls: TLSSettings) throws {
    if let alpn = tls.alpn {
      try check(unsafe mosquitto_string_option(client, MOSQ_OPT_TLS_ALPN, alpn), group.alpn)
    }
    if tls.caFile == nil { unsafe mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1) }
    guard tls.caFile != nil || tls.certificate != nil else { return }
    // With a certificate of the client, the library needs the directory of the system's authorities.
    let directory = tls.caFile == nil ? "/etc/ssl/certs" : nil
    let code = unsafe mosquitto_tls_set(
      client, tls.caFile, directory, tls.certificate?.file, tls.certificate?.keyFile
    ) { _, _, _, _ in 0 }
    try check(code, group.certificateFile)
  }

  private func check(_ code: Int32, _ setting: Setting<String?>) throws {
    let result = MQTTResult(code)
    guard result.isSuccess else {
      throw Failure(setting.text, result.reason, .configuration)
    }
  }
}
