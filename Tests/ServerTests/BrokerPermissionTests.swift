import TestSupport
import Testing

/// The examples of scripts/broker, which give each meter a user that writes only its own topics.
@Suite struct BrokerPermissionTests {
  @Test(arguments: ["5", "3.1.1"]) func mosquittoUsers(_ version: String) async throws {
    try await TemporaryDirectory.with { directory in
      let passwords = try directory.write("", to: "passwords")
      for name in ["attic", "cellar", "receiver"] {
        let result = try await Program("mosquitto_passwd", ["-b", passwords, name, name]).run()
        #expect(result.status == .success)
      }
      let settings = [
        "password_file \(passwords)", "acl_file \(Repository.path("scripts/broker/mosquitto.acl"))",
      ]
      // The harness connects without a name, to which the example allows nothing.
      try await Mosquitto.running(login: nil, settings: settings) { broker in
        try await client(broker, "cellar").subscribed(to: "dsmr/#") { other in
          try await client(broker, "receiver").subscribed(to: "dsmr/#") { subscriber in
            // A rejected record is in bad/ with MQTT 5, and lost with 3.1.1, where mosquitto acknowledges it.
            let options = ["--protocol", version, "--no-status"]
            let denied = try await publish(
              "cellar", to: broker, "dsmr/attic", options, in: directory)
            #expect(denied.status == .success, "\(denied.errorText)")
            let isLogged = denied.errorText.contains(
              "message to dsmr/attic/E1/record rejected: Not authorized\n")
            #expect(isLogged == (version == "5"), "\(denied.errorText)")
            #expect(try directory.names(in: "cellar/bad").count == (version == "5" ? 1 : 0))
            #expect(try directory.names(in: "cellar").sorted() == ["bad", "lock"])
            try await publish("receiver", to: broker, "dsmr/receiver", options, in: directory)

            let allowed = try await publish(
              "attic", to: broker, "dsmr/attic", ["--protocol", version], in: directory)
            #expect(allowed.status == .success && allowed.errorText == "", "\(allowed.errorText)")
            try await subscriber.wait { $0.last?.text == "offline" }
            #expect(subscriber.messages.map(\.topic) == Self.topics)
          }
          #expect(other.messages == [])
        }
      }
    }
  }

