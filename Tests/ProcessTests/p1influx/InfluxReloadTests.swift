import Foundation
import TestSupport
import Testing

/// SIGHUP has p1influx read its password and token files again.
@Suite struct InfluxReloadTests {
  @Test(arguments: ["PASS", "TOKEN"])
  func secretIsReadAgain(_ kind: String) async throws {
    try await TemporaryDirectory.with { directory in
      let expected = kind == "TOKEN" ? "Token right" : "Basic " + Self.base64("me:right")
      try await HTTPServer.running({ request in
        // The pause is so long that only the signal can end it.
        request.headers["authorization"] == expected
          ? .noContent : .error(401, "who are you?", headers: ["Retry-After": "600"])
      }) { server in
        let path = try directory.write("wrong\n", to: "secret")
        #expect(chmod(path, 0o600) == 0)
        let url = "http://127.0.0.1:\(server.port)"
        let sink = Program(
          "p1influx", ["--url", url],
          environment: [
            "INFLUXDB_\(kind)_FILE": path, "INFLUXDB_USER": kind == "TOKEN" ? "" : "me",
          ])
        try await sink.whileRunning { sink in
          try await sink.write(NumberedRecords.text(0..<3))
          try await sink.waitForError("HTTP 401")
          // An unusable file leaves the old secret in place.
          #expect(chmod(path, 0o644) == 0)
          sink.send(signal: SIGHUP)
          try await sink.waitForError("\(path): others can read this secret")
          #expect(chmod(path, 0o600) == 0)
          _ = try directory.write("right\n", to: "secret")
          #expect(chmod(path, 0o600) == 0)
          sink.send(signal: SIGHUP)
          try await sink.waitForError("\(url): writing again")
          #expect(NumberedRecords.numbers(in: server.acceptedLines) == Array(0..<3))
          sink.closeInput()
          #expect(try await sink.waitForExit().status == .success)
        }
      }
    }
  }

  /// A pipe may have no writer any more, and opening it would then block for ever.
  @Test func pipeIsNotReadAgain() async throws {
    try await TemporaryDirectory.with { directory in
      try await HTTPServer.running { server in
        let script = """
          mkfifo -m 600 secret
          (echo hunter2 > secret) &
          INFLUXDB_TOKEN_FILE=secret exec p1influx --url $1
          """
        let url = "http://127.0.0.1:\(server.port)"
        try await Program.bash(script, [url], directory: directory.path).whileRunning { sink in
          try await sink.write(NumberedRecords.text(0))
          try await server.wait { $0.acceptedLines.count == 1 }
          sink.send(signal: SIGHUP)
          try await sink.waitForError("p1influx: secret: a pipe cannot be read again")
          try await sink.write(NumberedRecords.text(1))
          sink.closeInput()
          #expect(try await sink.waitForExit().status == .success)
          #expect(NumberedRecords.numbers(in: server.acceptedLines) == [0, 1])
          #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Token hunter2" })
        }
      }
    }
  }

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
