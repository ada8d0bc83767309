import TestSupport

extension ScriptedBroker {
  /// A p1mqtt that publishes to it.
  func p1mqtt(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> Program {
    Program(
      "p1mqtt", ["--broker", "127.0.0.1", "--port", "\(port)"] + arguments,
      environment: environment)
  }

  /// What it has taken, as `topic payload`, but for the status.
  var lines: [String] {
    taken.filter { !$0.topic.hasSuffix("/status") }.map { "\($0.topic) \($0.text)" }
  }
}
