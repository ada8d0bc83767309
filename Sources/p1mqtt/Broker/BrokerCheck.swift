import CommandLine

/// Logs in to a broker once, for `--check --connect`.
enum BrokerCheck {
  /// - Returns: how the broker was reached.
  /// - Throws: `Failure` if it cannot be reached, or rejects the login.
  static func run(_ settings: BrokerSettings, _ messages: Messages) throws -> String {
    let connection = try MQTTConnection(settings.forOneCheck)
    var session = BrokerSession(connection, messages: messages)
    let timeout = min(settings.timeout, MonitoringGroup.longestCheck)
    let deadline = ContinuousClock.now + timeout
    while .now < deadline {
      var loss = try session.check(.now)
      for event in connection.takeEvents() {
        switch event {
        case .connected:
          try connection.disconnect(until: .now + .seconds(1))
          return description(of: settings, connection.version)
        case .disconnected(let reason, let cause): loss = .init(reason: reason, cause: cause)
        default: break
        }
      }
      if let loss {
        guard session.triesOtherVersion(after: loss) else {
          throw Failure(
            settings.name, loss.reason, loss.cause == .login ? .noPermission : .unavailable)
        }
        session.waitForNextAttempt()
      }
      let happened = try wait(
        for: connection.interests, until: earliest(deadline, session.deadline))
      try session.proceed(happened)
    }
    throw Failure(
      settings.name, "no answer for \(timeout.inSeconds) s; check its name and port",
      .unavailable)
  }

  private static func description(of settings: BrokerSettings, _ version: MQTTVersion) -> String {
    let login = settings.login.map { "as user \($0.user)" } ?? "without a user"
    let encryption = settings.tls == nil ? "" : ", encrypted"
    return "connected \(login), MQTT \(version == .version5 ? "5" : "3.1.1")\(encryption)"
  }
}
