import Foundation
import TestSupport
import Testing

/// SIGHUP has p1mqtt read its password, key and certificates again.
@Suite struct MQTTReloadTests {
  /// A broker that accepts only this password.
  private let script: ScriptedBroker.Script = {
    guard let connect = $0.connect else { return [.usual] }
    return connect.password == "right" ? [.usual] : [.reason(0x86)]
  }

  @Test(arguments: ["clean", "persistent"]) func thePasswordIsReadAgain(
    _ session: String
  ) async throws {
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running(script) { broker in
        let path = try write("wrong", in: directory)
        let arguments = ["--payload", "record", "--session", session, "--id", "attic"]
        let sink = broker.p1mqtt(arguments, ["MQTT_USER": "me", "MQTT_PASS_FILE": path])
        try await sink.whileRunning { sink in
          try await sink.write("n=1\n\n")
          try await sink.waitForError("trying again")
          // An unusable file leaves the old secret in place.
          #expect(chmod(path, 0o644) == 0)
          sink.send(signal: SIGHUP)
          try await sink.waitForError("\(path): others can read this secret")
          _ = try write("right", in: directory)
          sink.send(signal: SIGHUP)
          try await broker.wait { $0.lines.count == 1 }
          sink.closeInput()
          #expect(try await sink.waitForExit(within: .seconds(30)).status == .success)
        }
      }
    }
  }

  /// p1mqtt closes the connection and opens a new one, and logs no outage.
  @Test(arguments: ["value", "record"], ["clean", "persistent"])
  func reloadReconnects(_ payload: String, _ session: String) async throws {
    try await TemporaryDirectory.with { directory in
      try await ScriptedBroker.running { broker in
        let path = try write("first", in: directory)
        let arguments = ["--payload", payload, "--session", session, "--id", "attic"]
        let sink = broker.p1mqtt(
          arguments + ["--qos", "1"], ["MQTT_USER": "me", "MQTT_PASS_FILE": path])
        try await sink.whileRunning { sink in
          try await sink.write("n=1\n\n")
          try await broker.wait { $0.lines.count == 1 }
          _ = try write("second", in: directory)
          sink.send(signal: SIGHUP)
          try await broker.wait { $0.connects.last?.password == "second" }
          try await sink.write("n=2\n\n")
          try await broker.wait { $0.lines.count == 2 }
          sink.closeInput()
          let result = try await sink.waitForExit(within: .seconds(30))
          #expect(result.status == .success)
          #expect(
            result.errorText.hasSuffix(
              ": settings, password, key and certificates reloaded; reconnecting\n"))
          // An older persistent session is first removed, by a separate connection.
          #expect(broker.connects.count == (session == "clean" ? 2 : 3))
          let statuses = broker.accepted.filter { $0.topic.hasSuffix("/status") }.map(\.text)
          #expect(statuses == ["online", "online", "offline"])
          #expect(broker.lines.count == 2)
        }
      }
    }
  }

  private func write(_ password: String, in directory: TemporaryDirectory) throws -> String {
    let path = try directory.write("\(password)\n", to: "password")
    #expect(chmod(path, 0o600) == 0)
    return path
  }
}
