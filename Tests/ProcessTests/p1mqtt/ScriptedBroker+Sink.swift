import TestSupport
import Testing

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

/// Expects that p1mqtt cannot connect, and that these are its messages when its input then ends. Libraries differ in
/// upper and lower case.
func expectNoConnection(_ p1mqtt: Program, _ messages: String) async throws {
  var program = p1mqtt
  program.arguments += ["--linger", "0"]
  try await program.whileRunning { sink in
    try await sink.write("n=1\n\n")
    try await sink.waitForError("; trying again\n")
    sink.closeInput()
    let result = try await sink.waitForExit()
    #expect(result.status == .exited(69))
    #expect(result.errorText.lowercased() == messages.lowercased())
  }
}
