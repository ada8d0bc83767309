import Foundation
import TestSupport
import Testing

/// A broker of several nodes, of which some are gone.
@Suite struct MQTTFailoverTests {
  private func address(_ brokers: ScriptedBroker...) -> [String] {
    ["--broker", brokers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")]
  }

  private func record(_ number: Int) -> String {
    "timestamp=2026-01-01T00:00:\(10 + number)Z\nmeter=E1\nn=\(number)\n\n"
  }

  /// What the first node has not acknowledged goes to the second one, and nothing is lost or out of order.
  @Test func theNextNodeTakesOver() async throws {
    try await ScriptedBroker.running({
      $0.message?.text.contains(/n=[23]/) == true ? [] : [.usual]
    }) {
      first in
      try await ScriptedBroker.running { second in
        let program = Program("p1mqtt", address(first, second) + ["--payload", "record"])
        try await program.whileRunning { sink in
          try await sink.write(record(1) + record(2) + record(3))
          try await first.wait { $0.packets.contains { $0.message?.text.contains("n=3") == true } }
          first.close()
          try await sink.waitForError("; trying 127.0.0.1:\(second.port)\n")
          try await sink.waitForError("p1mqtt: 127.0.0.1:\(second.port): connected\n")
          try await sink.write(record(4))
          sink.closeInput()
          #expect(try await sink.waitForExit().status == .success)
          let numbers = second.lines.compactMap { $0.firstMatch(of: /n=(\d)/)?.1 }
          #expect(
            numbers.first == "2" && numbers == numbers.sorted() && Set(numbers) == ["2", "3", "4"])
        }
      }
    }
  }

  /// A node that rejects the connection, as a cluster does for a user that it moves.
  @Test func aNodeThatRejectsIsLeft() async throws {
    try await ScriptedBroker.running({ $0.kind == .connect ? [.reason(0x9D)] : [.usual] }) {
      first in
      try await ScriptedBroker.running { second in
        let result = try await Program("p1mqtt", address(first, second)).run(input: "n=1\n")
        #expect(result.status == .success)
        #expect(result.errorText.contains("; trying 127.0.0.1:\(second.port)\n"))
        #expect(second.lines == ["dsmr/n 1"] && first.connectionCount == 1)
      }
    }
  }

  /// One node speaks MQTT 5, the other one 3.1.1 only.
  @Test func nodesMaySpeakOtherVersions() async throws {
    try await ScriptedBroker.running { first in
      try await ScriptedBroker.running({
        $0.kind == .connect && $0.version == 5 ? [.reason(0x84)] : [.usual]
      }) { second in
        let program = Program("p1mqtt", address(first, second) + ["--payload", "record"])
        try await program.whileRunning { sink in
          try await sink.write(record(1))
          try await first.wait { !$0.lines.isEmpty }
          first.close()
          try await sink.write(record(2))
          try await second.wait { $0.lines.contains { $0.contains("n=2") } }
        }
      }
    }
  }

  /// An announcement that a broker rejects for now does not keep the records from it.
  @Test func aRejectedAnnouncementStopsNoRecord() async throws {
    let script: ScriptedBroker.Script = {
      $0.message?.topic.hasPrefix("homeassistant/") == true ? [.reason(0x97)] : [.usual]
    }
    try await ScriptedBroker.running(script) { broker in
      let arguments = ["--homeassistant", "--payload", "json"]
      let result = try await broker.p1mqtt(arguments).run(input: record(1))
      #expect(result.status == .success && broker.connectionCount == 1)
      #expect(broker.lines.contains { $0.hasPrefix("p1/E1/json ") })
    }
  }

  /// After all nodes have failed, the attempts are seldom.
  @Test func allNodesAreGone() async throws {
    let ports = Loopback.freePorts(2)
    let broker = ports.map { "127.0.0.1:\($0)" }
    let result = try await Program(
      "p1mqtt", ["-v", "--broker", broker.joined(separator: ", "), "--linger", "5"]
    ).run(input: "n=1\n")
    #expect(result.status == .exited(69))
    #expect(
      result.errorText.contains("p1mqtt: \(broker[0]): Connection refused; trying \(broker[1])\n"))
    let last = "p1mqtt: \(broker[1]): Connection refused; trying \(broker[0]) (and "
    let more = try #require(result.messages.first { $0.hasPrefix(last) }).dropFirst(last.count)
    // The back-off makes it some rounds in five seconds.
    #expect(try #require(Int(more.prefix(while: \.isNumber))) < 20)
  }

  @Test func aReceiverMovesToo() async throws {
    try await ScriptedBroker.running { first in
      try await ScriptedBroker.running { second in
        let arguments = address(first, second) + ["--receive", "--id", "r"]
        try await Program("p1mqtt", arguments).whileRunning { receiver in
          try await first.wait { !$0.packets(.subscribe).isEmpty }
          first.close()
          try await second.wait { !$0.packets(.subscribe).isEmpty }
          second.publish(
            MQTTMessage(topic: "dsmr/E1/record", qos: 1, payload: Array(record(1).utf8)))
          try await receiver.waitForOutput(record(1))
        }
      }
    }
  }

  @Test func theCheckTriesEachNode() async throws {
    try await ScriptedBroker.running { first in
      try await ScriptedBroker.running { second in
        let check = ["--check", "--connect"]
        let result = try await Program("p1mqtt", address(first, second) + check).run()
        #expect(result.status == .success)
        #expect(result.text.contains("127.0.0.1:\(first.port) connected without a user"))
        #expect(result.text.contains("127.0.0.1:\(second.port) connected without a user"))
        second.close()
        let broken = try await Program("p1mqtt", address(first, second) + check).run()
        #expect(broken.status == .exited(69))
        #expect(broken.errorText == "p1mqtt: 127.0.0.1:\(second.port): Connection refused\n")
      }
    }
  }
}
