import Foundation
import TestSupport
import Testing

/// The directory of --state: its spool, and records that p1run left there.
@Suite struct StateTests {
  /// Runs p1influx with a server, and returns the numbers of the records that the server got.
  private func deliver(
    _ options: [String], _ input: Range<Int>
  ) async throws -> (numbers: [Int], result: ProgramResult) {
    try await HTTPServer.running { server in
      let result = try await Program(
        "p1influx", ["--url", "http://127.0.0.1:\(server.port)"] + options
      ).run(input: NumberedRecords.text(input))
      return (NumberedRecords.numbers(in: server.acceptedLines), result)
    }
  }

  /// Puts records into the state directory of a sink, as an earlier p1run may have.
  private func leave(_ numbers: Range<Int>, of sink: String, in directory: TemporaryDirectory)
    throws
  {
    try FileManager.default.createDirectory(
      atPath: directory.path("state/\(sink)"), withIntermediateDirectories: true)
    try directory.write(NumberedRecords.text(numbers), to: "state/\(sink)/0000000000000001")
  }

  @Test func recordsAreSpooledBelowIt() async throws {
    try await TemporaryDirectory.with { directory in
      let port = try ClosedPort()
      let state = directory.path("state")
      let sink = Program(
        "p1influx", ["--port", "\(port.number)", "--linger", "0"], environment: ["P1_STATE": state])
      let result = try await sink.run(input: NumberedRecords.text(0..<3))
      #expect(result.status == .success)
      #expect(
        result.messages.contains("p1influx: \(state)/influx: 3 records kept for the next run"))
      let (numbers, next) = try await deliver(["--state", state], 3..<5)
      #expect(next.status == .success && numbers == Array(0..<5))
    }
  }

  @Test func aDirectoryThatCannotBeMadeIsAWarning() async throws {
    try await TemporaryDirectory.with { directory in
      let state = try directory.write("", to: "file")
      let (numbers, result) = try await deliver(["--state", state], 0..<3)
      #expect(result.status == .success && numbers == Array(0..<3))
      #expect(
        result.messages == [
          "p1influx: \(state)/influx: Not a directory; keeping records in memory only"
        ])
    }
  }

  @Test func theStatusTellsThatThereIsNoSpool() async throws {
    try await TemporaryDirectory.with { directory in
      let status = try directory.write("", to: "status")
      let port = try ClosedPort()
      let url = "http://127.0.0.1:\(port.number)"
      try await Program(
        "p1influx", ["--url", url, "--state", status], environment: ["P1_STATUS": status]
      ).whileRunning { sink in
        let reason = "\(status)/influx: Not a directory; keeping records in memory only"
        let alone = "p1influx: \(reason)\n"
        try await sink.wait(for: alone) { _ in
          try directory.text(of: "status") == alone
        }
        try await sink.write(NumberedRecords.text(0..<1))
        let both = "p1influx: \(url): Couldn't connect to server; \(reason)\n"
        try await sink.wait(for: both) { _ in
          try directory.text(of: "status") == both
        }
      }
    }
  }

  /// With --spool-only, wrong settings cost no record.
  @Test(arguments: ["p1mqtt", "p1influx"])
  func wrongSettingsDoNotMatterForTheSpool(_ tool: String) async throws {
    let wrong = ["MQTT_QOS": "7", "MQTT_SPOOL_SIZE": "x", "INFLUXDB_PORT": "0"]
    for file in ["MQTT_BROKR = 'a'\n", "MQTT_PASS = 'unclosed\n"] {
      try await TemporaryDirectory.with { directory in
        try directory.write(file, to: "p1.conf")
        let result = try await Program(
          tool, ["--spool-only", "--state", "state"], environment: wrong, directory: directory.path
        ).run(input: NumberedRecords.text(0..<3))
        #expect(result.status == .success, "\(result.errorText)")
        let spool = "state/\(tool.dropFirst(2))/0000000000000001"
        #expect(try directory.text(of: spool) == NumberedRecords.text(0..<3))
      }
    }
  }

  @Test func leftoversAreDeliveredFirst() async throws {
    try await TemporaryDirectory.with { directory in
      try leave(0..<3000, of: "influx", in: directory)
      let options = ["--state", directory.path("state"), "--spool", directory.path("spool")]
      let (numbers, result) = try await deliver(options, 3000..<3010)
      #expect(result.status == .success && numbers == Array(0..<3010), "\(result.errorText)")
      let path = "\(directory.path("state"))/influx"
      #expect(result.messages.contains("p1influx: \(path): 3000 records left from an earlier run"))
      let (again, _) = try await deliver(options, 3010..<3011)
      #expect(again == [3010])
    }
  }

  @Test func leftoversStayWhileTheServerIsAway() async throws {
    try await TemporaryDirectory.with { directory in
      try leave(0..<3, of: "mqtt", in: directory)
      let port = try ClosedPort()
      let options = [
        "--port", "\(port.number)", "--linger", "0", "--state", directory.path("state"),
      ]
      _ = try await Program("p1mqtt", options).run(input: "a=1\n")
      let text = try directory.text(of: "state/mqtt/0000000000000001")
      #expect(text == NumberedRecords.text(0..<3))
    }
  }

  @Test(arguments: ["0", "1"]) func leftoversAreDeliveredAsValues(_ qos: String) async throws {
    try await TemporaryDirectory.with { directory in
      try leave(0..<3, of: "mqtt", in: directory)
      try await ScriptedBroker.running { broker in
        for input in [3..<5, 5..<6] {
          let result = try await broker.p1mqtt(
            ["--no-status", "--qos", qos, "--state", directory.path("state")]
          )
          .run(input: NumberedRecords.text(input))
          #expect(result.status == .success, "\(result.errorText)")
        }
        let numbers = broker.accepted.filter { $0.topic == "dsmr/n" }.map(\.text)
        #expect(numbers == (0..<6).map(String.init))
      }
    }
  }
}