  @Test func rabbitMQUsers() async throws {
    let broker = try await RabbitMQ.shared
    for (kind, name) in [("meter", "attic"), ("meter", "cellar"), ("receiver", "receiver")] {
      let result = try await Program(
        Repository.path("scripts/broker/rabbitmq-user"), [kind, name], environment: broker.control
      ).run(input: name + "\n", within: .seconds(60))
      #expect(result.status == .success && result.errorText == "", "\(result.errorText)")
    }
    try await TemporaryDirectory.with { directory in
      let reader = program(
        "receiver", broker, ["--receive", "--id", "receiver-1", "dsmr/+/+/record"])
      try await broker.client.subscribed(to: "dsmr/attic/#") { subscriber in
        try await reader.whileRunning { receiver in
          // RabbitMQ closes the connection, so the record stays in the spool.
          for (user, topic) in [("cellar", "dsmr/attic"), ("receiver", "dsmr/attic")] {
            let denied = try await publish(
              user, to: broker, topic, ["--no-status", "--linger", "2"], in: directory)
            #expect(denied.errorText.contains("The connection was lost; trying again\n"))
            #expect(try directory.text(of: "\(user)/0000000000000001").contains("n=0\n"))
          }
          let stranger = program("cellar", broker, ["--receive", "--id", "cellar-1", "dsmr/#"])
          try await stranger.whileRunning { stranger in
            try await stranger.waitForError(
              "before the subscription was granted; allow the user to read these topics",
              within: .seconds(30))
          }
          // The receiver may have subscribed later than the first records.
          let isReceived = try await Deadline(in: .seconds(30)).poll(every: .milliseconds(200)) {
            let allowed = try await publish("attic", to: broker, "dsmr/attic", [], in: directory)
            #expect(allowed.status == .success && allowed.errorText == "", "\(allowed.errorText)")
            return receiver.text.contains("n=0\nmeter=E1\n\n")
          }
          #expect(isReceived, "\(receiver.errorText)")
          try await subscriber.wait { $0.last?.text == "offline" }
          #expect(Array(subscriber.messages.map(\.topic).prefix(3)) == Self.topics)

          // The records are published though RabbitMQ closes the connection after each announcement.
          let denied = [
            ("{prefix}/{id}/status", "homeassistant/device/p1_"),
            ("dsmr/cellar/status", "dsmr/cellar/status"),
          ]
          for (status, topic) in denied {
            let announcing = try await program(
              "attic", broker,
              [
                "--payload", "json", "--prefix", "dsmr/attic", "--id", "attic", "--homeassistant",
                "--status", status, "--linger", "50",
              ]
            ).run(
              input: RecordFlow.text(0, padding: "meter=E1\n")
                + RecordFlow.text(1, padding: "meter=G1\nchannel=1\n"), within: .seconds(60))
            #expect(announcing.status == .success)
            #expect(
              announcing.errorText.contains(
                "the connection was lost after each message to \(topic)"),
              "\(announcing.errorText)")
            #expect(
              announcing.errorText.contains(
                "; allow the user to publish to it; trying again in 10 minutes\n"),
              "\(announcing.errorText)")
          }
        }
      }
    }
  }

  /// Sensors stay if the user may not publish the messages that are to replace theirs.
  @Test func sensorsStayWithoutPermission() async throws {
    try await TemporaryDirectory.with { directory in
      let passwords = try directory.write("", to: "passwords")
      let rules = try directory.write(
        """
        user house
        topic readwrite dsmr/#
        topic readwrite homeassistant/sensor/#
        topic read homeassistant/#
        """, to: "rules")
      let result = try await Program("mosquitto_passwd", ["-b", passwords, "house", "house"]).run()
      #expect(result.status == .success)
      // Without a limit, mosquitto ends the connection after a rejection.
      let settings = [
        "password_file \(passwords)", "acl_file \(rules)", "max_queued_messages 1000",
      ]
      try await Mosquitto.running(login: nil, settings: settings) { broker in
        func announce(_ form: String, _ version: String = "5") async throws -> ProgramResult {
          try await program(
            "house", broker,
            [
              "--homeassistant", "--prefix", "dsmr", "--homeassistant-discovery", form,
              "--protocol",
              version,
            ]
          ).run(input: RecordFlow.text(0, padding: "meter=E1\n"), within: .seconds(30))
        }
        #expect(try await announce("component").errorText == "")
        for (version, reason) in [
          ("5", "message to homeassistant/device/p1_E1/config rejected: Not authorized\n"),
          ("3.1.1", "the message to homeassistant/device/p1_E1/config did not come back, so "),
        ] {
          let denied = try await announce("device", version)
          #expect(denied.status == .success)
          #expect(denied.errorText.contains(reason), "\(denied.errorText)")
        }
        try await client(broker, "house").subscribed(to: "homeassistant/#") { subscriber in
          try await subscriber.wait { $0.count == 2 }
          #expect(
            subscriber.messages.map(\.topic).sorted() == [
              "homeassistant/sensor/p1_E1/n/config", "homeassistant/sensor/p1_E1/timestamp/config",
            ])
          #expect(subscriber.messages.allSatisfy { !$0.text.isEmpty })
        }
      }
    }
  }

  /// The topics of the record and of the status of a meter.
  private static let topics = [
    "dsmr/attic/attic/status", "dsmr/attic/E1/record", "dsmr/attic/attic/status",
  ]

  /// Publishes a record with a spool named like the user.
  @discardableResult private func publish(
    _ user: String, to broker: some MQTTBroker, _ prefix: String, _ options: [String],
    in directory: TemporaryDirectory
  ) async throws -> ProgramResult {
    let arguments = [
      "--payload", "record", "--prefix", prefix, "--id", user, "--spool", directory.path(user),
    ]
    return try await program(user, broker, arguments + options).run(
      input: RecordFlow.text(0, padding: "meter=E1\n"), within: .seconds(60))
  }

  private func program(
    _ user: String, _ broker: some MQTTBroker, _ arguments: [String]
  ) -> Program {
    Program(
      "p1mqtt", arguments,
      environment: [
        "MQTT_BROKER": "127.0.0.1", "MQTT_PORT": "\(broker.port)", "MQTT_USER": user,
        "MQTT_PASS": user,
      ])
  }

  private func client(_ broker: Mosquitto, _ user: String) -> MQTTClient {
    MQTTClient(port: broker.port, login: Login(user: user, password: user))
  }
}
