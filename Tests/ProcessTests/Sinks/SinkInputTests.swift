import TestSupport
import Testing

/// Input of the sinks: valid and invalid records, and the messages about them.
@Suite struct SinkInputTests {
  private static let input = """
    # a remark
    timestamp=2026-11-23T10:00:00Z
    power_import_kw=0.321
    no equals sign
    voltage_l1_v=231.0

    timestamp=yesterday
    power_import_kw=0.999

    timestamp=2026-11-23T10:00:01Z
    a key with spaces=1
    power_import_kw=0.322
    """

  private static let rejections = [
    "rejected: line 4: line is not key=value",
    "rejected: line 9: timestamp is not an RFC 3339 time of 1970 to 2199",
    "rejected: line 11: invalid key: only letters, digits and _ . : - are allowed (and 1 more like it)",
    "3 rejections in all",
  ]

  @Test func badLineCostsOnlyItself() async throws {
    try await ScriptedBroker.running { broker in
      let result = try await broker.p1mqtt(["--no-status"]).run(input: Self.input)
      #expect(result.status == .success)
      try expectRejections("p1mqtt", result)
      #expect(
        broker.lines == [
          "dsmr/timestamp 2026-11-23T10:00:00Z", "dsmr/power_import_kw 0.321",
          "dsmr/voltage_l1_v 231.0", "dsmr/timestamp 2026-11-23T10:00:01Z",
          "dsmr/power_import_kw 0.322",
        ])
    }
  }

  @Test func badLineCostsOnlyItselfOnTheWayToADatabase() async throws {
    let port = try ClosedPort()
    let program = Program("p1influx", ["--port", "\(port.number)", "--linger", "0"])
    let result = try await program.run(input: Self.input)
    #expect(result.status == .exited(69))
    #expect(result.errorText.contains(": 2 records could not be delivered\n"))
    try expectRejections("p1influx", result)
  }

  @Test(arguments: ["p1mqtt", "p1influx"])
  func timestampCanBeRequired(_ tool: String) async throws {
    let port = try ClosedPort()
    let program = Program(
      tool, ["--port", "\(port.number)", "--linger", "0", "--require-timestamp"])
    let result = try await program.run(input: "power_import_kw=0.321\n\n")
    #expect(result.status == .success)
    #expect(result.errorText.contains("standard input: rejected: a record without a timestamp\n"))
    #expect(result.errorText.contains("standard input: 1 rejection in all\n"))
  }

  /// Records before the error are spooled, or counted as lost.
  @Test(arguments: ["p1mqtt", "p1influx"], [true, false])
  func readErrorEndsASink(_ tool: String, _ keeps: Bool) async throws {
    let (input, port) = (try TCPServer(), try ClosedPort())
    try await TemporaryDirectory.with { directory in
      let options = keeps ? ["--spool", directory.path("spool")] : ["--linger", "0"]
      let sink = Program.bash(
        "exec \"$@\" < /dev/tcp/127.0.0.1/\(input.port)",
        [tool, "--stats", "1", "--port", "\(port.number)"] + options,
        environment: ["MQTT_PAYLOAD": "record"])
      try await sink.whileRunning { sink in
        let connection = try await input.accept()
        try await connection.write("a=1\n\na=2\n\na=")
        try await sink.waitForError("records=2 ")
        connection.reset()
        let result = try await sink.waitForExit()
        let server = "localhost:\(port.number)"
        #expect(result.status == .exited(keeps ? 74 : 69))
        let error = "\(tool): standard input: Connection reset by peer"
        let end =
          keeps
          ? ["\(tool): \(directory.path("spool")): 2 records kept for the next run", error]
          : [error, "\(tool): \(server): 2 records could not be delivered"]
        #expect(result.messages.contains { $0.hasSuffix("rejected: an incomplete record") })
        #expect(result.messages.map(String.init).filter(end.contains) == end)
      }
    }
  }

  /// The first rejection at once, the last one with a count, and the total.
  private func expectRejections(_ tool: String, _ result: ProgramResult) throws {
    let rejections = result.messages.filter { $0.hasPrefix("\(tool): standard input: ") }
      .map { $0.dropFirst("\(tool): standard input: ".count) }
    #expect(
      rejections.sorted()
        == [Self.rejections[0], Self.rejections[2], Self.rejections[3]].sorted().map { $0[...] })
  }
}
