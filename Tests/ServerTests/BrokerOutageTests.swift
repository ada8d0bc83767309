import Foundation
import TestSupport
import Testing

/// p1mqtt without a spool while the broker is unreachable or acknowledges nothing: which records it
/// keeps and drops, and the CPU time it uses.
@Suite struct BrokerOutageTests {
  /// A broker that acknowledges no message.
  private static let silent: ScriptedBroker.Script = { $0.kind == .publish ? [] : [.usual] }

  /// When the buffer is full, the oldest records are dropped, counted and logged.
  @Test func fullBufferDropsTheOldest() async throws {
    let port = Loopback.freePorts(1)[0]
    let sink = p1mqtt(port, "record", ["--buffer", "1", "--no-status"])
    try await sink.whileRunning { sink in
      try await sink.waitForError("; trying again", within: .seconds(60))
      let padding = "message=\(String(repeating: "x", count: 1000))\n"
      let text = (0..<3000).map { RecordFlow.text($0, padding: padding) }.joined()
      try await sink.write(text, within: .seconds(60))
      try await sink.waitForError(" dropped so far, the oldest first, of 2026-01-15T12:00:00Z")
      // Wait until all records are read; some may be dropped while they are in flight.
      try await sink.waitForCounters(": records=3000 ")
      sink.closeInput()
      try await ScriptedBroker.running(port: port) { broker in
        let result = try await sink.waitForExit(within: .seconds(60))
        let numbers = broker.accepted.compactMap(\.number)
        let dropped = 3000 - numbers.count
        #expect(result.status == .exited(69))
        #expect(numbers == Array(dropped..<3000) && (500...900).contains(numbers.count))
        #expect(result.errorText.contains("\(dropped) records could not be delivered\n"))
      }
    }
  }

  /// With --hold records stay in the pipe: nothing is dropped, and the writer is blocked.
  @Test func holdBlocksTheInput() async throws {
    let port = Loopback.freePorts(1)[0]
    let sink = p1mqtt(port, "record", ["--buffer", "1", "--hold", "--no-status"])
    let records = try RecordFlow(rate: 3000, padding: 3000)
    try await sink.whileRunning(input: records.input) { sink in
      var before = -1
      let isStuck = try await Deadline(in: .seconds(60)).poll(every: .milliseconds(500)) {
        defer { before = records.sent }
        return records.sent == before && before > 0
      }
      #expect(isStuck)
      try await ScriptedBroker.running(port: port) { broker in
        try await records.pass(500)
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success && !result.errorText.contains("dropped"))
        #expect(broker.accepted.compactMap(\.number) == Array(0..<sent))
      }
    }
  }

  /// A broker that acknowledges nothing blocks neither the input nor the exit.
  @Test(arguments: ["value", "json"])
  func brokerThatTakesNothingDoesNotHoldTheInputUpForLong(_ payload: String) async throws {
    try await ScriptedBroker.running(Self.silent) { broker in
      let options = ["--qos", "1", "--buffer", "1", "--timeout", "300", "--linger", "1"]
      try await p1mqtt(broker.port, payload, options).whileRunning { sink in
        let text = (0..<50_000).map { RecordFlow.text($0) }.joined()
        // Several times the size of the buffer.
        for _ in 0..<3 { try await sink.write(text, within: .seconds(60)) }
        // p1mqtt waits up to five seconds for room in the buffer, and does not poll.
        #expect(try Self.processorTime(of: sink) < 20)
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(69))
        #expect(result.errorText.contains(" could not be delivered\n"))
      }
    }
  }

  /// After each of several outages only the newest value of each topic is sent, and never an older
  /// value than before.
  @Test(arguments: [1, 2]) func valuesNeverGoBack(_ qos: Int) async throws {
    let script: ScriptedBroker.Script = { packet in
      guard packet.kind == .publish, packet.connection < 5 else { return [.usual] }
      let place = 10 * packet.connection
      return packet.ordinal > place
        ? (packet.connection.isMultiple(of: 2) ? [.close] : []) : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let options = ["--qos", "\(qos)", "--timeout", "1"]
      let records = try RecordFlow(rate: 300)
      try await p1mqtt(broker.port, "value", options).whileRunning(input: records.input) { sink in
        try await broker.wait(within: .seconds(60)) { $0.connectionCount >= 5 }
        try await records.pass(300)
        let sent = try await records.finish()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .success, "\(result.errorText)")
        let values = broker.accepted.filter { $0.topic == "dsmr/n" }.compactMap { Int($0.text) }
        #expect(values == values.sorted() && values.last == sent - 1)
        #expect(values.count < sent)
      }
    }
  }

  /// More messages than MQTT has packet identifiers, so the identifiers are used again.
  @Test(arguments: [1, 2]) func eachOfManyRecordsIsTaken(_ qos: Int) async throws {
    try await ScriptedBroker.running { broker in
      let text = (0..<70_000).map { RecordFlow.text($0) }.joined()
      let result = try await p1mqtt(broker.port, "record", ["--qos", "\(qos)"]).run(
        input: text, within: .seconds(120))
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.accepted.compactMap(\.number) == Array(0..<70_000))
    }
  }

  // MARK: - CPU time

  /// p1mqtt does not spin: five attempts to connect take some seconds, but hardly any CPU time.
  @Test(arguments: BrokerOutage.allCases)
  func unreachableBrokerCostsNoCPUTime(_ outage: BrokerOutage) async throws {
    try await ScriptedBroker.running(isDeaf: outage.isDeaf, { outage.answers(to: $0) }) {
      broker in
      let options = ["--timeout", "1", "--linger", "0"] + outage.options
      try await p1mqtt(broker.port, "json", options).whileRunning { sink in
        try await sink.write(RecordFlow.text(0))
        try await broker.wait(within: .seconds(60)) { $0.connectionCount >= 2 }
        let before = try Self.processorTime(of: sink)
        let began = ContinuousClock.now
        try await broker.wait(within: .seconds(60)) { $0.connectionCount >= 5 }
        let spent = try Self.processorTime(of: sink) - before
        #expect(spent < 0.4 * ((ContinuousClock.now - began) / .seconds(1)))
      }
    }
  }

  /// The CPU time of a program, in seconds.
  private static func processorTime(of program: RunningProgram) throws -> Double {
    let path = "/proc/\(program.processIdentifier)/stat"
    let fields = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
    return fields[13...14].compactMap { Double($0) }.reduce(0, +)
      / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private func p1mqtt(_ port: Int, _ payload: String, _ options: [String]) -> Program {
    Program(
      "p1mqtt", ["--broker", "127.0.0.1", "--port", "\(port)", "--payload", payload] + options)
  }
}
