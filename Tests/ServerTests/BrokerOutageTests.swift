import Foundation
import TestSupport
import Testing

/// What p1mqtt does while a broker is away or takes nothing, without a spool: what it keeps, what it
/// drops, and what it costs meanwhile.
@Suite struct BrokerOutageTests {
  /// Nothing is taken; the numbers of the messages are not answered.
  private static let silent: ScriptedBroker.Script = { $0.kind == .publish ? [] : [.usual] }

  /// What goes where there is no room is the oldest; it is counted, and said.
  @Test func fullBufferDropsTheOldest() async throws {
    let port = Loopback.freePorts(1)[0]
    let sink = p1mqtt(port, "record", ["--buffer", "1", "--no-status"])
    try await sink.whileRunning { sink in
      try await sink.waitForError("; trying again", within: .seconds(60))
      let padding = "message=\(String(repeating: "x", count: 1000))\n"
      let text = (0..<3000).map { RecordFlow.text($0, padding: padding) }.joined()
      try await sink.write(text, within: .seconds(60))
      try await sink.waitForError(" dropped up to now, the oldest first, of 2026-01-15T12:00:00Z")
      // All is read, and not in the pipe yet: what is on its way goes as well.
      try await sink.waitForCounters(": records=3000 ")
      sink.closeInput()
      try await ScriptedBroker.running(port: port) { broker in
        let result = try await sink.waitForExit(within: .seconds(60))
        let numbers = broker.taken.compactMap(\.number)
        let dropped = 3000 - numbers.count
        #expect(result.status == .exited(69))
        #expect(numbers == Array(dropped..<3000) && (500...900).contains(numbers.count))
        #expect(result.errorText.contains("\(dropped) records could not be delivered\n"))
      }
    }
  }

  /// With --hold it waits in the pipe: nothing is dropped, and who writes is held up.
  @Test func heldInputWaits() async throws {
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
        #expect(broker.taken.compactMap(\.number) == Array(0..<sent))
      }
    }
  }

  /// A broker that lets in and takes nothing stops neither the input nor the end.
  @Test(arguments: ["value", "json"])
  func brokerThatTakesNothingDoesNotHoldTheInputUpForLong(_ payload: String) async throws {
    try await ScriptedBroker.running(Self.silent) { broker in
      let options = ["--qos", "1", "--buffer", "1", "--timeout", "300", "--linger", "1"]
      try await p1mqtt(broker.port, payload, options).whileRunning { sink in
        let text = (0..<50_000).map { RecordFlow.text($0) }.joined()
        // Several times what the buffer holds.
        for _ in 0..<3 { try await sink.write(text, within: .seconds(60)) }
        // It waits for room for five seconds, and does not ask all the time.
        #expect(try Self.processorTime(of: sink) < 20)
        sink.closeInput()
        let result = try await sink.waitForExit(within: .seconds(60))
        #expect(result.status == .exited(69))
        #expect(result.errorText.contains(" could not be delivered\n"))
      }
    }
  }

  /// Of values only the newest of each topic is sent after an outage, however often the connection
  /// breaks, and none that is older than one that was sent before.
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
        let values = broker.taken.filter { $0.topic == "dsmr/n" }.compactMap { Int($0.text) }
        #expect(values == values.sorted() && values.last == sent - 1)
        #expect(values.count < sent)
      }
    }
  }

  /// More than there are numbers for messages of MQTT, which begin anew then.
  @Test(arguments: [1, 2]) func eachOfManyRecordsIsTaken(_ qos: Int) async throws {
    try await ScriptedBroker.running { broker in
      let text = (0..<70_000).map { RecordFlow.text($0) }.joined()
      let result = try await p1mqtt(broker.port, "record", ["--qos", "\(qos)"]).run(
        input: text, within: .seconds(120))
      #expect(result.status == .success && result.errorText == "")
      #expect(broker.taken.compactMap(\.number) == Array(0..<70_000))
    }
  }

  // MARK: - What it costs

  /// Whether nothing spins: in five tries to connect, which take some seconds, it takes next to no time
  /// of a processor.
  @Test(arguments: BrokerOutage.allCases)
  func absentBrokerCostsNoTime(_ outage: BrokerOutage) async throws {
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

  /// The seconds that a program has had of a processor.
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
