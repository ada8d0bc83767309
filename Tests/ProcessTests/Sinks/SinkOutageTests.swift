import Foundation
import TestSupport
import Testing

/// The sinks without a reachable server.
@Suite struct SinkOutageTests {
  private static let sinks = ["p1mqtt", "p1influx"]
  private static let unit = ["p1mqtt": "value", "p1influx": "record"]

  @Test(arguments: sinks, ["False", "0", "no"])
  func disabledSinkDrainsItsInput(_ tool: String, _ off: String) async throws {
    let setting = tool == "p1mqtt" ? "MQTT_ENABLED" : "INFLUXDB_ENABLED"
    let record = "timestamp=2026-11-23T10:00:00Z\npower_import_kw=0.321\n\n"
    let program = Program.bash(
      "set -o pipefail; cat | \(tool); echo ${PIPESTATUS[@]}", environment: [setting: off])
    let result = try await program.run(input: String(repeating: record, count: 8000))
    #expect(result.text == "0 0\n")
    #expect(result.errorText == "")
  }

  /// The other settings are not even checked.
  @Test(arguments: sinks)
  func disabledSinkNeedsNoSettings(_ tool: String) async throws {
    let prefix = tool == "p1mqtt" ? "MQTT" : "INFLUXDB"
    let result = try await Program(
      tool,
      environment: [
        "\(prefix)_ENABLED": "False", "\(prefix)_PORT": "x", "\(prefix)_USER": "me",
        "\(prefix)_PASS_FILE": "/no/such/file", "INFLUXDB_SPOOL": "/dev/null/spool",
      ]
    ).run(input: "a=1\n")
    #expect(result.status == .success && result.errorText == "")
  }

  @Test(arguments: sinks)
  func undeliveredRecordsAreCounted(_ tool: String) async throws {
    let port = try ClosedPort()
    // At least two attempts to connect, and one message about them.
    let program = Program(tool, ["--port", "\(port.number)", "--linger", "2"])
    let result = try await program.run(input: "power_import_kw=0.321\n\n")
    #expect(result.status == .exited(69))
    let server = "\(tool): localhost:\(port.number): "
    #expect(result.messages.count == 2, "\(result.errorText)")
    #expect(result.messages.first?.hasPrefix(server) == true)
    #expect(result.messages.first?.hasSuffix("; trying again") == true)
    let unit = try #require(Self.unit[tool])
    #expect(result.messages.last ?? "" == "\(server)1 \(unit) could not be delivered")
  }

  /// The retries do not extend the time.
  @Test(arguments: sinks)
  func sinkExitsAfterLinger(_ tool: String) async throws {
    let port = try ClosedPort()
    // Longer than the longest pause between two retries.
    let result = try await Program(tool, ["-q", "--port", "\(port.number)", "--linger", "31"])
      .run(input: "a=1\n", within: .seconds(90))
    #expect(result.status == .exited(69))
  }

  /// After the first signal a sink lingers, except with values; the second signal ends it at once.
  @Test(arguments: sinks)
  func secondSignalEndsItAtOnce(_ tool: String) async throws {
    let port = try ClosedPort()
    let payload = tool == "p1mqtt" ? ["--payload", "json"] : []
    let arguments = payload + ["--stats", "1", "--port", "\(port.number)", "--linger", "600"]
    try await Program(tool, arguments)
      .whileRunning {
        sink in
        try await sink.write("a=1\n\n")
        try await sink.waitForError("; trying again")
        sink.send(signal: SIGTERM)
        // The sink is still running.
        let count = sink.errorText.matches(of: /waiting=1/).count
        try await sink.wait(for: "more counters", within: .seconds(30)) {
          $0.errorText.matches(of: /waiting=1/).count > count + 1
        }
        sink.send(signal: SIGTERM)
        #expect(try await sink.waitForExit().status == .signalled(SIGTERM))
      }
  }

  @Test(arguments: sinks)
  func nothingToDeliverIsNoError(_ tool: String) async throws {
    let port = try ClosedPort()
    let result = try await Program(tool, ["-q", "--port", "\(port.number)"]).run()
    #expect(result.status == .success && result.errorText == "")
  }

  @Test(arguments: sinks)
  func unresolvableNameIsLogged(_ tool: String) async throws {
    let option = tool == "p1mqtt" ? "--broker" : "--host"
    let program = Program(tool, [option, "no-such-host.invalid", "--linger", "1"])
    let result = try await program.run(input: "a=1\n")
    #expect(result.status == .exited(69))
    #expect(result.messages.count == 2, "\(result.errorText)")
    #expect(
      result.messages.allSatisfy { $0.hasPrefix("\(tool): no-such-host.invalid:") })
  }

  /// An outage never blocks the input: `tee` would then starve the other sink.
  @Test(arguments: sinks)
  func inputIsReadDuringAnOutage(_ tool: String) async throws {
    let port = try ClosedPort()
    let text = String(repeating: "x", count: 10_000)
    let records = (0..<500).map { "timestamp=2026-11-23T10:00:00Z\nmessage=\($0) \(text)\n\n" }
    let input = records.joined()
    #expect(input.utf8.count > 5_000_000)
    let options =
      ["--port", "\(port.number)", "--linger", "0"] + (tool == "p1influx" ? ["--buffer", "1"] : [])
    try await Program(tool, options).whileRunning { sink in
      // The limit only allows for a slow machine.
      try await sink.write(input, within: .seconds(60))
      #expect(sink.status == nil)
      sink.closeInput()
      let result = try await sink.waitForExit()
      #expect(result.status == .exited(69))
      if tool == "p1influx" {
        #expect(
          result.errorText.contains(" records dropped so far, the oldest first, of 2026-11-23"))
        #expect(result.errorText.contains(": 500 records could not be delivered"))
      } else {
        // Only the newest of each topic is kept.
        #expect(result.errorText.contains(": 2 values could not be delivered"))
      }
    }
  }

  /// A server that is merely slow may block the input: nothing is dropped.
  @Test func slowServerHoldsTheInputUp() async throws {
    let script: HTTPServer.Script = { _ in
      Thread.sleep(forTimeInterval: 0.2)
      return .noContent
    }
    try await HTTPServer.running(script) { server in
      let script = """
        seq 100000000 | sed 's/^/n=/; s/$/\\n/' |
          p1influx --port \(server.port) --batch-count 1 --buffer 4 --stats 1
        """
      try await Program.bash(script).whileRunning { sink in
        try await sink.wait(for: "counters", within: .seconds(60)) {
          $0.errorText.matches(of: /oldest_age_s=/).count >= 12
        }
        #expect(sink.errorText.contains(" dropped=0 "))
        #expect(!sink.errorText.contains(/dropped=[1-9]/), "\(sink.errorText)")
      }
    }
  }

  @Test(arguments: sinks, [SIGTERM, SIGINT])
  func signalEndsTheWait(_ tool: String, _ signal: Int32) async throws {
    let port = try ClosedPort()
    let program = Program(tool, ["--port", "\(port.number)", "--linger", "0"])
    try await program.whileRunning { sink in
      try await sink.write("power_import_kw=0.321\n\n")
      try await sink.waitForError("; trying again\n")
      sink.send(signal: signal)
      let result = try await sink.waitForExit()
      #expect(result.status == .exited(69))
      #expect(result.messages.count == 2)
    }
  }
}
