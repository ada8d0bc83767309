import Foundation
import TestSupport
import TestValues
import Testing

/// A server that sends the telegrams of a meter: `tcp://host:port`.
@Suite struct CatServerTests {
  private static let first = SampleTelegram.numbered(1)
  private static let second = SampleTelegram.numbered(2)

  @Test(arguments: [("127.0.0.1", false), ("localhost", false), ("[::1]", true)])
  func serverIsRead(_ host: String, _ isIPv6: Bool) async throws {
    let server = try TCPServer(isIPv6: isIPv6)
    let program = Program("p1cat", ["-n", "1", "tcp://\(host):\(server.port)"])
    try await program.whileRunning { reader in
      let connection = try await server.accept()
      try await connection.write(Self.first.dropFirst(100) + Self.first)
      let result = try await reader.waitForExit()
      #expect(result.status == .success && result.text == Self.first && result.errorText == "")
    }
  }

  @Test func serverThatClosesIsConnectedToAgain() async throws {
    let server = try TCPServer()
    try await reading(server) { name, reader in
      let connection = try await server.accept()
      try await connection.write(Self.first + Self.second.prefix(100))
      try await reader.waitForOutput(Self.first)
      connection.close()
      try await reader.waitForError(
        "p1cat: \(name): the server closed the connection; trying again\n")
      let next = try await server.accept()
      try await next.write(Self.second.dropFirst(100) + Self.second)
      try await reader.wait(for: "both") { $0.text == Self.first + Self.second }
      try await reader.waitForError("p1cat: \(name): receiving telegrams again after ")
    }
  }

  /// SIGHUP reconnects at once, and has no effect while telegrams arrive.
  @Test func signalOpensASourceThatHasGoneAtOnce() async throws {
    let port = Loopback.freePorts(1)[0]
    let name = "tcp://127.0.0.1:\(port)"
    try await Program("p1cat", ["-v", name]).whileRunning { reader in
      // The next attempts would follow after seconds, and later after minutes.
      try await reader.waitForError("Connection refused; trying again\n")
      let server = try TCPServer(port: port)
      async let accepted = server.accept()
      try await reader.wait(for: "another try") {
        $0.send(signal: SIGHUP)
        return $0.errorText.contains("opened\n")
      }
      #expect(reader.errorText.contains("reopening on SIGHUP"))
      let connection = try await accepted
      try await connection.write(Self.first + Self.second.prefix(100))
      try await reader.waitForOutput(Self.first)
      for _ in 0..<3 { reader.send(signal: SIGHUP) }
      try await reader.waitForCounters("telegrams=1")
      try await connection.write(String(Self.second.dropFirst(100)))
      try await reader.waitForOutput(Self.second)
      #expect(reader.text == Self.first + Self.second)
    }
  }

  @Test func serverThatGoesSilentIsConnectedToAgain() async throws {
    let server = try TCPServer()
    try await reading(server, ["--silence", "1"]) { name, reader in
      let connection = try await server.accept()
      try await connection.write(Self.first)
      try await reader.waitForError("p1cat: \(name): nothing received for 1 s; trying again\n")
      let isConnected = try await Deadline(in: .seconds(60)).poll {
        let next = try await server.accept()
        try await next.write(Self.second)
        return try await Deadline(in: .seconds(1)).poll { reader.text.contains(Self.second) }
      }
      #expect(isConnected && connection.isClosedByPeer)
    }
  }

  @Test func serverThatIsRestartedIsConnectedToAgain() async throws {
    let server = try TCPServer()
    try await reading(server) { name, reader in
      let connection = try await server.accept()
      try await connection.write(Self.first)
      try await reader.waitForOutput(Self.first)
      connection.reset()
      try await reader.waitForError("p1cat: \(name): Connection reset by peer; trying again\n")
      try await server.accept().write(Self.second)
      try await reader.wait(for: "both") { $0.text == Self.first + Self.second }
    }
  }

  /// A server with a full queue of connections does not answer.
  @Test func serverThatDoesNotAnswerIsLeft() async throws {
    let server = try TCPServer(backlog: 0)
    let other = Program("p1cat", ["-v", "tcp://127.0.0.1:\(server.port)"])
    try await other.whileRunning { first in
      try await first.waitForError("opened\n")
      try await reading(server, ["--once"]) { name, reader in
        let result = try await reader.waitForExit(within: .seconds(30))
        #expect(result.status == .exited(66))
        #expect(result.errorText == "p1cat: \(name): Connection timed out\n")
      }
    }
  }

  @Test func serverThatIsAbsentIsWaitedFor() async throws {
    let absent = try TCPServer()
    absent.close()
    let name = "tcp://127.0.0.1:\(absent.port)"
    try await Program("p1cat", [name]).whileRunning { reader in
      try await reader.waitForError("p1cat: \(name): Connection refused; trying again\n")
      let server = try TCPServer(port: absent.port)
      let connection = try await server.accept()
      try await connection.write(Self.first)
      try await reader.waitForOutput(Self.first)
      // The message is logged once, however often p1cat tried.
      #expect(reader.errorText.matches(of: /refused/).count == 1)
    }
  }

  /// A name that cannot be resolved may be resolved once the network is up.
  @Test func nameThatIsUnknownIsAskedForAgain() async throws {
    let name = "tcp://meter.invalid:2001"
    // A network without a resolver takes this long.
    let resolver = ["RES_OPTIONS": "timeout:1 attempts:1"]
    try await Program("p1cat", [name], environment: resolver).whileRunning { reader in
      try await reader.waitForError("; trying again\n")
      #expect(reader.errorText.hasPrefix("p1cat: \(name): "))
      reader.send(signal: SIGTERM)
      #expect(try await reader.waitForExit().status == .success)
    }
    let once = try await Program("p1cat", ["--once", name], environment: resolver).run()
    #expect(once.status == .exited(66))
    let impatient = try await Program("p1cat", ["-t", "1", name]).run()
    #expect(impatient.status == .exited(75))
  }

  @Test func onceIsOnce() async throws {
    let server = try TCPServer()
    try await reading(server, ["--once"]) { _, reader in
      let connection = try await server.accept()
      try await connection.write(Self.first + Self.second.prefix(100))
      try await reader.waitForOutput(Self.first)
      connection.close()
      let result = try await reader.waitForExit()
      #expect(result.status == .success && result.text == Self.first)
    }
    try await reading(server, ["--once", "--silence", "1"]) { name, reader in
      let connection = try await server.accept()
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(75))
      #expect(result.errorText == "p1cat: \(name): nothing received for 1 s\n")
      connection.close()
    }
    server.close()
    try await reading(server, ["--once"]) { name, reader in
      let result = try await reader.waitForExit()
      #expect(result.status == .exited(66))
      #expect(result.errorText == "p1cat: \(name): Connection refused\n")
    }
  }

  @Test(
    arguments: [
      "tcp://", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:70000", "tcp://:1",
      "tcp://::1:2001", "tcp://host:p1", "tcp://host/2001:1",
    ])
  func addressThatCannotBe(_ source: String) async throws {
    let result = try await Program("p1cat", [source]).run()
    #expect(result.status == .exited(64))
    #expect(
      result.errorText.hasPrefix("p1cat: \(source): invalid address; use tcp://host:port, such as ")
    )
  }

  private func reading(
    _ server: TCPServer, _ options: [String] = [],
    _ body: (String, RunningProgram) async throws -> Void
  ) async throws {
    let name = "tcp://127.0.0.1:\(server.port)"
    try await Program("p1cat", options + [name]).whileRunning { try await body(name, $0) }
  }
}
