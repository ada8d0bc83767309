import Foundation
import TestSupport
import Testing

/// `scripts/broker/rabbitmq-log`, which keeps all records in a stream of RabbitMQ.
@Suite struct RecordLogTests {
  /// The records of three meters are printed again, in order, also after RabbitMQ was restarted.
  @Test func recordsArePrintedAgain() async throws {
    try await RabbitMQ.running { broker in
      let created = try await log(broker, ["create"])
      #expect(created.status == .success && created.errorText == "", "\(created.errorText)")
      #expect(try await log(broker, ["read", "first"]).text == "")
      try await publish(0..<300, to: broker)
      // The restart takes seconds, so the time, of whole seconds, is after the first records.
      try await broker.stop()
      try await broker.start()
      // The stream starts last; what RabbitMQ acknowledges before is not in it.
      let isWhole = try await Deadline(in: .seconds(60)).poll {
        try await log(broker, ["read", "first"]).text == records(0..<300)
      }
      #expect(isWhole)
      let time = Date.now.formatted(.iso8601)
      try await publish(300..<600, to: broker)

      let all = try await log(broker, ["read", "first"])
      #expect(all.text == records(0..<600), "\(all.errorText)")
      #expect(try await log(broker, ["read", time]).text == records(300..<600))
      #expect(try await log(broker, ["read", "1h"]).text == records(0..<600))
      let wrong = try await log(broker, ["read", "yesterday"])
      #expect(wrong.status == .exited(2) && wrong.errorText.contains("yesterday: use first"))
    }
  }

  /// A fleet never pauses.
  @Test func readingEndsWhileRecordsArrive() async throws {
    try await RabbitMQ.running { broker in
      let created = try await log(broker, ["create"])
      #expect(created.status == .success, "\(created.errorText)")
      try await publish(0..<100, to: broker)
      let meter =
        "p1cat sim:rate=20 | p1parse | p1mqtt --payload record --no-status --protocol 3.1.1"
      try await Program.bash(meter, environment: Self.settings(of: broker)).whileRunning { _ in
        let read = try await log(broker, ["read", "first"])
        #expect(read.status == .success, "\(read.errorText)")
        let first = records(0..<100)
        #expect(read.text.hasPrefix(first) && read.text.count > first.count)
      }
    }
  }

  private static func settings(of broker: RabbitMQ) -> [String: String] {
    [
      "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)",
      "MQTT_USER": Login.standard.user, "MQTT_PASS": Login.standard.password,
    ]
  }

  private func records(_ numbers: Range<Int>) -> String {
    numbers.map { RecordFlow.text($0, padding: "meter=E\($0 % 3)\n") }.joined()
  }

  private func publish(_ numbers: Range<Int>, to broker: RabbitMQ) async throws {
    let result = try await Program(
      "p1mqtt", ["--payload", "record", "--no-status", "--protocol", "3.1.1"],
      environment: Self.settings(of: broker)
    ).run(input: records(numbers))
    #expect(result.status == .success, "\(result.errorText)")
  }

  private func log(_ broker: RabbitMQ, _ arguments: [String]) async throws -> ProgramResult {
    let characters = CharacterSet.alphanumerics
    let password = Login.standard.password.addingPercentEncoding(withAllowedCharacters: characters)
    let address =
      "amqp://\(Login.standard.user):\(password ?? "")@127.0.0.1:\(broker.amqpPort)/%2F"
    return try await Program(
      Repository.path("scripts/broker/rabbitmq-log"), arguments, environment: ["AMQP_URL": address]
    ).run(within: .seconds(60))
  }
}
