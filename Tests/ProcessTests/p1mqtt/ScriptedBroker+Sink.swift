import TestSupport

extension ScriptedBroker {
  /// p1mqtt, which publishes to this broker.
  func p1mqtt(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> Program {
    Program(
      "p1mqtt", ["--broker", "127.0.0.1", "--port", "\(port)"] + arguments,
      environment: environment)
  }

  /// The messages it has accepted, as `topic payload`, without the status.
  var lines: [String] {
    accepted.filter { !$0.topic.hasSuffix("/status") }.map { "\($0.topic) \($0.text)" }
  }
}
