import CommandLine

/// Logs in to a broker once, for `--check --connect`.
enum BrokerCheck {
  /// - Returns: how each node of the broker was reached.
  /// - Throws: `Failure` if one cannot be reached, or rejects the login.
  static func run(_ settings: BrokerSettings, _ messages: Messages) throws -> String {
    guard settings.nodes.count > 1 else { return try checkNode(settings, messages) }
    var findings: [String] = []
    var failure: Failure?
    for node in settings.nodes {
      do {
        findings.append("\(node.name) \(try checkNode(settings.using(node), messages))")
      } catch let fault as Failure {
        if let failure { messages.say(.error, failure.subject, failure.reason) }
        failure = fault
      }
    }
    if let failure { throw failure }
    return findings.joined(separator: "; ")
  }

  private static func checkNode(_ settings: BrokerSettings, _ messages: Messages) throws -> String {
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
            settings.node.name, loss.reason, loss.cause == .login ? .noPermission : .unavailable)
        }
        session.waitForNextAttempt()
      }
      let happened = try wait(
        for: connection.interests, until: earliest(deadline, session.deadline))
      try session.proceed(happened)
    }
    throw Failure(
      settings.node.name, "no answer for \(timeout.inSeconds) s; check its name and port",
      .unavailable)
  }

  private static func description(of settings: BrokerSettings, _ version: MQTTVersion) -> String {
    let login = settings.login.map { "as user \($0.user)" } ?? "without a user"
    let encryption = settings.node.tls == nil ? "" : ", encrypted"
    return "connected \(login), MQTT \(version == .version5 ? "5" : "3.1.1")\(encryption)"
  }
}
